"""The attachments of a document on its way: each can be saved."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.documents.rows import AttachmentRow
from client.ui.base.language import tr
from client.ui.base.tips import set_tip
from client.ui.widgets.attachments import AttachmentItem, AttachmentList
from client.ui.widgets.text import Text, TextKind


class DocumentFiles(QWidget):
    """Hidden when there is no file. Signals: `save_asked` (AttachmentRow)."""

    save_asked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files: tuple[AttachmentRow, ...] = ()
        self.list = AttachmentList(tr("Attachments"), self, accepts_files=False)
        set_tip(self.list, tr("Double click or Enter saves the file"))
        self.list.opened_file.connect(self._on_asked)
        self.list.saved.connect(self._on_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Text(tr("Attachments"), TextKind.SECTION, self))
        column.addWidget(self.list)
        self.hide()

    def set_files(self, files: tuple[AttachmentRow, ...]) -> None:
        self._files = files
        self.list.set_files([AttachmentItem(file.name, file.size, removable=False) for file in files])
        self.setVisible(bool(files))

    def _on_asked(self, name: str) -> None:
        found = next((file for file in self._files if file.name == name), None)
        if found is not None:
            self.save_asked.emit(found)
