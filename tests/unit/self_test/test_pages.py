"""The checks of pages are real: one is set, drawn, sealed and verified here, and what is wrong with the tools is found out."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.core.self_check import Outcome
from client.self_test import pages
from client.self_test.surroundings import Surroundings
from client.typesetting import typeset
from client.verify.compare import own_typesetter
from protocol.directory import page_settings
from protocol.errors import ErrorCode, JinshuError
from protocol.release import RELEASE
from tests.vectors import make_sealed

NOWHERE = Surroundings(Path("/nonexistent"))


@pytest.mark.parametrize(
    "check", [pages.check_fonts, pages.check_typesetting, pages.check_sealing, pages.check_verification]
)
def test_each_passes_here(check: object) -> None:
    assert callable(check)
    row = check(NOWHERE)
    assert row.outcome is Outcome.OK, row


def test_other_fonts_or_templates_than_a_releases_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_settings, "RELEASED", frozenset[page_settings.Setting]())
    assert pages.check_fonts(NOWHERE).found.key == "page_fonts.other"


def test_a_verifier_that_refuses_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    class Facts:
        base = pages._set().pdf

    monkeypatch.setattr("client.confinement.confined", lambda *_asked: (Facts, {}))
    row = pages.check_sealing(NOWHERE)
    assert (row.outcome, row.found.key) == (Outcome.FAILED, "sealing.not_refused")


def test_pages_that_do_not_come_out_the_same_are_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typeset.Typesetter, "template_hash", lambda _self: bytes(32))
    own_typesetter.cache_clear()
    row = pages.check_verification(NOWHERE)
    own_typesetter.cache_clear()
    assert (row.outcome, row.found.key) == (Outcome.FAILED, "verification.not_reproduced")


def test_a_damaged_sample_is_refused_with_a_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "self_test"
    folder.mkdir()
    for name in ("sample.pdf", "sample.pem"):
        data = bytearray((typeset.RESOURCES / "self_test" / name).read_bytes())
        if name == "sample.pdf":
            data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)
    monkeypatch.setattr(typeset, "RESOURCES", tmp_path)
    with pytest.raises(JinshuError) as refused:
        pages.check_verification(NOWHERE)
    assert refused.value.code in {ErrorCode.VERIFY_SEAL_BROKEN, ErrorCode.VERIFY_NOT_JINSHU}


def test_the_sample_is_what_this_release_seals() -> None:
    """When this fails: run `python -m tests.vectors.make_sealed`, which keeps the sample too."""
    for suffix in ("pdf", "pem"):
        sample = typeset.RESOURCES / "self_test" / f"{pages.SAMPLE}.{suffix}"
        assert sample.read_bytes() == (make_sealed.FOLDER / f"{RELEASE}.{suffix}").read_bytes()
