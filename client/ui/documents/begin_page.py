"""A matter of the site's own begins here: in which post, what its first step shows to everybody, and a word with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from client.documents.rows import Act, Action, Beginning
from client.ui.base.errors import Notice, present
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.text_faults import fault_words
from client.ui.documents.head_fields import HeadFields
from client.ui.documents.services import Circulation
from client.ui.documents.tall import Tall
from client.ui.documents.words import act_words
from client.ui.widgets.buttons import PrimaryButton, QuietButton, leave_focus
from client.ui.widgets.form import FormRow
from client.ui.widgets.notice_strip import NoticeStrip
from client.ui.widgets.panes import Column, ScrollPane
from client.ui.widgets.text import Line, Text, TextKind
from client.ui.widgets.text_entry import TextEntry
from protocol.text import Field, clean

_MEASURE = 640
_HEIGHT = 84


class BeginPage(QWidget):
    """One beginning at a time; what was filled in stays while one comes back to the same.

    Signals: `begun` (case id), `left`.
    """

    begun = Signal(str)
    left = Signal()

    def __init__(self, circulating: Circulation, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._circulating = circulating
        self._runner = runner
        self._beginning: Beginning | None = None
        self._notice = NoticeStrip(self)
        self._title = Text("", TextKind.TITLE, self, wrap=True)
        self._open = Text(
            tr(
                "What you fill in is seen by all who handle it and by the server, and cannot be changed later."
            ),
            TextKind.HINT,
            self,
            wrap=True,
        )
        self._post = QComboBox(self)
        self._post.currentIndexChanged.connect(lambda _index: self._show_post())
        self._fields = HeadFields(self)
        self._word = TextEntry(Field.OPINION, self)
        self._word.setTabChangesFocus(True)
        self._word.textChanged.connect(self._on_typed)
        self._cancel = QuietButton(tr("Cancel"), None, self)
        self._cancel.clicked.connect(self.left)
        self._begin = PrimaryButton("", None, self)
        self._begin.clicked.connect(self._on_begin)
        self._lay_out()
        leave_focus(self)

    def _lay_out(self) -> None:
        self._post_row = FormRow(tr("Acting as"), self._post, parent=self)
        self._word_row = FormRow(
            "",
            Tall(self._word, _HEIGHT),
            hint=tr("Only those who handle the matter can read it."),
            parent=self,
        )
        form = Column(margin=24, spacing=16, measure=_MEASURE)
        form.add(self._title)
        form.add(self._open)
        for row in (self._post_row, self._fields, self._word_row):
            form.add(row)
        form.add_stretch()
        foot = QHBoxLayout()
        foot.setContentsMargins(24, 12, 24, 12)
        foot.setSpacing(12)
        foot.addStretch(1)
        foot.addWidget(self._cancel)
        foot.addWidget(self._begin)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._notice)
        column.addWidget(ScrollPane(form), 1)
        column.addWidget(Line(self))
        column.addLayout(foot)

    def show_beginning(self, beginning: Beginning) -> None:
        """Ask for what this matter begins with."""
        if beginning == self._beginning:
            return
        self.clear_notice()
        self._forget()
        self._beginning = beginning
        self._title.setText(tr("New matter: {matter}", matter=beginning.called))
        self._post.blockSignals(True)
        self._post.clear()
        for action in beginning.actions:
            self._post.addItem(action.post_name, action.post)
        self._post.blockSignals(False)
        self._post_row.setVisible(len(beginning.actions) > 1)
        self._show_post()

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def _action(self) -> Action | None:
        """The first step in the post chosen."""
        offered = self._beginning.actions if self._beginning is not None else ()
        return next((each for each in offered if each.post == self._post.currentData()), None)

    def _show_post(self) -> None:
        action = self._action()
        if action is None:
            return
        self._fields.show_fields(action.fields)
        self._open.setVisible(bool(action.fields))
        self._word_row.rename(tr("Reason") if action.needs_reason else tr("Accompanying note"))
        self._begin.setText(act_words(action))
        self._begin.setAccessibleName(act_words(action))

    def _on_typed(self) -> None:
        self._word_row.show_fault(fault_words(self._word.toPlainText(), Field.OPINION))

    def _on_begin(self) -> None:
        beginning, action = self._beginning, self._action()
        self._word.finish_composing()
        word = clean(self._word.toPlainText(), Field.OPINION)
        if beginning is None or action is None or self._fields.missing():
            return
        if self._word_row.error or (action.needs_reason and not word):
            self._word_row.set_error(self._word_row.error or tr("Fill this in."))
            self._word.setFocus()
            return
        reason, opinion = (word, "") if action.needs_reason else ("", word)
        act = Act(action.step, action.post, opinion, reason, fields=self._fields.decided())
        self._set_busy(True)
        Operation(
            self,
            self._runner,
            lambda: self._circulating.begin(beginning.procedure, act),
            on_success=self._on_begun,
            on_failure=self._on_failed,
        )

    def _on_begun(self, case: str) -> None:
        self._set_busy(False)
        self._forget()
        self.begun.emit(case)

    def _on_failed(self, error: BaseException) -> None:
        self._set_busy(False)
        self.show_notice(present(error))

    def _set_busy(self, busy: bool) -> None:
        for widget in (self._post, self._fields, self._word, self._begin):
            widget.setEnabled(not busy)

    def _forget(self) -> None:
        """What was filled in was for another matter, or has gone with this one."""
        self._beginning = None
        self._fields.forget()
        self._word.finish_composing()
        self._word.clear()
        self._word_row.clear_error()
