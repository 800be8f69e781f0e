"""A day and an hour; the arrow keys go from one part to the next, Tab goes on to the next field."""

from __future__ import annotations

from PySide6.QtWidgets import QDateTimeEdit, QWidget


class MomentField(QDateTimeEdit):
    """With a calendar to choose the day from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.setCalendarPopup(True)

    def focusNextPrevChild(self, forward: bool) -> bool:
        return QWidget.focusNextPrevChild(self, forward)
