"""What cannot be printed is refused with its code points, before anything is signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client.documents import press
from protocol.errors import ErrorCode, JinshuError
from tests.support.sample_documents import notice


def test_a_preview_names_what_has_no_glyph() -> None:
    with pytest.raises(JinshuError) as caught:
        press.preview(replace(notice(1), title="关于😀的通知"), None, 60)
    assert caught.value.code is ErrorCode.DOCUMENTS_UNPRINTABLE
    assert caught.value.params == {"characters": "U+1F600"}
