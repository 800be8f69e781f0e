"""The settings: how it looks, which language, what is told of news; other areas add their own sections (`add_section`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QRadioButton, QVBoxLayout, QWidget

from client.ui.base.catalogue import LanguageName
from client.ui.base.errors import Notice
from client.ui.base.language import language, tr
from client.ui.base.theme import ThemeChoice, current_theme
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import NewsShown, chosen_news, keep_language, keep_news, keep_theme
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, PageHeader, ScrollPane
from client.ui.widgets.text import Text, TextKind

_MEASURE = 720
T = TypeVar("T")


def theme_words(choice: ThemeChoice) -> str:
    """The themes by their names."""
    return {
        ThemeChoice.SYSTEM: tr("Follow the system"),
        ThemeChoice.LIGHT: tr("Paper (light)"),
        ThemeChoice.DARK: tr("Pine soot (dark)"),
        ThemeChoice.HIGH_CONTRAST: tr("High contrast"),
    }[choice]


def language_words(name: LanguageName) -> str:
    """The languages, each as the language in force calls it."""
    return {LanguageName.CHINESE: tr("Chinese"), LanguageName.ENGLISH: tr("English")}[name]


def news_words(choice: NewsShown) -> str:
    """What a notification says, from most to least."""
    return {
        NewsShown.CONTENT: tr("Who writes, and how the message begins"),
        NewsShown.SENDER: tr("Who writes"),
        NewsShown.PRESENCE: tr("Only that there is a message"),
        NewsShown.NOTHING: tr("No notifications"),
    }[choice]


class SettingsPage(QWidget):
    """Choices take effect at once; the language does when the window is made anew.

    Signals: `language_chosen` (LanguageName, already kept; make the window anew).
    """

    language_chosen = Signal(object)

    def __init__(self, state: WindowState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._notice = NoticeBar(self)
        self._column = Column(margin=32, spacing=16, ground="clear", measure=_MEASURE)
        self._column.add(PageHeader(tr("Settings")))
        self._column.add(self._notice)
        self._sections = QVBoxLayout()
        self._sections.setSpacing(16)
        holder = QWidget(self._column)
        holder.setLayout(self._sections)
        self._sections.setContentsMargins(0, 0, 0, 0)
        self._column.add(holder)
        self._column.add_stretch()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(ScrollPane(self._column, self))
        self.add_section(tr("Appearance"), self._themes())
        self.add_section(tr("Language"), self._languages())
        self.add_section(
            tr("Notifications of new messages"),
            self._news(),
            tr("While Jinshu is locked nothing is told. The desktop may keep what it was shown."),
        )

    def add_section(self, title: str, content: QWidget, hint: str = "") -> None:
        """A titled card at the end."""
        card = QFrame(self)
        card.setProperty("ground", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(8)
        column.addWidget(Text(title, TextKind.SECTION, card))
        if hint:
            column.addWidget(Text(hint, TextKind.SECONDARY, card, wrap=True))
        column.addWidget(content)
        self._sections.addWidget(card)

    def show_notice(self, notice: Notice) -> None:
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def _themes(self) -> QWidget:
        options = [(theme_words(choice), choice) for choice in ThemeChoice]
        return _Choice(options, current_theme().choice, self._on_theme, self)

    def _languages(self) -> QWidget:
        options = [(language_words(name), name) for name in LanguageName]
        return _Choice(options, language(), self._on_language, self)

    def _news(self) -> QWidget:
        options = [(news_words(choice), choice) for choice in NewsShown]
        return _Choice(options, chosen_news(self._state), lambda choice: keep_news(self._state, choice), self)

    def _on_theme(self, choice: ThemeChoice) -> None:
        keep_theme(self._state, choice)
        current_theme().choose(choice)

    def _on_language(self, name: LanguageName) -> None:
        keep_language(self._state, name)
        self.language_chosen.emit(name)


class _Choice(QWidget, Generic[T]):
    """Radio buttons, one a line; `on_chosen` hears the user's choice only."""

    def __init__(
        self, options: Sequence[tuple[str, T]], chosen: T, on_chosen: Callable[[T], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        group = QButtonGroup(self)
        for words, value in options:
            button = QRadioButton(words, self)
            button.setAccessibleName(words)
            button.setChecked(value == chosen)
            button.clicked.connect(lambda _on=False, value=value: on_chosen(value))
            group.addButton(button)
            column.addWidget(button)
