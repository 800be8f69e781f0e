"""A place that takes files dropped anywhere on it: a conversation, a draft."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QWidget

from client.ui.widgets.text import restyle


def local_files(data: QMimeData) -> list[Path]:
    """Files of this machine among what is dropped or pasted; a folder is none."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.is_file()]


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
