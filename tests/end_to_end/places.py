"""Where on the screen things are, for a mouse that is moved from outside the process."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from tests.end_to_end.driver import Command, find, find_row, reveal


def place(command: Command) -> list[int]:
    """Where a widget is, or a row of a view: left, top, width, height."""
    if "text" in command:
        found = find_row(str(command["name"]), str(command["text"]))
        return on_screen(found.view.viewport(), found.view.visualRect(found.index))
    widget = find(str(command["name"]))
    reveal(widget)
    return on_screen(widget, widget.rect())


def on_screen(widget: QWidget, area: QRect) -> list[int]:
    corner = widget.mapToGlobal(area.topLeft())
    return [corner.x(), corner.y(), area.width(), area.height()]
