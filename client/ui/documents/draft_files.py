"""The attachments of a draft: dropped in or chosen, each taken in at once, removed again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from client.documents.rows import AttachmentRow, DraftRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.documents.services import Drafting
from client.ui.widgets.attachments import AttachmentItem, AttachmentList
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.progress_line import ProgressLine


class DraftFiles(QWidget):
    """Signals: `changed` (the set of files is another one)."""

    changed = Signal()

    def __init__(self, drafting: Drafting, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drafting = drafting
        self._runner = runner
        self._draft = ""
        self._files: tuple[AttachmentRow, ...] = ()
        self._paths: list[Path] = []
        self._done = 0
        self._busy = False
        self.field = AttachmentList(tr("Attachments"), self)
        self.field.files_dropped.connect(self.add_paths)
        self.field.removed.connect(self._remove)
        self.field.chosen.connect(self._on_chosen)
        self._add = SecondaryButton(tr("Add attachment"), Icon.ATTACH, self)
        self._add.clicked.connect(self._on_add)
        self._take_away = SecondaryButton(tr("Remove attachment"), Icon.BIN, self)
        self._take_away.setEnabled(False)
        self._take_away.clicked.connect(self._on_remove)
        self._progress = ProgressLine(self)
        self._progress.cancelled.connect(self._paths.clear)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._add)
        buttons.addWidget(self._take_away)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self._progress)
        column.addLayout(buttons)

    @property
    def busy(self) -> bool:
        """Whether files are still being taken in."""
        return self._busy

    def show_draft(self, row: DraftRow) -> None:
        """The files of this draft."""
        if row.id != self._draft:
            self._paths.clear()
        self._draft = row.id
        self._show(row)

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Take files in, one after the other."""
        if not self._busy:
            self._done = 0
        self._paths.extend(paths)
        self._next()

    def _show(self, row: DraftRow) -> None:
        if row.id != self._draft:
            return
        changed = row.attachments != self._files
        self._files = row.attachments
        self.field.set_files([AttachmentItem(file.name, file.size) for file in row.attachments])
        self._on_chosen(self.field.current_row())
        if changed:
            self.changed.emit()

    def _next(self) -> None:
        if self._busy or not self._paths or not self._draft:
            return
        draft, path = self._draft, self._paths.pop(0)
        self._progress.start(tr("Taking in {name}", name=path.name))
        self._progress.set_progress(self._done, self._done + 1 + len(self._paths))
        self._run(lambda: self._drafting.attach(draft, path))

    def _run(self, work: Callable[[], Awaitable[DraftRow]]) -> None:
        self._busy = True
        operation = Operation(self, self._runner, work, on_success=self._show)
        operation.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        self._busy = False
        self._done += 1
        if not self._paths:
            self._progress.stop()
        self._next()

    def _on_add(self) -> None:
        names, _filter = QFileDialog.getOpenFileNames(self, tr("Add attachment"))
        self.add_paths([Path(name) for name in names])

    def _on_chosen(self, file: AttachmentItem | None) -> None:
        self._take_away.setEnabled(file is not None)

    def _on_remove(self) -> None:
        file = self.field.current_row()
        if file is not None:
            self._remove(file.name)

    def _remove(self, name: str) -> None:
        found = next((file for file in self._files if file.name == name), None)
        if found is not None and not self._busy:
            draft, digest = self._draft, found.sha256
            self._run(lambda: self._drafting.detach(draft, digest))
