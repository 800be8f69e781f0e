"""Tooltips whose words are words: the only place that sets or shows one.

Qt takes any text for a tooltip that looks like HTML as HTML, and loads the pictures it names: `<img src=/dev/zero>` in a message
filled the memory, and a named pipe stopped the client. What other people wrote must not be able to do either.
"""

from __future__ import annotations

import html
from typing import Final

from PySide6.QtCore import QPoint
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QToolTip, QWidget

# More than this no longer fits beside what it is about.
_MOST_CHARACTERS: Final = 1_200
_MOST_LINES: Final = 20


def tip_words(words: str) -> str:
    """What to give to Qt so that exactly these words are shown, as far as a tooltip has room for them."""
    lines = words[:_MOST_CHARACTERS].split("\n")
    shown = "\n".join(lines[:_MOST_LINES])
    if shown != words:
        shown += "…"
    if not Qt.mightBeRichText(shown):
        return shown
    return f"<qt>{html.escape(shown).replace(chr(10), '<br>')}</qt>"


def set_tip(widget: QWidget, words: str) -> None:
    """Show these words when the mouse rests on a widget."""
    widget.setToolTip(tip_words(words))


def show_tip(place: QPoint, words: str, widget: QWidget) -> None:
    """Show these words at a place of the screen now; no words hide what is shown."""
    QToolTip.showText(place, tip_words(words), widget)
