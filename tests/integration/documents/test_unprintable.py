"""What cannot be printed is refused with its code points, before anything is signed."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from client.documents import press
from protocol.errors import ErrorCode, JinshuError
from tests.support.sample_documents import SEAL_NAME, notice
from tests.support.sealed_document import elements_of, extract_of
from tests.unit.typesetting.test_ink import bad


def test_a_preview_names_what_has_no_glyph() -> None:
    with pytest.raises(JinshuError) as caught:
        press.preview(replace(notice(1), title="关于😀的通知"), None, 60)
    assert caught.value.code is ErrorCode.DOCUMENTS_UNPRINTABLE
    assert caught.value.params == {"characters": "U+1F600"}


def test_a_file_whose_name_has_no_glyph_is_named_by_its_number() -> None:
    elements = notice(2)
    renamed = replace(elements.attachments[1], name="分布图😀.png")
    with pytest.raises(JinshuError) as caught:
        press.preview(replace(elements, attachments=(elements.attachments[0], renamed)), None, 60)
    assert caught.value.code is ErrorCode.DOCUMENTS_UNPRINTABLE_NAME
    assert caught.value.params == {"number": "2", "characters": "U+1F600"}


TODAY = datetime.date(2026, 11, 3)
PLACES = {
    "body": (ErrorCode.DOCUMENTS_INK_IN_BODY, {"page": "1", "number": "1"}),
    "attachment": (ErrorCode.DOCUMENTS_INK_IN_ATTACHMENT, {"page": "2", "number": "1"}),
    "signature": (ErrorCode.DOCUMENTS_INK_IN_SIGNATURE, {"page": "2"}),
    "imprint": (ErrorCode.DOCUMENTS_INK_IN_IMPRINT, {"page": "4"}),
    "copies": (ErrorCode.DOCUMENTS_INK_IN_IMPRINT, {"page": "4"}),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_runs_off_the_page_is_refused_by_page_and_place(place: str) -> None:
    with pytest.raises(JinshuError) as caught:
        press.proof(bad()[place], TODAY)
    assert (caught.value.code, caught.value.params) == PLACES[place]


def test_a_document_that_fits_is_let_pass() -> None:
    press.proof(notice(4), TODAY)


def test_no_seal_is_set_on_a_page_that_runs_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even when nobody measured before: the keeper's own client does (C9)."""
    sealed: list[object] = []
    monkeypatch.setattr(press, "prepare_seal", lambda *args, **said: sealed.append(args))
    extract = extract_of(elements_of())
    with pytest.raises(JinshuError) as caught:
        press.set_for_seal(bad()["body"], extract, SEAL_NAME, b"", sealed_at_ms=0)
    assert caught.value.code is ErrorCode.DOCUMENTS_INK_IN_BODY
    assert sealed == []
