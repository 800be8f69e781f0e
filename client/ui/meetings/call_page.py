"""A new meeting: with whom, and now or when."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QDateTime, Qt, QTime, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from client.messaging.rows import ConversationRow, PersonChoice
from client.ui.base.language import tr
from client.ui.base.rows import RowContent, RowsModel
from client.ui.base.text_faults import fault_words
from client.ui.meetings.words import people_words
from client.ui.messaging.people_picker import PeoplePicker
from client.ui.widgets.buttons import PrimaryButton, RadioButton, SecondaryButton
from client.ui.widgets.form import FormRow
from client.ui.widgets.list_view import ListView
from client.ui.widgets.moment_field import MomentField
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_entry import LineEntry
from protocol.text import Field, clean

_MEASURE = 640
_MINUTE = 60_000
_DURATIONS = (30, 60, 90, 120, 180, 240)
_USUAL = 60
_QUARTER = 15


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked for: a conversation there is, or people for a new one."""

    conversation: str
    people: tuple[str, ...]
    title: str
    starts_at: int
    ends_at: int
    now: bool


class CallPage(QWidget):
    """Signals: `asked` (Call), `given_up`."""

    asked = Signal(object)
    given_up = Signal()

    def __init__(self, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._busy = False
        self._now = now
        self._wanted = ""
        self._by_talk = RadioButton(tr("Members of a conversation"), self)
        self._by_people = RadioButton(tr("Other people"), self)
        self._at_once = RadioButton(tr("Start now"), self)
        self._later = RadioButton(tr("At a time"), self)
        for buttons in ((self._by_talk, self._by_people), (self._at_once, self._later)):
            group = QButtonGroup(self)
            for button in buttons:
                group.addButton(button)
                button.toggled.connect(lambda _on: self._show())
        self.talks = ListView(tr("Conversations to choose"), self, framed=True)
        self._talks: RowsModel[ConversationRow] = RowsModel(
            self, key=lambda row: row.id, content=_talk_content
        )
        self.talks.setModel(self._talks)
        self.talks.chosen.connect(lambda _row: self._show())
        self.picker = PeoplePicker(self)
        self.picker.changed.connect(self._show)
        self._title = LineEntry(Field.GROUP_NAME, self)
        self._title.textChanged.connect(self._show)
        self._starts = MomentField(self)
        self._lasts = QComboBox(self)
        for minutes in _DURATIONS:
            self._lasts.addItem(_duration_words(minutes), minutes)
        self._start = PrimaryButton("", None, self)
        self._start.clicked.connect(self._on_start)
        self._cancel = SecondaryButton(tr("Cancel"), None, self)
        self._cancel.clicked.connect(self.given_up)
        self._lay_out()

    def _lay_out(self) -> None:
        self._whom = QStackedWidget(self)
        self._whom.setProperty("ground", "surface")
        self._whom.addWidget(self.talks)
        self._whom.addWidget(self._people_page())
        inner = QWidget(self)
        inner.setMaximumWidth(_MEASURE)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(Text(tr("Call a meeting"), TextKind.TITLE))
        column.addWidget(Text(tr("With whom"), TextKind.LABEL))
        column.addLayout(_line(self._by_talk, self._by_people))
        column.addWidget(self._whom, 1)
        column.addWidget(Text(tr("When"), TextKind.LABEL))
        column.addLayout(_line(self._at_once, self._later))
        when = QHBoxLayout()
        when.setSpacing(16)
        self._starts_row = FormRow(tr("Begins at"), self._starts)
        when.addWidget(self._starts_row, 0, Qt.AlignmentFlag.AlignTop)
        when.addWidget(FormRow(tr("Lasts"), self._lasts), 0, Qt.AlignmentFlag.AlignTop)
        when.addStretch(1)
        column.addLayout(when)
        column.addLayout(_line(self._start, self._cancel))
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 24)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)

    def _people_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.picker, 1)
        self._name = FormRow(
            tr("Name of the meeting"), self._title, hint=tr("A conversation of this name is begun with them.")
        )
        column.addWidget(self._name)
        return page

    def begin(self, conversation: str = "") -> None:
        """Nothing is chosen yet, or the conversation it was called from."""
        self._busy = False
        self._title.clear()
        self.picker.clear()
        self._at_once.setChecked(True)
        self._by_talk.setChecked(True)
        self._lasts.setCurrentIndex(_DURATIONS.index(_USUAL))
        moment = QDateTime.fromMSecsSinceEpoch(self._now())
        self._starts.setMinimumDateTime(moment)
        self._starts.setDateTime(_next_quarter(moment))
        self._wanted = conversation
        self._choose_wanted()
        self._by_talk.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    def set_conversations(self, rows: Sequence[ConversationRow]) -> None:
        self._talks.set_rows(rows)
        if not rows:
            self._by_people.setChecked(True)
        self._choose_wanted()
        self._show()

    def set_people(self, people: Sequence[PersonChoice]) -> None:
        self.picker.set_people(people)

    def set_busy(self, busy: bool) -> None:
        """While it is being called, it cannot be called twice."""
        self._busy = busy
        self._show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            return
        super().keyPressEvent(event)

    def _choose_wanted(self) -> None:
        if self._wanted and self.talks.choose(self._wanted):
            return
        self.talks.clearSelection()

    def _chosen(self) -> str:
        row = self.talks.current_row() if self.talks.selectedIndexes() else None
        return row.id if isinstance(row, ConversationRow) else ""

    def _show(self) -> None:
        by_talk, now = self._by_talk.isChecked(), self._at_once.isChecked()
        self._whom.setCurrentIndex(0 if by_talk else 1)
        self._starts_row.setVisible(not now)
        self._start.setText(tr("Call and go in") if now else tr("Call and notify"))
        self._start.setAccessibleName(self._start.text())
        people = self.picker.checked()
        self._title.setEnabled(bool(people))
        fault = "" if by_talk or not people else fault_words(self._title.text(), Field.GROUP_NAME)
        self._name.show_fault(fault)
        self._start.setEnabled(not self._busy and not fault and bool(self._chosen() if by_talk else people))

    def _on_start(self) -> None:
        now = self._at_once.isChecked()
        by_talk = self._by_talk.isChecked()
        starts = self._now() if now else self._starts.dateTime().toMSecsSinceEpoch()
        people = () if by_talk else self.picker.checked()
        self.asked.emit(
            Call(
                conversation=self._chosen() if by_talk else "",
                people=people,
                title=clean(self._title.text(), Field.GROUP_NAME) if people else "",
                starts_at=starts,
                ends_at=starts + int(self._lasts.currentData()) * _MINUTE,
                now=now,
            )
        )


def _talk_content(row: ConversationRow) -> RowContent:
    people = people_words(row.members)
    return RowContent(title=row.title or tr("Without a name"), detail=people, avatar=row.title)


def _line(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(16)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _duration_words(minutes: int) -> str:
    if minutes == 60:
        return tr("1 hour")
    if minutes < 60:
        return tr("{count} minutes", count=minutes)
    return tr("{count} hours", count=f"{minutes / 60:g}")


def _next_quarter(moment: QDateTime) -> QDateTime:
    """The next quarter of an hour that leaves time to come."""
    minute = moment.time().minute()
    start = moment.addSecs((_QUARTER - minute % _QUARTER) * 60)
    start.setTime(QTime(start.time().hour(), start.time().minute()))
    return start
