"""The pages of a file as a general reader shows them. Files come from others: call these through `client.confinement`."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Final

import pypdfium2
from PIL import Image

from protocol.errors import ErrorCode, JinshuError

_EDITED: Final = ErrorCode.VERIFY_PAGES_EDITED
_SPACE: Final = re.compile(r"\s+")
_A4_POINTS: Final = 595.28


def page_words(pdf: bytes) -> list[str]:
    """The text of each page without spaces.

    Raises:
        JinshuError: `verify.pages_edited`, a page cannot be read.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            return [_SPACE.sub("", page.get_textpage().get_text_bounded()) for page in document]
    except pypdfium2.PdfiumError as error:
        raise JinshuError(_EDITED, reason="unreadable") from error


def page_pictures(pdf: bytes) -> list[tuple[int, int, bytes]]:
    """Each page as a reader shows it, annotations and form fields included: width, height, SHA-256 of the pixels.

    Raises:
        JinshuError: `verify.pages_edited`, a page cannot be read.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            document.init_forms()
            pictures = []
            for page in document:
                bitmap = page.render(scale=1, may_draw_forms=True)
                pictures.append((bitmap.width, bitmap.height, hashlib.sha256(bitmap.buffer).digest()))
            return pictures
    except pypdfium2.PdfiumError as error:
        raise JinshuError(_EDITED, reason="unreadable") from error


def page_images(pdf: bytes, width: int) -> tuple[bytes, ...]:
    """The pages, `width` pixels wide, PNG.

    Raises:
        JinshuError: `verify.pages_edited`, a page cannot be read.
    """
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            return tuple(_image(document, number, width) for number in range(len(document)))
    except pypdfium2.PdfiumError as error:
        raise JinshuError(_EDITED, reason="unreadable") from error


def _image(document: pypdfium2.PdfDocument, number: int, width: int) -> bytes:
    page = document[number]
    target = io.BytesIO()
    drawn = page.render(scale=width / _A4_POINTS, rev_byteorder=True).to_numpy()
    Image.fromarray(drawn).save(target, "PNG")
    page.close()
    return target.getvalue()
