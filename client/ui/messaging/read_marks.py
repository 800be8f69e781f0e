"""Tells that messages were read: once for each news, and only when they were before somebody's eyes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from client.messaging.rows import ConversationRow
from client.ui.base.operation import CoreRunner, Operation
from client.ui.messaging.services import Conversations


class ReadMarks(QWidget):
    """Never shown: a widget so that its notices find their page.

    Signals: `marked` (conversation; its news were told to be read), `looked_at` (the user is back at Jinshu).
    """

    marked = Signal(str)
    looked_at = Signal()

    def __init__(self, conversations: Conversations, runner: CoreRunner, page: QWidget) -> None:
        super().__init__(page)
        self.hide()
        self._conversations = conversations
        self._runner = runner
        self._page = page
        self._told: tuple[str, int, int] | None = None
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._on_state)

    def forget(self) -> None:
        """Another conversation comes into view."""
        self._told = None

    def note(self, row: ConversationRow) -> None:
        """The newest messages of this conversation are in view on the page."""
        news = (row.id, row.at, row.unread)
        active = QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
        shown = active and self._page.isVisible() and not self._page.window().isMinimized()
        if not row.unread or not shown or news == self._told:
            return
        self._told = news
        Operation(
            self,
            self._runner,
            lambda: self._conversations.mark_read(row.id),
            on_success=lambda _none: self.marked.emit(row.id),
        )

    def _on_state(self, _state: Qt.ApplicationState) -> None:
        self.looked_at.emit()
