"""The press: setting pages, sealing and checking them. Heavy libraries live behind this one door, and are loaded when it is
first opened; every method blocks and is for worker threads."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from client.confinement import confined
from client.sealing.pades import PreparedSeal, prepare_seal
from client.typesetting.ink import Astray, find_astray
from client.typesetting.typeset import Typesetter, TypesettingError, UnprintableTextError
from client.verify.check import verify_document
from client.verify.extract import Extract, associated_files, elements_bytes, seal_reason
from client.verify.pages import page_images
from client.verify.verdict import Verdict
from protocol.directory.page_settings import Setting
from protocol.documents.model import Elements, IssueDetails
from protocol.errors import ErrorCode, JinshuError

_A4_INCHES: Final = 210 / 25.4
# Code points that an error names, at most.
_MOST_NAMED: Final = 8
# As long as a year's numbers get.
_PROOF_NUMBER: Final = 9999
# What measures our own pages is one library with one state in a process.
_PDFIUM: Final = threading.Lock()


@cache
def _typesetter() -> Typesetter:
    return Typesetter()


def setting() -> Setting:
    """What this machine sets pages with."""
    return _typesetter().setting()


def preview(elements: Elements, details: IssueDetails | None, width: int) -> tuple[bytes, ...]:
    """The pages as they would be printed, `width` pixels wide, PNG.

    Raises:
        JinshuError: `documents.unprintable`, with the code points that have no glyph, if it is those; with
            `documents.unprintable_name` the number of the attachment whose name holds them.
    """
    try:
        return _typesetter().render_pages(elements, details, ppi=width / _A4_INCHES)
    except TypesettingError as error:
        raise _unprintable(elements, error) from error


def unprintable(texts: Sequence[str]) -> tuple[str, ...]:
    """Those of the texts that hold a character without a glyph."""
    return tuple(text for text in texts if _typesetter().missing(text))


def proof(elements: Elements, day: datetime.date) -> None:
    """Set the pages as they would be sealed, with a number of the year of `day`, and measure them: what no page can
    carry is not signed, and no number is spent on it.

    Raises:
        JinshuError: `documents.unprintable…`, or `documents.ink_…` with the page.
    """
    details = IssueDetails(f"{elements.issuer_code}〔{day.year}〕{_PROOF_NUMBER}号", day, day)
    try:
        made = _typesetter().typeset(elements, details, sealed=True, seal_name=elements.issuer_name)
    except TypesettingError as error:
        raise _unprintable(elements, error) from error
    _check_ink(made.pdf, elements, details)


def _unprintable(elements: Elements, error: TypesettingError) -> JinshuError:
    """What cannot be printed, by its code points; a file's name by its number, since it can be renamed in the list."""
    if not isinstance(error, UnprintableTextError):
        return JinshuError(ErrorCode.DOCUMENTS_UNPRINTABLE)
    points = " ".join(f"U+{ord(char):04X}" for char in error.characters[:_MOST_NAMED])
    for each in elements.attachments:
        if set(each.name) & set(error.characters):
            code, number = ErrorCode.DOCUMENTS_UNPRINTABLE_NAME, str(each.order)
            return JinshuError(code, number=number, characters=points)
    return JinshuError(ErrorCode.DOCUMENTS_UNPRINTABLE, characters=points)


def _check_ink(pdf: bytes, elements: Elements, details: IssueDetails) -> None:
    day = details.signed_on
    date = f"{day.year}年{day.month}月{day.day}日"
    with _PDFIUM:
        found = find_astray(pdf, (elements.signature_name, date))
    if found is not None:
        raise _ink_error(found, elements)


def _ink_error(found: Astray, elements: Elements) -> JinshuError:
    """Which element it is, by the text around: its writer reads its name, and no error holds the text itself."""
    page = str(found.page)
    for words in (found.after, found.before):
        for code, number, text in _elements_in_print(elements):
            if _bare(words) in _bare(text):
                params = {"page": page} | ({"number": str(number)} if number else {})
                return JinshuError(code, **params)
    return JinshuError(ErrorCode.DOCUMENTS_INK_ELSEWHERE, page=page)


def _elements_in_print(elements: Elements) -> Iterator[tuple[ErrorCode, int, str]]:
    yield ErrorCode.DOCUMENTS_INK_IN_SIGNATURE, 0, elements.signature_name
    for number, block in enumerate(elements.body, start=1):
        yield ErrorCode.DOCUMENTS_INK_IN_BODY, number, block.text
    for each in elements.attachments:
        yield ErrorCode.DOCUMENTS_INK_IN_ATTACHMENT, each.order, each.name
    main, copies = (
        "，".join(each.name for each in listed)
        for listed in (elements.main_recipients, elements.copy_recipients)
    )
    imprint = f"主送：{main}。抄送：{copies}。{elements.printer_name}"
    yield ErrorCode.DOCUMENTS_INK_IN_IMPRINT, 0, imprint


def _bare(text: str) -> str:
    return "".join(char for char in text if not char.isspace())


def set_for_seal(
    elements: Elements, extract: Extract, seal_name: str, certificate: bytes, *, sealed_at_ms: int
) -> PreparedSeal:
    """Set the signed elements here and now, and make what was set ready for the seal: never a file somebody gave (C9).

    Raises:
        JinshuError: `documents.ink_…`, something would be printed outside the type area or over other ink.
    """
    files = associated_files(elements_bytes(elements), extract.to_bytes())
    made = _typesetter().typeset(elements, extract.details, sealed=True, seal_name=seal_name, files=files)
    _check_ink(made.pdf, elements, extract.details)
    return prepare_seal(
        made.pdf,
        certificate,
        extract.issuing,
        reason=seal_reason(elements, extract.number),
        signed_at_ms=sealed_at_ms,
    )


def pages(pdf: bytes, width: int) -> tuple[bytes, ...]:
    """The pages of a file, `width` pixels wide, PNG.

    Raises:
        JinshuError: `verify.pages_edited`, a page cannot be read; `verify.too_heavy`.
    """
    return confined(page_images, pdf, width)


def check(pdf: bytes, root: bytes, listed: frozenset[Setting] | None) -> Verdict:
    """Everything a document proves against the pinned root; `listed`: the site's page settings as its newest snapshot has them.

    Raises:
        JinshuError: `verify.…`.
    """
    return verify_document(pdf, root, typesetter=_typesetter(), listed=listed)
