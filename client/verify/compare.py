"""Ties the pages to what was signed: sets them again and compares bytes and pictures, or, without the same tools, the words (C9).

Only pages set again by what counts are proved; everything less has a name of its own (`PageCheck`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from client.confinement import confined
from client.typesetting.typeset import Typesetter, TypesettingError
from client.verify.extract import Extract, associated_files
from client.verify.judged import require
from client.verify.pages import page_pictures, page_words
from protocol.directory.page_settings import Setting
from protocol.documents.model import Elements
from protocol.documents.page_checks import PageCheck
from protocol.errors import ErrorCode

_EDITED: Final = ErrorCode.VERIFY_PAGES_EDITED
_PAGE_NUMBER: Final = "—{}—"


@dataclass(frozen=True, slots=True)
class Pages:
    """How the pages were compared; `setting_listed`: what they claim to be set with counts."""

    check: PageCheck
    setting_listed: bool
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
    counting: frozenset[Setting],
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
        counting: the page settings that count.

    Raises:
        JinshuError: `verify.pages_edited`.
    """
    claimed = Setting(extract.template, extract.fonts, extract.engine)
    listed, same_tools = claimed in counting, claimed == typesetter.setting()
    own = _set_again(elements, extract, files if same_tools else (), seal_name, typesetter)
    if same_tools:
        require(own is not None, _EDITED, "not_settable")
        require(base == own and sealed.startswith(base), _EDITED, "bytes")
    elif own is not None:
        require(_flow(confined(page_words, sealed)) == _flow(confined(page_words, own)), _EDITED, "words")
    else:
        # Whoever names what does not count gets no page past us by writing what cannot be set here.
        require(listed, _EDITED, "not_settable")
    # The sealing update may add a field to page 1; whatever that field draws is no part of the document.
    pictures = confined(page_pictures, sealed)
    require(pictures == confined(page_pictures, base), _EDITED, "pictures")
    if own is None:
        return Pages(PageCheck.NONE, listed, len(pictures))
    # What this machine sets proves nothing where its templates do not count.
    return Pages(PageCheck.PAGE if same_tools and listed else PageCheck.WORDS, listed, len(pictures))


def _set_again(
    elements: Elements,
    extract: Extract,
    files: tuple[bytes, bytes] | tuple[()],
    seal_name: str,
    typesetter: Typesetter,
) -> bytes | None:
    """The document as this machine sets it; None: it cannot."""
    embedded = associated_files(*files) if files else ()
    try:
        return typesetter.typeset(
            elements, extract.details, sealed=True, seal_name=seal_name, files=embedded
        ).pdf
    except TypesettingError:
        return None


def _flow(words: list[str]) -> str:
    """All words in order without the page numbers: another version of the template may end its pages elsewhere."""
    return "".join(
        text.replace(_PAGE_NUMBER.format(number), "", 1) for number, text in enumerate(words, start=1)
    )
