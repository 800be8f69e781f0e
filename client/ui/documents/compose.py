"""拟稿: the fields of a draft beside the page as it will be printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from client.cases.rows import Target
from client.documents.rows import DraftRow, Finding
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.moments import full_time
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.documents.cleaning_words import cleaning_words
from client.ui.documents.compose_fields import ComposeFields
from client.ui.documents.compose_preview import ComposePreview
from client.ui.documents.draft_files import DraftFiles
from client.ui.documents.finding_list import FindingList
from client.ui.documents.keeper import DraftKeeper
from client.ui.documents.send_bar import SendBar
from client.ui.documents.services import Drafting
from client.ui.documents.tidying import Tidying
from client.ui.widgets.buttons import DangerButton, SecondaryButton, leave_focus
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.drop_frame import DropFrame
from client.ui.widgets.form import FormRow
from client.ui.widgets.notice_strip import NoticeStrip
from client.ui.widgets.panes import Column, ScrollPane
from client.ui.widgets.text import Line, Text, TextKind

_FORM_LEAST = 420


@dataclass(frozen=True, slots=True)
class Choices:
    """Whom a draft may be addressed and sent to."""

    recipients: tuple[Target, ...]
    reviewers: tuple[Target, ...]


class ComposePage(DropFrame):
    """One draft at a time; it is saved without being asked, and takes files wherever they are dropped.

    Signals: `sent` (id of the new case), `discarded`, `saved` (DraftRow).
    """

    sent = Signal(str)
    discarded = Signal()
    saved = Signal(object)

    def __init__(
        self,
        drafting: Drafting,
        runner: CoreRunner,
        now: Callable[[], int],
        state: WindowState | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._drafting = drafting
        self._runner = runner
        self._draft = ""
        self._notice = NoticeStrip(self)
        self._saved_at = Text("", TextKind.HINT, self)
        self._fields = ComposeFields(now(), self)
        self._files = DraftFiles(drafting, runner, now, self)
        self._findings = FindingList(self)
        self._tidying = Tidying(drafting, runner, self._fields)
        self._send = SendBar(self)
        self._preview = ComposePreview(drafting, runner, self._fields.form, self)
        self._keeper = DraftKeeper(drafting, runner, self._fields.form, self)
        self._discard = DangerButton(tr("Delete draft"), Icon.BIN, self)
        self._save = SecondaryButton(tr("Save draft"), None, self)
        self._tidy = SecondaryButton(tr("Tidy up"), None, self)
        self._show_preview = SecondaryButton(tr("Preview"), Icon.EYE, self)
        self._lay_out(state)
        leave_focus(self)
        self._connect()

    def _lay_out(self, state: WindowState | None) -> None:
        form = Column(margin=24, spacing=16, ground="surface")
        form.add(self._fields)
        form.add(FormRow(tr("Attachments"), self._files))
        form.add(Line())
        form.add(Text(tr("Check of the rules"), TextKind.SECTION))
        form.add(self._findings)
        form.add_stretch()
        left = QWidget(self)
        left.setProperty("ground", "surface")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left.setMinimumWidth(_FORM_LEAST)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(ScrollPane(form), 1)
        column.addWidget(self._send)
        halves = QSplitter(Qt.Orientation.Horizontal, self)
        halves.setChildrenCollapsible(False)
        halves.setHandleWidth(1)
        halves.addWidget(left)
        halves.addWidget(self._preview)
        halves.setSizes([500, 500])
        if state is not None:
            state.keep_splitter(halves, "compose")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(self._header())
        box.addWidget(Line(self))
        box.addWidget(self._notice)
        box.addWidget(halves, 1)

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(24, 12, 16, 12)
        row.setSpacing(8)
        row.addWidget(Text(tr("Draft"), TextKind.TITLE, self))
        row.addSpacing(8)
        row.addWidget(self._saved_at)
        row.addStretch(1)
        for button in (self._discard, self._tidy, self._show_preview, self._save):
            row.addWidget(button)
        return row

    def _connect(self) -> None:
        self._fields.changed.connect(self._keeper.touch)
        self._fields.changed.connect(self._preview.touch)
        self._fields.body.text_cleaned.connect(self._on_cleaned)
        self._fields.body.files_given.connect(self._on_files)
        self._fields.body.picture_given.connect(self._files.offer_picture)
        self._tidy.clicked.connect(self._tidying.run)
        self._files.changed.connect(self._preview.touch)
        self._keeper.dirty.connect(lambda: self._saved_at.setText(tr("Not saved yet")))
        self._keeper.saved.connect(self._on_saved)
        self._keeper.failed.connect(lambda error: self.show_notice(present(error)))
        self._preview.checked.connect(self._on_checked)
        # Pressed with the mouse they leave the field alone; what is being composed in it belongs to what they take.
        for taking in (self._save, self._show_preview, self._tidy):
            taking.pressed.connect(self._fields.finish_composing)
        self._save.clicked.connect(self._keeper.save_now)
        self._show_preview.clicked.connect(self._preview.run_now)
        self._discard.clicked.connect(self._on_discard)
        self._send.sent.connect(self._on_send)
        self.files_given.connect(self._on_files)

    @property
    def draft(self) -> str:
        """The id of the draft on the page, or nothing."""
        return self._draft

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def show_draft(self, row: DraftRow) -> None:
        """Edit this draft; the one before is saved."""
        self.leave()
        self.clear_notice()
        # What is typed before the fields are this draft's would be lost when they are filled.
        self._set_busy(True)
        Operation(self, self._runner, self._choices, on_success=lambda choices: self._show(row, choices))

    async def _choices(self) -> Choices:
        return Choices(await self._drafting.recipients(), await self._drafting.reviewers())

    def _show(self, row: DraftRow, choices: Choices) -> None:
        self._draft = row.id
        self._fields.set_recipients(choices.recipients)
        self._fields.set_form(row.form)
        self._send.set_reviewers(choices.reviewers)
        self._set_busy(False)
        self._send.set_hard(())
        self._files.show_draft(row)
        # What the fields say is what counts as kept: a body that no longer exists is not a change of the user's.
        self._keeper.take(row.id, self._fields.form())
        self._preview.take(row.id)
        self._tidying.take(row.id)
        self._say_saved(row)
        self._fields.focus_title()

    def leave(self) -> None:
        """Save what is unsaved."""
        self._fields.finish_composing()
        self._keeper.flush()

    def hideEvent(self, event: QHideEvent) -> None:
        self.leave()
        super().hideEvent(event)

    def _on_files(self, paths: list[Path]) -> None:
        if self._files.isEnabled():
            self._files.add_paths(paths)

    def _on_cleaned(self, pasted: str, clean: str) -> None:
        words = cleaning_words(pasted, clean)
        if words:
            self.show_notice(Notice(words, tone=Tone.NEUTRAL))

    def _on_saved(self, row: DraftRow) -> None:
        self._say_saved(row)
        self.saved.emit(row)

    def _say_saved(self, row: DraftRow) -> None:
        self._saved_at.setText(tr("Saved {time}", time=full_time(row.updated_at)))

    def _on_checked(self, findings: tuple[Finding, ...]) -> None:
        self._findings.set_findings(findings)
        self._send.set_hard(self._findings.hard)

    def _on_send(self, reviewer: str) -> None:
        if self._files.busy:
            self.show_notice(Notice(tr("Attachments are still being taken in."), tone=Tone.WAITING))
            return
        self._fields.finish_composing()
        self._set_busy(True)
        self.clear_notice()
        draft = self._draft
        self._keeper.flush(lambda: self._start(draft, reviewer), lambda: self._set_busy(False))

    def _start(self, draft: str, reviewer: str) -> None:
        Operation(
            self,
            self._runner,
            lambda: self._drafting.start(draft, reviewer),
            on_success=self._on_started,
            on_failure=self._on_failed,
        )

    def _on_started(self, case: str) -> None:
        self._gone()
        self.sent.emit(case)

    def _on_failed(self, error: BaseException) -> None:
        self._set_busy(False)
        self.show_notice(present(error))

    def _on_discard(self) -> None:
        words = tr("The draft and its attachments are deleted from this computer and cannot be brought back.")
        question = ConfirmPopover(self._discard, words, tr("Confirm"))
        question.confirmed.connect(self._discarded)
        question.open()

    def _discarded(self) -> None:
        draft = self._draft
        self._set_busy(True)
        # After what is still being saved: a late save would bring the draft back.
        self._keeper.flush(lambda: self._delete(draft), lambda: self._delete(draft))

    def _delete(self, draft: str) -> None:
        Operation(
            self,
            self._runner,
            lambda: self._drafting.discard(draft),
            on_success=lambda _none: self._on_discarded(),
            on_failure=self._on_failed,
        )

    def _on_discarded(self) -> None:
        self._gone()
        self.discarded.emit()

    def _gone(self) -> None:
        self._keeper.drop()
        self._preview.take("")
        self._tidying.take("")
        self._draft = ""
        self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        for widget in (self._fields, self._files, self._discard, self._save, self._show_preview, self._tidy):
            widget.setEnabled(not busy)
        self._send.set_busy(busy)
