"""Text as people type it: its blocks as it stands, and what 整理 would make of it.

The second is a proposal: every change in it has its place and its rule, and the writer takes or leaves each.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.documents.corrections import Correction, corrected, corrections
from protocol.documents.headings import level_of, levels
from protocol.documents.model import Block
from protocol.documents.parts import FoundPart, Part, parts

__all__ = ["PlainText", "blocks", "level_of", "parse"]


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text with what could be put right in it, and the parts of it that are not body."""

    text: str
    corrections: tuple[Correction, ...]
    parts: tuple[FoundPart, ...]

    @property
    def title(self) -> str:
        """The title, put right; empty when there is none."""
        title = self._title
        return "" if title is None else corrected_value(title.values[0])

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What is not the title, put right."""
        title = self._title
        rest = self.text if title is None else "\n".join(self.text.split("\n")[title.end :])
        return blocks(corrected_value(rest))

    @property
    def _title(self) -> FoundPart | None:
        return next((found for found in self.parts if found.part is Part.TITLE), None)


def parse(text: str) -> PlainText:
    """What 整理 has to say about a text."""
    return PlainText(text, corrections(text), parts(text))


def blocks(text: str) -> tuple[Block, ...]:
    """The body a text is, nothing put right: spaces at line ends and empty lines are no text."""
    lines = [line for line in (raw.strip() for raw in text.splitlines()) if line]
    return tuple(Block(level, line) for level, line in zip(levels(lines), lines, strict=True))


def corrected_value(text: str) -> str:
    """A text with everything put right."""
    return corrected(text, corrections(text))
