"""The attachments of a draft: dropped in, pasted or chosen, each taken in at once, removed again.

Folders, pictures, empty files and what cannot go are asked about first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from client.core.intake import Found, Incoming, Picture, Source, name_of
from client.documents.rows import AttachmentRow, DraftRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.operation import CoreRunner, Operation
from client.ui.documents.name_edit import NameEdit
from client.ui.documents.services import Drafting
from client.ui.documents.tall import bring_into_view
from client.ui.widgets.attachments import AttachmentItem, AttachmentList
from client.ui.widgets.buttons import IconButton, SecondaryButton
from client.ui.widgets.dropped import picture_of
from client.ui.widgets.file_strip import FileStrip
from client.ui.widgets.progress_line import ProgressLine
from protocol.text import Field, shown


class DraftFiles(QWidget):
    """Signals: `changed` (the set of files is another one)."""

    changed = Signal()

    def __init__(
        self,
        drafting: Drafting,
        runner: CoreRunner,
        now: Callable[[], int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._drafting = drafting
        self._now = now
        self._runner = runner
        self._draft = ""
        self._files: tuple[AttachmentRow, ...] = ()
        self._sources: list[Source] = []
        self._done = 0
        self._busy = False
        self.field = AttachmentList(tr("Attachments"), self)
        self.field.files_dropped.connect(self.add_paths)
        self.field.removed.connect(self._remove)
        self.field.chosen.connect(self._on_chosen)
        self._add = SecondaryButton(tr("Add attachment"), Icon.ATTACH, self)
        self._add.clicked.connect(self._on_add)
        self._take_away = IconButton(Icon.BIN, with_keys(tr("Remove attachment"), "Del"), self)
        self._take_away.setEnabled(False)
        self._take_away.clicked.connect(self._on_remove)
        self._name = NameEdit(self)
        self._name.named.connect(self._on_named)
        self._rename = IconButton(Icon.COMPOSE, with_keys(tr("Rename attachment"), "F2"), self)
        self._rename.clicked.connect(lambda: self._with_chosen(self._name.ask))
        self._up = IconButton(Icon.CHEVRON_UP, with_keys(tr("Move attachment up"), "Alt+↑"), self)
        self._up.clicked.connect(lambda: self._with_chosen(lambda name: self._move(name, -1)))
        self._down = IconButton(Icon.CHEVRON_DOWN, with_keys(tr("Move attachment down"), "Alt+↓"), self)
        self._down.clicked.connect(lambda: self._with_chosen(lambda name: self._move(name, 1)))
        self.field.rename_asked.connect(self._name.ask)
        self.field.moved.connect(self._move)
        self._progress = ProgressLine(self)
        self._progress.cancelled.connect(self._sources.clear)
        self.strip = FileStrip(
            lambda count: tr("Attach {count} files?", count=count), tr("Attach"), self, primary=False
        )
        self.strip.confirmed.connect(self._take_in)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._add)
        buttons.addWidget(self._take_away)
        for button in (self._rename, self._up, self._down):
            button.setEnabled(False)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.strip)
        column.addWidget(self._name)
        column.addWidget(self._progress)
        column.addLayout(buttons)

    @property
    def busy(self) -> bool:
        """Whether files are still being taken in."""
        return self._busy

    def show_draft(self, row: DraftRow) -> None:
        """The files of this draft."""
        if row.id != self._draft:
            self._sources.clear()
            self.strip.clear()
            self._name.hide()
        self._draft = row.id
        self._show(row)

    def add_paths(self, paths: Sequence[Path]) -> None:
        """Look at files and folders; plain files are taken in, one after the other."""
        draft = self._draft
        if draft:
            Operation(
                self,
                self._runner,
                lambda: self._drafting.look_at(paths),
                on_success=lambda found: self._on_found(draft, found),
            )

    def offer_picture(self, image: object) -> None:
        """A pasted picture: shown before it is attached."""
        picture = picture_of(image, self._now())
        if picture is not None and self._draft:
            file = Incoming(picture, picture.name, len(picture.data))
            self._ask(Found((file,)))

    def _on_found(self, draft: str, found: Found) -> None:
        if draft != self._draft:
            return
        if found.folders:
            self._ask(found)
            return
        self._take_in([file.source for file in found.files if file.plain])
        doubtful = tuple(file for file in found.files if not file.plain)
        if doubtful:
            self._ask(Found(doubtful))

    def _ask(self, found: Found) -> None:
        self.strip.show_found(found)
        bring_into_view(self.strip)

    def _take_in(self, sources: Sequence[Source]) -> None:
        if not self._busy:
            self._done = 0
        self._sources.extend(sources)
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
        if self._busy or not self._sources or not self._draft:
            return
        draft, source = self._draft, self._sources.pop(0)
        name = source.name if isinstance(source, Picture) else name_of(source)
        self._progress.start(tr("Taking in {name}", name=shown(name, Field.FILE_NAME)))
        self._progress.set_progress(self._done, self._done + 1 + len(self._sources))
        self._run(lambda: self._drafting.attach(draft, source))

    def _run(self, work: Callable[[], Awaitable[DraftRow]]) -> None:
        self._busy = True
        operation = Operation(self, self._runner, work, on_success=self._show)
        operation.finished.connect(self._on_finished)

    def _on_finished(self) -> None:
        self._busy = False
        self._done += 1
        if not self._sources:
            self._progress.stop()
        self._next()

    def _on_add(self) -> None:
        names, _filter = QFileDialog.getOpenFileNames(self, tr("Add attachment"))
        self.add_paths([Path(name) for name in names])

    def _on_chosen(self, file: AttachmentItem | None) -> None:
        for button in (self._take_away, self._rename):
            button.setEnabled(file is not None)
        place = next((n for n, each in enumerate(self._files) if file and each.name == file.name), None)
        self._up.setEnabled(place is not None and place > 0)
        self._down.setEnabled(place is not None and place + 1 < len(self._files))

    def _with_chosen(self, work: Callable[[str], object]) -> None:
        file = self.field.current_row()
        if file is not None:
            work(file.name)

    def _on_named(self, name: str, new_name: str) -> None:
        if new_name != name and not self._busy:
            draft = self._draft
            self._run(lambda: self._drafting.rename(draft, name, new_name))

    def _move(self, name: str, by: int) -> None:
        if not self._busy:
            draft = self._draft
            self._run(lambda: self._drafting.move(draft, name, by))

    def _on_remove(self) -> None:
        file = self.field.current_row()
        if file is not None:
            self._remove(file.name)

    def _remove(self, name: str) -> None:
        if not self._busy:
            draft = self._draft
            self._run(lambda: self._drafting.detach(draft, name))
