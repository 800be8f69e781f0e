"""One warm typesetter and a few set documents for all tests of the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from client.typesetting.typeset import Typeset, Typesetter
from protocol.documents.model import Elements
from tests.support.page_measure import Document
from tests.support.sample_documents import DENSE, DETAILS, PLAIN, SEAL_NAME, SENTENCE, notice, plain

# Paragraphs that give texts of 1, 2 and 20 pages, and the same in nothing but punctuation marks and words.
_TEXTS: dict[str, Callable[[], Elements]] = {
    "one": lambda: notice(1, files=0),
    "two": lambda: notice(4),
    "twenty": lambda: notice(84),
    "dense": lambda: notice(16, text=DENSE),
    "plain": lambda: plain(notice(1), PLAIN, 5),
    "sentences": lambda: plain(notice(1, files=1), SENTENCE, 9),
}
_SETTER = Typesetter()


@cache
def _set(name: str, sealed: bool) -> tuple[Typeset, Document]:
    result = _SETTER.typeset(_TEXTS[name](), DETAILS, sealed=sealed, seal_name=SEAL_NAME if sealed else None)
    return result, Document(result.pdf)


@pytest.fixture(params=sorted(_TEXTS))
def sealed(request: pytest.FixtureRequest) -> Document:
    """Each sample text, sealed."""
    return _set(request.param, True)[1]


@pytest.fixture
def named() -> Callable[[str], Document]:
    """One sample text by name, sealed."""
    return lambda name: _set(name, True)[1]


@pytest.fixture
def unsealed() -> Document:
    """A text of two pages without a seal."""
    return _set("two", False)[1]


@pytest.fixture
def results() -> Callable[[str], Typeset]:
    """The result of setting a sample text."""
    return lambda name: _set(name, True)[0]


@pytest.fixture
def setter() -> Typesetter:
    """A warm typesetter."""
    return _SETTER
