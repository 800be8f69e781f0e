"""The fields of a draft, from the kind to the deadline, as one form."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from client.cases.rows import Target
from client.documents.rows import DraftForm
from client.ui.base.catalogue import LanguageName
from client.ui.base.language import language, tr
from client.ui.base.text_faults import fault_words
from client.ui.base.tips import set_tip
from client.ui.documents.body_edit import BodyEdit
from client.ui.documents.check_list import CheckList
from client.ui.documents.deadline_field import DeadlineField
from client.ui.documents.tall import Tall
from client.ui.documents.words import kind_words
from client.ui.widgets.form import FormRow
from client.ui.widgets.text_entry import LineEntry
from protocol.documents.kinds import Kind
from protocol.documents.model import Label, Publicity, Urgency
from protocol.text import Field

_BODY_LEAST = 320


def _choice(parent: QWidget, entries: Sequence[tuple[str, str]]) -> QComboBox:
    combo = QComboBox(parent)
    for value, words in entries:
        combo.addItem(words, value)
    return combo


class ComposeFields(QWidget):
    """Signals: `changed` (the user changed a field; not when a form is put in)."""

    changed = Signal()

    def __init__(self, now_ms: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loading = False
        kinds = [Kind.NOTICE, *(kind for kind in Kind if kind is not Kind.NOTICE)]
        self._kind = _choice(self, [(kind.value, kind_words(kind)) for kind in kinds])
        self._urgency = _choice(
            self,
            [
                (Urgency.NONE.value, tr("Ordinary")),
                (Urgency.URGENT.value, tr("Urgent")),
                (Urgency.MOST_URGENT.value, tr("Most urgent")),
            ],
        )
        self._label = _choice(
            self,
            [
                (Label.PUBLIC.value, tr("Public")),
                (Label.INTERNAL.value, tr("Internal")),
                (Label.WORK_SECRET.value, tr("Work secret")),
            ],
        )
        self._publicity = _choice(
            self,
            [
                (Publicity.ON_INITIATIVE.value, tr("Published on initiative")),
                (Publicity.ON_REQUEST.value, tr("Published on request")),
                (Publicity.WITHHELD.value, tr("Not published")),
            ],
        )
        self._title = LineEntry(Field.TITLE, self)
        self._main = CheckList(tr("Main recipients"), self)
        self._copy = CheckList(tr("Copy recipients"), self)
        self.body = BodyEdit(self)
        self._reason = LineEntry(Field.NOTE, self)
        self._note = LineEntry(Field.NOTE, self)
        self._deadline = DeadlineField(now_ms, self)
        for line in (self._title, self._reason, self._note):
            line.setAcceptDrops(False)  # a dropped file is an attachment, which the page around takes
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        self._above_body = QVBoxLayout()
        self._kind_row = FormRow(tr("Kind of document"), self._kind, parent=self)
        column.addWidget(self._kind_row)
        self._title_row = FormRow(tr("Title"), self._title, required=True, parent=self)
        column.addWidget(self._title_row)
        column.addWidget(FormRow(tr("Main recipients"), self._main, parent=self))
        column.addLayout(self._above_body)
        self._body_row = FormRow(
            tr("Body text"), Tall(self.body, _BODY_LEAST, grows=True), required=True, parent=self
        )
        column.addWidget(self._body_row)
        column.addWidget(FormRow(tr("Copy recipients"), self._copy, parent=self))
        column.addLayout(
            _beside(
                FormRow(tr("Urgency"), self._urgency, parent=self),
                FormRow(tr("Label"), self._label, parent=self),
            )
        )
        column.addWidget(FormRow(tr("Publicity"), self._publicity, parent=self))
        self._reason_row = FormRow(tr("Reason for not publishing"), self._reason, required=True, parent=self)
        column.addWidget(self._reason_row)
        self._note_row = FormRow(
            tr("Note"), self._note, hint=tr("Printed in brackets below the date."), parent=self
        )
        column.addWidget(self._note_row)
        column.addWidget(FormRow(tr("Deadline for action"), self._deadline, parent=self))
        self._show_dependent()

    def _connect(self) -> None:
        for combo in (self._kind, self._urgency, self._label, self._publicity):
            combo.currentIndexChanged.connect(self._on_changed)
        for edit in (self._title, self._reason, self._note):
            edit.textChanged.connect(self._on_changed)
        self.body.textChanged.connect(self._on_changed)
        for part in (self._main, self._copy, self._deadline):
            part.changed.connect(self._on_changed)

    def set_recipients(self, targets: Sequence[Target]) -> None:
        """Whom one may address."""
        self._main.set_targets(targets)
        self._copy.set_targets(targets)

    def finish_composing(self) -> None:
        """Make what an input method is composing part of its field: the form is about to be kept or sent."""
        for entry in (self._title, self.body, self._reason, self._note):
            entry.finish_composing()

    def set_form(self, form: DraftForm) -> None:
        """Show a draft."""
        self._loading = True
        for combo, value in (
            (self._kind, form.kind.value),
            (self._urgency, form.urgency),
            (self._label, form.label),
            (self._publicity, form.publicity),
        ):
            combo.setCurrentIndex(max(combo.findData(value), 0))
        self._title.setText(form.title)
        self.body.set_clean(form.body_text)
        self._main.set_checked(form.main_recipients)
        self._copy.set_checked(form.copy_recipients)
        self._reason.setText(form.publicity_reason)
        self._note.setText(form.note)
        self._deadline.set_value(form.deadline)
        self._loading = False
        self._show_dependent()
        self._say_faults()

    def form(self) -> DraftForm:
        """The fields as they stand; a reason that is not asked for is not kept."""
        withheld = self._publicity.currentData() == Publicity.WITHHELD.value
        return DraftForm(
            kind=Kind(self._kind.currentData()),
            title=self._title.text(),
            body_text=self.body.toPlainText(),
            main_recipients=self._main.checked(),
            copy_recipients=self._copy.checked(),
            urgency=self._urgency.currentData(),
            label=self._label.currentData(),
            publicity=self._publicity.currentData(),
            publicity_reason=self._reason.text() if withheld else "",
            note=self._note.text(),
            deadline=self._deadline.value(),
        )

    def put_above_body(self, widget: QWidget) -> None:
        """Something that concerns the body text, such as what could be put right in it."""
        self._above_body.addWidget(widget)

    def put_beside_body(self, form: DraftForm) -> None:
        """The fields of this form that a tidied body gives something to; the body itself stays."""
        self._title.setText(form.title)
        self._note.setText(form.note)
        self._main.set_checked(form.main_recipients)
        self.changed.emit()

    def put_title(self, title: str) -> None:
        self._title.setText(title)

    def put_note(self, note: str) -> None:
        self._note.setText(note)

    def add_main_recipients(self, bodies: Sequence[str]) -> None:
        self._main.set_checked((*self._main.checked(), *bodies))

    def focus_title(self) -> None:
        self._title.setFocus()

    def _on_changed(self, *_what: object) -> None:
        if not self._loading:
            self._show_dependent()
            self._say_faults()
            self.changed.emit()

    def _say_faults(self) -> None:
        """At each field, what in its text cannot be signed."""
        for row, typed, field in (
            (self._title_row, self._title.text(), Field.TITLE),
            (self._body_row, self.body.toPlainText(), Field.BODY),
            (self._reason_row, self._reason.text(), Field.NOTE),
            (self._note_row, self._note.text(), Field.NOTE),
        ):
            row.show_fault(fault_words(typed, field))

    def _show_dependent(self) -> None:
        withheld = self._publicity.currentData() == Publicity.WITHHELD.value
        self._reason_row.setVisible(withheld)
        # What art. 8 keeps a kind for is a quotation of the regulations: there is no English text of it.
        if language() is LanguageName.CHINESE:
            set_tip(self._kind, Kind(self._kind.currentData()).purpose)


def _beside(*rows: QWidget) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(16)
    for row in rows:
        line.addWidget(row, 1)
    return line
