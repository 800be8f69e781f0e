"""A place that takes files and folders dropped anywhere on it: a conversation, a draft."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QWidget

from client.ui.widgets.dropped import holds_files, local_paths
from client.ui.widgets.text import restyle


class DropFrame(QFrame):
    """Signals: `files_given` (a list of Path, folders among them)."""

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
        if holds_files(event.mimeData()):
            event.acceptProposedAction()
            self.files_given.emit(local_paths(event.mimeData()))

    def _consider(self, event: QDragMoveEvent) -> None:
        if holds_files(event.mimeData()):
            self._mark(True)
            event.acceptProposedAction()

    def _mark(self, dropping: bool) -> None:
        if bool(self.property("drop")) is not dropping:
            self.setProperty("drop", dropping)
            restyle(self)
