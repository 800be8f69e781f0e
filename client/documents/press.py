"""The press: setting pages, sealing and checking them. Heavy libraries live behind this one door, and are loaded when it is
first opened; every method blocks and is for worker threads."""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import pypdfium2

from client.sealing.pades import apply_seal
from client.typesetting.released import Setting
from client.typesetting.typeset import Typesetter, TypesettingError, UnprintableTextError
from client.verify.check import verify_document
from client.verify.compare import PDFIUM
from client.verify.extract import Extract, associated_files, elements_bytes
from client.verify.verdict import Verdict
from protocol.crypto.keys import SigningKey
from protocol.documents.model import Elements, IssueDetails
from protocol.errors import ErrorCode, JinshuError

_A4_INCHES: Final = 210 / 25.4
_A4_POINTS: Final = 595.28
# Code points that an error names, at most.
_MOST_NAMED: Final = 8


@cache
def _typesetter() -> Typesetter:
    return Typesetter()


def setting() -> Setting:
    """What this machine sets pages with."""
    return _typesetter().setting()


def preview(elements: Elements, details: IssueDetails | None, width: int) -> tuple[bytes, ...]:
    """The pages as they would be printed, `width` pixels wide, PNG.

    Raises:
        JinshuError: `documents.unprintable`, with the code points that have no glyph, if it is those.
    """
    try:
        return _typesetter().render_pages(elements, details, ppi=width / _A4_INCHES)
    except UnprintableTextError as error:
        points = " ".join(f"U+{ord(char):04X}" for char in error.characters[:_MOST_NAMED])
        raise JinshuError(ErrorCode.DOCUMENTS_UNPRINTABLE, characters=points) from error
    except TypesettingError as error:
        raise JinshuError(ErrorCode.DOCUMENTS_UNPRINTABLE) from error


def set_and_seal(
    elements: Elements,
    extract: Extract,
    seal_name: str,
    key: SigningKey,
    certificate: bytes,
    *,
    sealed_at_ms: int,
) -> bytes:
    """Set the signed elements here and now, and seal what was set: never a file somebody gave (C9)."""
    files = associated_files(elements_bytes(elements), extract.to_bytes())
    made = _typesetter().typeset(elements, extract.details, sealed=True, seal_name=seal_name, files=files)
    reason = f"{elements.issuer_name} {extract.number}"
    return apply_seal(made.pdf, key, certificate, extract.issuing, reason=reason, signed_at_ms=sealed_at_ms)


def pages(pdf: bytes, width: int) -> tuple[bytes, ...]:
    """The pages of a file, `width` pixels wide, PNG."""
    with PDFIUM:
        document = pypdfium2.PdfDocument(pdf)
        try:
            return tuple(_page(document, number, width) for number in range(len(document)))
        finally:
            document.close()


def _page(document: pypdfium2.PdfDocument, number: int, width: int) -> bytes:
    page = document[number]
    target = io.BytesIO()
    page.render(scale=width / _A4_POINTS).to_pil().save(target, "PNG")
    page.close()
    return target.getvalue()


def check(pdf: bytes, root: bytes) -> Verdict:
    """Everything a document proves against the pinned root.

    Raises:
        JinshuError: `verify.…`.
    """
    return verify_document(pdf, root, typesetter=_typesetter())
