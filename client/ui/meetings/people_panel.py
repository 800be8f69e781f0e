"""Who is in the meeting, hands in the order they were raised first; for the chair also what may be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from client.meetings.rows import LiveRow, ParticipantRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.rows import RowContent, RowsModel
from client.ui.base.tips import set_tip
from client.ui.meetings.seating import hands
from client.ui.meetings.words import participant_content
from client.ui.widgets.buttons import IconButton, SecondaryButton
from client.ui.widgets.list_view import ListView
from client.ui.widgets.menu import MenuEntry, pop_up
from client.ui.widgets.text import Line, Text, TextKind


def in_order(live: LiveRow) -> tuple[ParticipantRow, ...]:
    """Hands first; the others as the row has them."""
    raised = hands(live)
    waiting = {row.device for row in raised}
    return (*raised, *(row for row in live.participants if row.device not in waiting))


class PeoplePanel(QWidget):
    """Signals: `mute_all_asked`, `lock_asked` (locked or not), `admit_asked` (person), `closed`."""

    mute_all_asked = Signal()
    lock_asked = Signal(bool)
    admit_asked = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue: dict[str, int] = {}
        self._locked = False
        self._title = Text("", TextKind.SECTION, self)
        close = IconButton(Icon.CLOSE, tr("Close the list of people"), self)
        close.clicked.connect(self.closed)
        self.list = ListView(tr("People in the meeting"), self)
        self.model: RowsModel[ParticipantRow] = RowsModel(
            self, key=lambda row: row.device, content=self._content
        )
        self.list.setModel(self.model)
        self._mute_all = SecondaryButton(tr("Mute all"), Icon.MIC_OFF, self)
        self._mute_all.clicked.connect(self.mute_all_asked)
        self._lock = SecondaryButton(tr("Lock the meeting"), Icon.LOCK, self)
        self._lock.clicked.connect(lambda: self.lock_asked.emit(not self._locked))
        self._removed: tuple[tuple[str, str], ...] = ()
        self._let_back = SecondaryButton(tr("Let back in…"), Icon.PEOPLE, self)
        set_tip(self._let_back, tr("Who was taken out may come into the meeting again"))
        self._let_back.clicked.connect(self._on_let_back)
        self._hint = Text(
            tr("Choose a name to mute, put forward, hand over or remove."), TextKind.HINT, self, wrap=True
        )
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 8, 8)
        head.addWidget(self._title, 1)
        head.addWidget(close)
        self._acts = QWidget(self)
        acts = QGridLayout(self._acts)
        acts.setContentsMargins(16, 8, 16, 16)
        acts.setSpacing(8)
        acts.addWidget(self._hint, 0, 0, 1, 2)
        acts.addWidget(self._mute_all, 1, 0)
        acts.addWidget(self._lock, 1, 1)
        acts.addWidget(self._let_back, 2, 0, 1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(Line(self))
        column.addWidget(self.list, 1)
        column.addWidget(Line(self))
        column.addWidget(self._acts)

    def set_menu(self, menu_for: Callable[[ParticipantRow], Sequence[MenuEntry]]) -> None:
        self.list.menu_for = menu_for
        self.list.opened.connect(lambda row: pop_up(menu_for(row), self.list, self._below(row)))

    def show_live(self, live: LiveRow) -> None:
        queue = {row.device: place for place, row in enumerate(hands(live), start=1)}
        moved, self._queue = queue != self._queue, queue
        self.model.set_rows(in_order(live))
        if moved:
            self.list.viewport().update()
        self._locked = live.locked
        self._title.setText(tr("People ({count})", count=len(live.participants)))
        self._lock.setText(tr("Unlock the meeting") if live.locked else tr("Lock the meeting"))
        self._lock.setAccessibleName(self._lock.text())
        self._lock.set_button_icon(Icon.UNLOCK if live.locked else Icon.LOCK)
        self._acts.setVisible(live.i_chair)
        self._removed = live.removed
        self._let_back.setVisible(bool(live.removed))

    def _on_let_back(self) -> None:
        entries = [
            MenuEntry(name, lambda person=person: self.admit_asked.emit(person))  # type: ignore[misc]
            for person, name in self._removed
        ]
        pop_up(entries, self._let_back, self._let_back.mapToGlobal(QPoint(0, 0)))

    def _below(self, row: ParticipantRow) -> QPoint:
        place = self.list.visualRect(self.model.index_of(row.device))
        return self.list.viewport().mapToGlobal(place.center())

    def _content(self, row: ParticipantRow) -> RowContent:
        return participant_content(row, self._queue.get(row.device, 0))
