"""Pages as printed, turned one by one, with the words for while there are none."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.page_view import PageView

_WIDTH = 1000  # pixels asked for at 100 %: sharp in the widest view, small enough to be quick
_LEAST = 232


def waiting_words() -> tuple[str, str]:
    """What stands there while the pages are being set."""
    return tr("Setting the pages…"), tr("The pages appear here as they will be printed.")


class PagePane(QStackedWidget):
    """Holds all pages of one document; the page one is reading stays when they are set anew."""

    def __init__(self, empty: EmptyState | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumWidth(_LEAST)
        self.setProperty("ground", "window")
        self._pages: tuple[bytes, ...] = ()
        self._view = PageView(tr("Page preview"), self)
        self._view.page_wanted.connect(self._turn)
        self._empty = empty or EmptyState(Icon.DOCUMENTS, *waiting_words())
        self.addWidget(self._view)
        self.addWidget(self._empty)
        self.setCurrentWidget(self._empty)

    @property
    def pages(self) -> tuple[bytes, ...]:
        return self._pages

    def wanted_width(self) -> int:
        """How many pixels wide pages should be drawn for this screen."""
        return round(_WIDTH * self.devicePixelRatioF())

    def set_pages(self, pages: tuple[bytes, ...]) -> None:
        """Show these pages."""
        if pages == self._pages:
            return
        self._pages = pages
        if not pages:
            self.clear()
            return
        self.setCurrentWidget(self._view)
        self._turn(min(self._view.number, len(pages) - 1))

    def clear(self) -> None:
        self._pages = ()
        self._view.clear()
        self.setCurrentWidget(self._empty)

    def set_outdated(self, outdated: bool) -> None:
        """Dim pages that are no longer what the document says, and say so."""
        self._view.set_outdated(outdated)

    def say(self, title: str, hint: str) -> None:
        """What stands there while there is no page."""
        self._empty.set_words(title, hint)

    def _turn(self, number: int) -> None:
        self._view.set_page(number, self._pages[number], len(self._pages))
