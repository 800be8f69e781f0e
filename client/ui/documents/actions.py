"""What I can do now: one primary act, the others quieter, and the fields the act at hand wants."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget
from shiboken6 import isValid

from client.documents.rows import Act, Action
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.documents.act_buttons import ENDING, ActButtons
from client.ui.documents.check_list import CheckList
from client.ui.documents.findings import finding_words, run_on
from client.ui.documents.head_fields import HeadFields
from client.ui.documents.opinion_box import OpinionBox
from client.ui.documents.reason_panel import ReasonPanel
from client.ui.documents.words import (
    acting_words,
    answer_words,
    consequence_words,
    reason_words,
    target_words,
)
from client.ui.widgets.buttons import Button, SecondaryButton, leave_focus
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import FormRow
from client.ui.widgets.text import Text, TextKind
from protocol.documents.steps import Answer, Step

_CONSULTED = 4
_UNSIGNED = frozenset({Step.REVISE, Step.RESEAL})  # these sign nothing of the content
# The document stays where it is: an opinion begun stays too, and does not go with it.
_APART = frozenset({Step.URGE})
_SILENT = frozenset({Step.REVISE, *ENDING, *_APART})  # these have no opinion, or a reason of their own


class ActionPanel(QWidget):
    """Signals: `decided` (Act), `revise_asked` (the way back to the compose page), `copy_asked` (a new draft of it)."""

    decided = Signal(object)
    copy_asked = Signal()
    revise_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = ""
        self._actions: tuple[Action, ...] = ()
        self._fields_of: Action | None = None
        self._forward: Action | None = None
        self._reasoned: Action | None = None
        self._question: tuple[Action, ConfirmPopover] | None = None
        self._waiting = ""
        self.opinion = OpinionBox(self)
        self._post = QComboBox(self)
        self._post.currentIndexChanged.connect(lambda _index: self._show_post())
        self._next = QComboBox(self)
        self._answer = QComboBox(self)
        for answer in Answer:
            self._answer.addItem(answer_words(answer), answer)
        self._consult = CheckList(tr("Bodies to consult"), self, most=_CONSULTED)
        self._head_fields = HeadFields(self)
        self._panels = (ReasonPanel(self, ends=True), ReasonPanel(self, ends=False))
        for panel in self._panels:
            panel.given.connect(self._on_reason)
        self._buttons = ActButtons(self)
        self._buttons.pressed.connect(self._on_pressed)
        self._why = Text("", TextKind.WAITING, self, wrap=True)
        self._why.setAccessibleName(tr("Why it must wait"))
        self._copy = SecondaryButton(tr("Copy into a new draft"), Icon.COPY, self)
        self._copy.clicked.connect(self.copy_asked)
        self._lay_out()
        leave_focus(self)
        self.show_actions("", ())

    def _lay_out(self) -> None:
        self._post_row = FormRow(tr("Acting as"), self._post, parent=self)
        self._next_row = FormRow(tr("Hand on to"), self._next, parent=self)
        self._answer_row = FormRow(tr("Answer of my body"), self._answer, parent=self)
        self._consult_row = FormRow(
            tr("Bodies to consult"),
            self._consult,
            hint=tr("Leave empty if nobody needs to be consulted."),
            parent=self,
        )
        self._nothing = Text(tr("Nothing to do for you here now."), TextKind.HINT, self, wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        rows: tuple[QWidget, ...] = (
            self._nothing,
            self._post_row,
            self._answer_row,
            self.opinion,
            self._consult_row,
            self._next_row,
            self._head_fields,
            self._buttons,
            self._why,
            *self._panels,
            self._copy,
        )
        for row in rows:
            column.addWidget(row)

    def show_actions(self, document: str, actions: tuple[Action, ...], *, copyable: bool = False) -> None:
        """Show what may be done with a document; on a mere refresh everything typed and ticked stays."""
        self.opinion.show_document(document)
        self._copy.setVisible(copyable)
        if document == self._document and actions == self._actions:
            return
        self._close_question()
        if document != self._document:
            self._consult.set_checked(())
            self._answer.setCurrentIndex(0)
            self._head_fields.forget()
            for panel in self._panels:
                panel.forget()
        self._document, self._actions = document, actions
        if self._reasoned is not None and self._reasoned not in actions:
            for panel in self._panels:
                panel.hide()
            self._reasoned = None
        self._show_posts()
        self._show_post()

    def wait_for(self, why: str) -> None:
        """Keep back what signs the content, and say why under the button; nothing: it may be signed."""
        self._waiting = why
        self._hold()

    def acted(self, document: str, step: str) -> None:
        """The act is done: its words are spent."""
        if step not in _APART:
            self.opinion.forget(document)
        self._head_fields.forget()
        for panel in self._panels:
            panel.forget()
        self._reasoned = None

    def _show_posts(self) -> None:
        """Only who could do the same thing in two posts is asked in which; the way forward's stands first.

        A post chosen earlier stays chosen until the document moves on: then it may have nothing left but remarks.
        """
        steps = [action.step for action in self._actions]
        twice = [action for action in self._actions if steps.count(action.step) > 1]
        forward = next((action for action in self._actions if action.primary), None)
        chosen = self._post.currentData() if forward == self._forward else None
        self._forward = forward
        self._post.blockSignals(True)
        self._post.clear()
        if twice:
            ordered = sorted(self._actions, key=lambda action: action != forward)
            for post, name in dict((action.post, action.post_name) for action in ordered).items():
                self._post.addItem(name, post)
            self._post.setCurrentIndex(max(self._post.findData(chosen), 0))
        self._post.blockSignals(False)
        self._post_row.setVisible(bool(twice))

    def _offered(self) -> tuple[Action, ...]:
        """What the chosen post may do; where none is chosen, one action a step."""
        post = self._post.currentData()
        if post is not None:
            return tuple(action for action in self._actions if action.post == post)
        by_step: dict[str, Action] = {}
        for action in self._actions:
            by_step.setdefault(action.step, action)
        return tuple(by_step.values())

    def _show_post(self) -> None:
        offered = self._offered()
        self._close_question()
        self._buttons.show_actions(offered)
        with_fields = [action for action in offered if _asks(action)]
        self._show_fields(with_fields[0] if with_fields else None)
        self._answer_row.setVisible(any(action.step == Step.CONSULT_REPLY for action in offered))
        self.opinion.setVisible(any(action.step not in _SILENT for action in offered))
        self._nothing.setVisible(not offered)
        self._hold()

    def _hold(self) -> None:
        offered = self._offered()
        self._buttons.hold(self._held)
        forward = next((action for action in offered if action.primary), None)
        stops, said = self._reasons(forward) if forward is not None else ("", "")
        self._why.setText(run_on(stops, said))
        self._why.set_kind(TextKind.ERROR if stops and stops != self._waiting else TextKind.WAITING)
        self._why.setVisible(bool(self._why.text()))
        if self._question is not None and self._held(self._question[0]):
            self._close_question()

    def _held(self, action: Action) -> bool:
        return bool(self._reasons(action)[0])

    def _reasons(self, action: Action) -> tuple[str, str]:
        """What an act must wait for, and what its author should know before."""
        hard = run_on(*(finding_words(each) for each in action.findings if each.hard))
        soft = run_on(*(finding_words(each) for each in action.findings if not each.hard))
        signs = action.primary and action.step not in _UNSIGNED
        return hard or (self._waiting if signs else ""), soft

    def _show_fields(self, action: Action | None) -> None:
        """Whom this act may be handed on to and whom it may consult."""
        self._fields_of = action
        targets = action.targets if action is not None else ()
        consultable = action.consultable if action is not None else ()
        chosen = self._next.currentData()
        self._next.clear()
        for target in targets:
            self._next.addItem(target_words(target), target.id)
        if targets:
            self._next.setCurrentIndex(max(self._next.findData(chosen), 0))
        self._consult.set_targets(consultable)
        self._head_fields.show_fields(action.fields if action is not None else ())
        self._next_row.setVisible(bool(targets))
        self._consult_row.setVisible(bool(consultable))

    def _on_pressed(self, action: Action, button: Button) -> None:
        self.opinion.finish_composing()
        if action.step == Step.REVISE:
            self.revise_asked.emit()
        elif self._wants_other_fields(action):
            self._show_fields(action)
            if action.targets:
                self._next.setFocus()
        elif action.fields and self._head_fields.missing():
            return
        elif not self.opinion.has_fault() and not self._opinion_missing(action):
            self._ask(action, button)

    def _wants_other_fields(self, action: Action) -> bool:
        """Whether this act is handed on to others than those shown: then they are shown first, and it is pressed again."""
        shown: Sequence[object] = self._fields_of.targets if self._fields_of is not None else ()
        others = bool(action.fields) and not self._head_fields.asks_for(action.fields)
        return others or (bool(action.targets) and tuple(shown) != action.targets)

    def _opinion_missing(self, action: Action) -> bool:
        speaks = action.step == Step.OPINION
        objects = action.step == Step.CONSULT_REPLY and self._answer.currentData() != Answer.AGREE
        if (speaks or objects) and not self.opinion.text():
            self.opinion.set_error(
                tr("Write what you want to say.") if speaks else tr("Write down your comments.")
            )
            return True
        return False

    def _ask(self, action: Action, button: Button) -> None:
        if action.needs_reason:
            self._reasoned = action
            asked, other = self._panels if action.step in ENDING else self._panels[::-1]
            other.hide()
            asked.ask(reason_words(action.step, action.called))
            return
        words = consequence_words(action.step)
        if not words:
            self._decide(action)
            return
        sentence = tr("{act}: {consequence}", act=acting_words(action), consequence=words)
        said = run_on(sentence, self._reasons(action)[1])
        question = ConfirmPopover(button, said, tr("Confirm"), danger=False)
        question.confirmed.connect(lambda: self._decide(action))
        self._question = (action, question)
        question.open()

    def _close_question(self) -> None:
        """A question does not outlive what it asks about."""
        if self._question is not None and isValid(self._question[1]):
            self._question[1].close()
        self._question = None

    def hideEvent(self, event: QHideEvent) -> None:
        self._close_question()
        self.opinion.finish_composing()
        super().hideEvent(event)

    def _on_reason(self, reason: str) -> None:
        self.opinion.finish_composing()
        if self._reasoned is not None:
            self._decide(self._reasoned, reason)

    def _decide(self, action: Action, reason: str = "") -> None:
        allowed = {target.id for target in action.consultable}
        self.decided.emit(
            Act(
                step=action.step,
                post=action.post,
                opinion="" if action.step in _APART else self.opinion.text(),
                reason=reason,
                next=self._next.currentData() if action.targets else None,
                consult=tuple(each for each in self._consult.checked() if each in allowed),
                answer=Answer(self._answer.currentData()),
                fields=self._head_fields.decided() if action.fields else (),
            )
        )


def _asks(action: Action) -> bool:
    """Whether an act wants more of its author than his word."""
    return bool(action.targets or action.consultable or action.fields)
