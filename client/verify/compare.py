"""Ties the pages to what was signed: sets them again and compares bytes and pictures, or, without the same tools, the words (C9)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from client.confinement import confined
from client.typesetting.released import Setting, released_settings
from client.typesetting.typeset import Typesetter, TypesettingError
from client.verify.extract import Extract, associated_files
from client.verify.judged import require
from client.verify.pages import page_pictures, page_words
from protocol.documents.model import Elements
from protocol.errors import ErrorCode, JinshuError

_EDITED: Final = ErrorCode.VERIFY_PAGES_EDITED
_PAGE_NUMBER: Final = "—{}—"


@dataclass(frozen=True, slots=True)
class Pages:
    """How the pages were compared; `setting_released`: they claim to be set as some released version sets them."""

    retypeset: bool
    setting_released: bool
    count: int


@lru_cache(maxsize=1)
def own_typesetter() -> Typesetter:
    """The product's templates and fonts, warm after the first document."""
    return Typesetter()


def compare_pages(
    sealed: bytes,
    base: bytes,
    elements: Elements,
    extract: Extract,
    files: tuple[bytes, bytes],
    seal_name: str,
    typesetter: Typesetter,
) -> Pages:
    """Check that the pages are those of the elements.

    Args:
        sealed: the whole file.
        base: the part of it that was set.
        elements: what was signed off.
        extract: its number and dates, and with what it was set.
        files: the embedded elements and extract, as found.
        seal_name: the name in the drawn seal.
        typesetter: this machine's.

    Raises:
        JinshuError: `verify.pages_edited`.
    """
    claimed = Setting(extract.template, extract.fonts, extract.engine)
    same_tools = claimed == typesetter.setting()
    embedded = associated_files(*files) if same_tools else ()
    try:
        own = typesetter.typeset(
            elements, extract.details, sealed=True, seal_name=seal_name, files=embedded
        ).pdf
    except TypesettingError as error:
        raise JinshuError(_EDITED, reason="not_settable") from error
    if not same_tools:
        words = confined(page_words, sealed)
        require(_flow(words) == _flow(confined(page_words, own)), _EDITED, "words")
    else:
        require(base == own and sealed.startswith(own), _EDITED, "bytes")
    # The sealing update may add a field to page 1; whatever that field draws is no part of the document.
    pictures = confined(page_pictures, sealed)
    require(pictures == confined(page_pictures, base), _EDITED, "pictures")
    return Pages(same_tools, claimed in released_settings(), len(pictures))


def _flow(words: list[str]) -> str:
    """All words in order without the page numbers: another version of the template may end its pages elsewhere."""
    return "".join(
        text.replace(_PAGE_NUMBER.format(number), "", 1) for number, text in enumerate(words, start=1)
    )
