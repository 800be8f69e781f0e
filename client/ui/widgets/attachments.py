"""The files of a document: dropped in, listed with their sizes, opened, saved, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import size_words
from client.ui.base.rows import RowContent, RowsModel
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.widgets.dropped import holds_files, local_paths
from client.ui.widgets.list_view import ListView
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.row_delegate import ONE_LINE
from client.ui.widgets.text import restyle

_FEWEST_ROWS = 2
_MOST_ROWS = 6


@dataclass(frozen=True, slots=True)
class AttachmentItem:
    """A file as the list shows it; `state` is a word while something happens to it."""

    name: str
    size: int
    state: str = ""
    removable: bool = True


class AttachmentList(ListView):
    """Takes dropped files when `accepts_files`.

    Signals: `files_dropped` (a list of Path), `removed`, `opened_file`, `saved`, `rename_asked` (the file's name), `moved`
    (the file's name, by how many places).
    """

    files_dropped = Signal(object)
    removed = Signal(str)
    opened_file = Signal(str)
    saved = Signal(str)
    rename_asked = Signal(str)
    moved = Signal(str, int)

    def __init__(self, name: str, parent: QWidget | None = None, *, accepts_files: bool = True) -> None:
        super().__init__(name, parent, compact=True, framed=True)
        self._files: RowsModel[AttachmentItem] = RowsModel(self, key=lambda f: f.name, content=_content)
        self.setModel(self._files)
        self.setAcceptDrops(accepts_files)
        self.setDragDropMode(
            QAbstractItemView.DragDropMode.DropOnly
            if accepts_files
            else QAbstractItemView.DragDropMode.NoDragDrop
        )
        self._accepts = accepts_files
        self.menu_for = self._menu
        self.clicked.disconnect()  # a click selects; opening a file is a deliberate double click
        self.doubleClicked.connect(lambda index: self._open(index.row()))
        self.opened.connect(lambda file: self.opened_file.emit(file.name))
        self.set_files(())

    def set_files(self, files: Sequence[AttachmentItem]) -> None:
        self._files.set_rows(files)
        rows = min(max(len(files), _FEWEST_ROWS), _MOST_ROWS)
        self.setFixedHeight(rows * ONE_LINE + 4)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        file = self.current_row()
        if event.key() == Qt.Key.Key_Delete and isinstance(file, AttachmentItem) and file.removable:
            self.removed.emit(file.name)
            return
        if isinstance(file, AttachmentItem) and file.removable and self._arranged(event, file):
            return
        super().keyPressEvent(event)

    def _arranged(self, event: QKeyEvent, file: AttachmentItem) -> bool:
        """F2 renames, Alt with an arrow moves, as in every file list."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if event.key() == Qt.Key.Key_F2:
            self.rename_asked.emit(file.name)
        elif step and event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.moved.emit(file.name, step)
        else:
            return False
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._files.rowCount() == 0:
            painter = QPainter(self.viewport())
            painter.setFont(font(TextSize.SECONDARY))
            painter.setPen(current_theme().color(Role.INK_3))
            words = tr("Drop files here") if self._accepts else tr("No attachments")
            painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, words)
            painter.end()

    def event(self, event: QEvent) -> bool:
        # Qt sends drags to the viewport and drops those sent to the view itself, as assistive tools send them.
        if isinstance(event, QDragEnterEvent):
            self.dragEnterEvent(event)
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            self.dropEvent(event)
            return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if holds_files(event.mimeData()):
            self._mark(True)
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if holds_files(event.mimeData()):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._mark(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._mark(False)
        if holds_files(event.mimeData()):
            event.acceptProposedAction()
            self.files_dropped.emit(local_paths(event.mimeData()))

    def _mark(self, dropping: bool) -> None:
        self.setProperty("drop", dropping)
        restyle(self)

    def _open(self, row: int) -> None:
        self.opened_file.emit(self._files.rows[row].name)

    def _menu(self, file: AttachmentItem) -> list[MenuEntry]:
        entries = [
            MenuEntry(tr("Open"), lambda: self.opened_file.emit(file.name), Icon.FILE),
            MenuEntry(tr("Save as…"), lambda: self.saved.emit(file.name), Icon.DOWNLOAD),
        ]
        if file.removable:
            entries += [
                MenuEntry(tr("Rename…"), lambda: self.rename_asked.emit(file.name), Icon.COMPOSE),
                MenuEntry(tr("Move up"), lambda: self.moved.emit(file.name, -1), Icon.CHEVRON_UP),
                MenuEntry(tr("Move down"), lambda: self.moved.emit(file.name, 1), Icon.CHEVRON_DOWN),
            ]
            entries.append(MenuEntry(tr("Remove"), lambda: self.removed.emit(file.name), Icon.BIN))
        return entries


def _content(file: AttachmentItem) -> RowContent:
    return RowContent(title=file.name, when=f"{file.state} {size_words(file.size)}".strip())
