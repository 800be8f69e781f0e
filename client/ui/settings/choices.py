"""What the user chose for the look and the language, kept beside the window's state."""

from __future__ import annotations

from client.ui.base.catalogue import LanguageName
from client.ui.base.theme import ThemeChoice
from client.ui.base.window_state import WindowState

_THEME = "theme"
_LANGUAGE = "language"


def chosen_theme(state: WindowState) -> ThemeChoice:
    """The system's choice until the user makes one; an unknown word in the file counts as none."""
    word = state.value(_THEME)
    return ThemeChoice(word) if word in set(ThemeChoice) else ThemeChoice.SYSTEM


def chosen_language(state: WindowState) -> LanguageName:
    """Chinese until the user says otherwise."""
    word = state.value(_LANGUAGE)
    return LanguageName(word) if word in set(LanguageName) else LanguageName.CHINESE


def keep_theme(state: WindowState, choice: ThemeChoice) -> None:
    state.set_value(_THEME, choice.value)


def keep_language(state: WindowState, name: LanguageName) -> None:
    state.set_value(_LANGUAGE, name.value)
