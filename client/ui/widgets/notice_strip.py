"""A notice across the top of a page, with room around it only while something is said; alone, or over a stack of pages."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

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


class NoticedStack(QWidget):
    """The thing itself at the right of a list: one of several pages, under a notice that concerns any of them."""

    def __init__(self, *pages: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ground", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._strip = NoticeStrip(self)
        self._stack = QStackedWidget(self)
        self._stack.setProperty("ground", "surface")
        for page in pages:
            self._stack.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._strip)
        column.addWidget(self._stack, 1)

    def minimumSizeHint(self) -> QSize:
        """Of the page in view alone: what another one needs is no reason to narrow the list beside it."""
        page = self._stack.currentWidget()
        least = super().minimumSizeHint()
        return least if page is None else QSize(page.minimumSizeHint().width(), least.height())

    def show_page(self, page: QWidget) -> None:
        self._stack.setCurrentWidget(page)
        self.updateGeometry()

    def shows(self, page: QWidget) -> bool:
        return self._stack.currentWidget() is page

    def show_notice(self, notice: Notice) -> None:
        self._strip.show_notice(notice)

    def clear_notice(self) -> None:
        self._strip.clear_notice()
