"""Heights and places: an edit field as high as it should be, a widget brought into view."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget


class Tall(QWidget):
    """Gives `field` its height, or with `grows` its least height; the style sheet's own minimum would let a layout squeeze it to one line."""

    def __init__(
        self, field: QWidget, height: int, parent: QWidget | None = None, *, grows: bool = False
    ) -> None:
        super().__init__(parent)
        self.field = field
        self.setMinimumHeight(height)
        if not grows:
            self.setMaximumHeight(height)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(field)


def bring_into_view(widget: QWidget) -> None:
    """Scroll to a widget that has just been shown, once its place is settled."""
    QTimer.singleShot(0, widget, lambda: _scroll_to(widget))


def _scroll_to(widget: QWidget) -> None:
    holder = widget.parentWidget()
    while holder is not None and not isinstance(holder, QScrollArea):
        holder = holder.parentWidget()
    if holder is not None:
        holder.ensureWidgetVisible(widget)
