"""Who is in a conversation, beside it: looked at, added to, taken out of, left, compared with."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from client.messaging.rows import ConversationRow, EmojiRow, MemberRow, PersonChoice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.rows import RowsModel
from client.ui.messaging.comparison import Comparison
from client.ui.messaging.people_picker import PeoplePicker
from client.ui.messaging.words import member_content
from client.ui.widgets.buttons import DangerButton, PrimaryButton, SecondaryButton
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import FormRow
from client.ui.widgets.list_view import ListView
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.question import Question, take_back
from client.ui.widgets.text import Line, Text, TextKind
from client.ui.widgets.text_entry import LineEntry
from protocol.text import Field

_WIDTH = 276


class MembersPanel(QWidget):
    """Signals: `people_wanted`, `added` (people), `removed`, `compared`, `agreed` (person), `left`, `renamed` (title)."""

    people_wanted = Signal()
    added = Signal(object)
    removed = Signal(str)
    compared = Signal(object)
    agreed = Signal(str)
    left = Signal()
    renamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(_WIDTH)
        self._row: ConversationRow | None = None
        self._question: Question | None = None
        self._rows: RowsModel[MemberRow] = RowsModel(self, key=lambda row: row.person, content=member_content)
        self.list = ListView(tr("Members"), self)
        self.list.setModel(self._rows)
        self.list.menu_for = self._menu
        self.list.chosen.connect(lambda _row: self._show())
        self._title = LineEntry(Field.GROUP_NAME, self)
        self._title.returnPressed.connect(self._on_rename)
        self._name = FormRow(tr("Name of the conversation"), self._title)
        self._rename = SecondaryButton(tr("Change the name"), None, self)
        self._rename.clicked.connect(self._on_rename)
        self._add = SecondaryButton(tr("Add members"), Icon.PLUS, self)
        self._add.clicked.connect(self._on_add)
        self._remove = SecondaryButton(tr("Take out"), Icon.REVOKE, self)
        self._remove.clicked.connect(self._on_remove)
        self._compare = SecondaryButton(tr("Compare"), Icon.SHIELD, self)
        self._compare.clicked.connect(self._on_compare)
        self._leave = DangerButton(tr("Leave conversation"), None, self)
        self._leave.clicked.connect(self._on_leave)
        self.comparison = Comparison(self)
        self.comparison.closed.connect(self.show_list)
        self.comparison.agreed.connect(self.agreed)
        self._stack = QStackedWidget(self)
        self._stack.setProperty("ground", "surface")
        for page in (self._list_page(), self._add_page(), self.comparison):
            self._stack.addWidget(page)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(Line(self, vertical=True))
        row.addWidget(self._stack, 1)
        self._show()

    def _list_page(self) -> QWidget:
        page = QWidget(self)
        self._count = Text("", TextKind.SECTION, page)
        self._said = Text(tr("Choose a member to compare with or take out."), TextKind.HINT, page, wrap=True)
        acts = QGridLayout()
        acts.setContentsMargins(16, 8, 16, 16)
        acts.setSpacing(8)
        acts.addWidget(self._said, 0, 0, 1, 2)
        acts.addWidget(self._compare, 1, 0)
        acts.addWidget(self._remove, 1, 1)
        acts.addWidget(self._add, 2, 0, 1, 2)
        acts.addWidget(self._name, 3, 0, 1, 2)
        acts.addWidget(self._rename, 4, 0, 1, 2)
        acts.addWidget(self._leave, 5, 0, 1, 2)
        head = QHBoxLayout()
        head.setContentsMargins(16, 16, 16, 8)
        head.addWidget(self._count)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addWidget(Line(page))
        column.addLayout(acts)
        return page

    def _add_page(self) -> QWidget:
        page = QWidget(self)
        self._picker = PeoplePicker(page)
        self._picker.changed.connect(self._show)
        self._take_in = PrimaryButton(tr("Add"), None, page)
        self._take_in.clicked.connect(self._on_take_in)
        cancel = SecondaryButton(tr("Cancel"), None, page)
        cancel.clicked.connect(self.show_list)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._take_in)
        buttons.addWidget(cancel)
        buttons.addStretch(1)
        hint = tr("Those who are added read what is written from now on, not what was written before.")
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addWidget(Text(tr("Add members"), TextKind.SECTION))
        column.addWidget(Text(hint, TextKind.HINT, wrap=True))
        column.addWidget(self._picker, 1)
        column.addLayout(buttons)
        return page

    def show_conversation(self, row: ConversationRow | None) -> None:
        """Whose members these are."""
        if row is None or self._row is None or row.id != self._row.id:
            take_back(self._question)  # its answer would count for the other conversation
            self._rows.set_rows(())
            self.show_list()
            self._title.finish_composing()  # or it would come into the next conversation's name
        if row is not None and (self._row is None or row.title != self._row.title):
            self._title.setText(row.title)
        self._row = row
        self._show()

    def set_members(self, rows: Sequence[MemberRow]) -> None:
        self._rows.set_rows(rows)
        self._show()

    def set_people(self, people: Sequence[PersonChoice]) -> None:
        """Those who can be added: everybody who is not in it."""
        there = {row.person for row in self._rows.rows}
        self._picker.set_people([person for person in people if person.id not in there])

    def show_list(self) -> None:
        self._stack.setCurrentIndex(0)

    def show_comparison(self, member: MemberRow, emoji: EmojiRow) -> None:
        self.comparison.show_person(member, emoji)
        self._stack.setCurrentIndex(2)

    def _show(self) -> None:
        chosen = self.list.current_row() if self.list.selectedIndexes() else None
        group = self._row is not None and self._row.group
        admin = group and any(row.me and row.admin for row in self._rows.rows)
        other = isinstance(chosen, MemberRow) and not chosen.me
        self._count.setText(tr("Members ({count})", count=self._rows.rowCount()))
        self._compare.setEnabled(other)
        self._remove.setVisible(group)
        self._remove.setEnabled(admin and other)
        for widget in (self._add, self._name, self._rename):
            widget.setVisible(admin)
        self._leave.setVisible(group)
        self._take_in.setEnabled(bool(self._picker.checked()))

    def _menu(self, row: MemberRow) -> list[MenuEntry]:
        self.list.choose(row.person)
        return [
            MenuEntry(tr("Compare"), self._on_compare, Icon.SHIELD, enabled=self._compare.isEnabled()),
            MenuEntry(tr("Take out"), self._on_remove, Icon.REVOKE, enabled=self._remove.isEnabled()),
        ]

    def _on_compare(self) -> None:
        row = self.list.current_row()
        if isinstance(row, MemberRow):
            self.compared.emit(row)

    def _on_remove(self) -> None:
        row = self.list.current_row()
        if isinstance(row, MemberRow):
            words = tr("{name} will no longer read what is written here.", name=row.name)
            question = ConfirmPopover(self._remove, words, tr("Take out of the conversation"))
            question.confirmed.connect(lambda: self.removed.emit(row.person))
            self._question = question
            question.open()

    def _on_leave(self) -> None:
        words = tr("You will no longer read what is written here. What you have stays on this computer.")
        question = ConfirmPopover(self._leave, words, tr("Leave now"))
        question.confirmed.connect(self.left)
        self._question = question
        question.open()

    def _on_rename(self) -> None:
        self._title.finish_composing()
        title = self._title.text().strip()
        if self._row is not None and title and title != self._row.title:
            self.renamed.emit(title)

    def _on_add(self) -> None:
        self._picker.clear()
        self._stack.setCurrentIndex(1)
        self._picker.focus()
        self.people_wanted.emit()

    def _on_take_in(self) -> None:
        people = self._picker.checked()
        if people:
            self.show_list()
            self.added.emit(people)
