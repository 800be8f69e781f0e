"""A conversation takes files dropped anywhere on it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QWidget

from client.ui.messaging.message_edit import local_files
from client.ui.widgets.text import restyle


class DropFrame(QFrame):
    """Signals: `files_given` (a list of Path)."""

    files_given = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ground", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._consider(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._consider(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._mark(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark(False)
        files = local_files(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.files_given.emit(files)

    def _consider(self, event: QDragMoveEvent) -> None:
        if local_files(event.mimeData()):
            self._mark(True)
            event.acceptProposedAction()

    def _mark(self, dropping: bool) -> None:
        if bool(self.property("drop")) is not dropping:
            self.setProperty("drop", dropping)
            restyle(self)
