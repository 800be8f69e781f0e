"""What every page of the settings is: a title, a place for notices, and cards one under the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.widgets.buttons import RadioButton
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, PageHeader, ScrollPane
from client.ui.widgets.text import Text, TextKind

_MEASURE = 720
T = TypeVar("T")


class Section(QWidget):
    """One page; `title` and `icon` stand in the list beside it."""

    def __init__(self, title: str, icon: Icon, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.icon = icon
        self._notice = NoticeBar(self)
        self._column = Column(margin=32, spacing=16, ground="clear", measure=_MEASURE)
        self._column.add(PageHeader(title))
        self._column.add(self._notice)
        self._cards = QVBoxLayout()
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(16)
        holder = QWidget(self._column)
        holder.setLayout(self._cards)
        self._column.add(holder)
        self._column.add_stretch()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(ScrollPane(self._column, self))

    def add_card(self, title: str, *contents: QWidget, hint: str = "") -> QFrame:
        """A titled card at the end."""
        card = QFrame(self)
        card.setProperty("ground", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(Text(title, TextKind.SECTION, card))
        if hint:
            column.addWidget(Text(hint, TextKind.SECONDARY, card, wrap=True))
        for content in contents:
            column.addWidget(content)
        self._cards.addWidget(card)
        return card

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()


class Choice(QWidget, Generic[T]):
    """Radio buttons, one a line; `on_chosen` hears the user's choice only."""

    def __init__(
        self, options: Sequence[tuple[str, T]], chosen: T, on_chosen: Callable[[T], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        group = QButtonGroup(self)
        self._buttons: list[tuple[T, RadioButton]] = []
        for words, value in options:
            button = RadioButton(words, self)
            button.setAccessibleName(words)
            button.setChecked(value == chosen)
            button.clicked.connect(lambda _on=False, value=value: on_chosen(value))
            group.addButton(button)
            column.addWidget(button)
            self._buttons.append((value, button))

    def show_chosen(self, chosen: T) -> None:
        """It was chosen elsewhere; nobody is told."""
        for value, button in self._buttons:
            if value == chosen:
                button.setChecked(True)


class ButtonRow(QWidget):
    """Buttons at the left of a card."""

    def __init__(self, *buttons: QWidget) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 8, 0, 0)
        row.setSpacing(8)
        for button in buttons:
            row.addWidget(button)
        row.addStretch(1)
