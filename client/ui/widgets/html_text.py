"""The words of a piece of HTML, as a spreadsheet or a browser puts it on the clipboard when it leaves the plain text out.

Only what is written is read: nothing that the HTML names is looked up, loaded or laid out.
"""

from __future__ import annotations

import html
import re
from typing import Final

_MOST: Final = 4_000_000  # characters looked at; a sheet of 20,000 rows has a quarter of that
# Each alternative begins where the one before ended and never goes back: a clipboard may hold anything.
_PIECES: Final = re.compile(r"<!--(?:.*?-->|.*)|<[/!?A-Za-z][^<>]*>|[^<]+|<", re.DOTALL)
_TAG: Final = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_UNSAID: Final = frozenset({"head", "script", "style", "template", "title", "noscript"})
_CELLS: Final = frozenset({"td", "th"})
_ROWS: Final = frozenset({"tr", "table", "tbody", "thead", "tfoot", "caption"})
_BLOCKS: Final = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
    }
    | {
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
    }
    | {"section", "ul"}
)


def words_of(source: str) -> str:
    """The text of HTML: a line for each paragraph and each row of a table, whose cells are parted by tabs."""
    words = _Words()
    for match in _PIECES.finditer(source[:_MOST]):
        piece = match.group()
        tag = _TAG.match(piece)
        if tag is not None:
            words.take_tag(tag[2].lower(), closes=bool(tag[1]))
        elif piece == "<" or piece[0] != "<":
            words.take_text(piece)
    return words.text


class _Words:
    """What has been read so far."""

    def __init__(self) -> None:
        self._written: list[str] = []
        self._unsaid = ""  # the element whose content is not for reading
        self._in_cell = False
        self._cells = 0  # of this row
        self._as_it_is = 0  # how many <pre> it is in

    @property
    def text(self) -> str:
        lines = "".join(self._written).split("\n")
        tidy = (
            "\t".join(re.sub(" {2,}", " ", cell).strip(" ") for cell in line.split("\t")) for line in lines
        )
        return "\n".join(line for line in tidy if line.strip())

    def take_text(self, piece: str) -> None:
        if self._unsaid:
            return
        if not self._as_it_is or self._in_cell:
            piece = _SPACE.sub(" ", piece)
        self._written.append(html.unescape(piece))

    def take_tag(self, name: str, *, closes: bool) -> None:
        if self._unsaid or name in _UNSAID:
            self._leave_out(name, closes=closes)
        elif name in _CELLS:
            self._take_cell(closes=closes)
        elif name in _ROWS:
            self._in_cell, self._cells = False, 0
            self._written.append("\n")
        elif name in _BLOCKS:
            if name == "pre":
                self._as_it_is = max(self._as_it_is + (-1 if closes else 1), 0)
            self._written.append(" " if self._in_cell else "\n")

    def _leave_out(self, name: str, *, closes: bool) -> None:
        if not closes and not self._unsaid:
            self._unsaid = name
        elif name == self._unsaid or (self._unsaid == "head" and name == "body"):
            self._unsaid = ""

    def _take_cell(self, *, closes: bool) -> None:
        self._in_cell = not closes
        if not closes:
            self._written.append("\t" if self._cells else "")
            self._cells += 1
