"""How it looks, and in which language."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.catalogue import LanguageName
from client.ui.base.icons import Icon
from client.ui.base.language import language, tr
from client.ui.base.theme import ThemeChoice, current_theme
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import keep_language, keep_theme
from client.ui.settings.section import Choice, Section


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


class AppearanceSection(Section):
    """Signals: `language_chosen` (LanguageName, already kept; make the window anew)."""

    language_chosen = Signal(object)

    def __init__(self, state: WindowState, parent: QWidget | None = None) -> None:
        super().__init__(tr("Look and language"), Icon.EYE, parent)
        self._state = state
        themes = [(theme_words(choice), choice) for choice in ThemeChoice]
        languages = [(language_words(name), name) for name in LanguageName]
        self.add_card(tr("Appearance"), Choice(themes, current_theme().choice, self._on_theme, self))
        self.add_card(tr("Language"), Choice(languages, language(), self._on_language, self))

    def _on_theme(self, choice: ThemeChoice) -> None:
        keep_theme(self._state, choice)
        current_theme().choose(choice)

    def _on_language(self, name: LanguageName) -> None:
        keep_language(self._state, name)
        self.language_chosen.emit(name)
