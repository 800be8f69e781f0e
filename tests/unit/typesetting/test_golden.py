"""The bytes of one document are pinned to the hashes that name how it was set: `jinshu-verify` relies on the pair."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from client.typesetting.typeset import Typesetter
from protocol.directory.page_settings import RELEASED
from tests.support.sample_documents import DETAILS, SEAL_NAME, notice
from tests.unit.typesetting.test_typesetter import FILES

VECTOR = Path(__file__).resolve().parents[2] / "vectors" / "typeset.json"


def test_same_hashes_mean_same_bytes(setter: Typesetter) -> None:
    """When this fails: raise `_LAYOUT` if no template changed, then write the new values to tests/vectors/typeset.json and add
    them to protocol/directory/page_settings.py."""
    results = [
        setter.typeset(notice(n), DETAILS, sealed=True, seal_name=SEAL_NAME, files=FILES).pdf
        for n in (1, 4, 9)
    ]
    now = {
        "engine": setter.engine_version(),
        "template": setter.template_hash().hex(),
        "fonts": setter.fonts_hash().hex(),
        "pdf": [hashlib.sha256(pdf).hexdigest() for pdf in results],
    }
    assert now == json.loads(VECTOR.read_text("utf-8"))


def test_this_version_s_own_setting_is_among_the_released_ones(setter: Typesetter) -> None:
    """When this fails: add the new setting to protocol/directory/page_settings.py, and leave the earlier ones there."""
    assert setter.setting() in RELEASED
