"""A notice across the top of a conversation, with room around it only while something is said."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.ui.base.errors import Notice
from client.ui.widgets.notice import NoticeBar


class NoticeStrip(QWidget):
    """Hidden until something is to be said."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = NoticeBar(self)
        self._bar.dismissed.connect(self.hide)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 8, 16, 8)
        box.addWidget(self._bar)
        self.hide()

    def show_notice(self, notice: Notice) -> None:
        self._bar.show_notice(notice)
        self.show()

    def clear_notice(self) -> None:
        self._bar.clear_notice()
        self.hide()
