"""What the user chose for the look, the language, notifications, locking, the desktop and the log, kept beside the window's state."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from client.ui.base.catalogue import LanguageName
from client.ui.base.theme import ThemeChoice
from client.ui.base.window_state import WindowState

_THEME = "theme"
_LANGUAGE = "language"
_NEWS = "news"
_IDLE = "idle_minutes"
_DETAILED = "detailed_log"
_CRASHES = "tell_crashes"
_ON_CLOSE = "on_close"
_WITH_SCREEN = "lock_with_screen"
_CLIPBOARD = "clipboard_minutes"
# From the shortest that lets one read a page to the longest a screen in an office may stand open.
IDLE_MINUTES: Final = (5, 10, 15, 30, 60)
_IDLE_AT_FIRST: Final = 15
CLIPBOARD_MINUTES: Final = (1, 5, 15)
# As long as an unused desk stands open. Whoever copies from a message into a letter does so within minutes; a shorter time takes
# away what is pasted a second time, and who is annoyed by that chooses "not at all".
_CLIPBOARD_AT_FIRST: Final = 15


class OnClose(StrEnum):
    """What closing the window does where there is a tray."""

    ASK = "ask"
    STAY = "stay"
    END = "end"


class NewsShown(StrEnum):
    """What a notification on the desktop says of a new message."""

    CONTENT = "content"
    SENDER = "sender"
    PRESENCE = "presence"  # that there is something
    NOTHING = "nothing"


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


def chosen_news(state: WindowState) -> NewsShown:
    """The sender's name until the user says otherwise: desktops keep what they were shown, and screens are seen by others."""
    word = state.value(_NEWS)
    return NewsShown(word) if word in set(NewsShown) else NewsShown.SENDER


def keep_news(state: WindowState, choice: NewsShown) -> None:
    state.set_value(_NEWS, choice.value)


def chosen_idle_minutes(state: WindowState) -> int:
    """Minutes without mouse and keyboard until Jinshu locks; 0: it does not. An unknown word counts as none."""
    word = state.value(_IDLE)
    known = {str(minutes): minutes for minutes in (0, *IDLE_MINUTES)}
    return known.get(word, _IDLE_AT_FIRST)


def keep_idle_minutes(state: WindowState, minutes: int) -> None:
    state.set_value(_IDLE, str(minutes))


def chosen_detail(state: WindowState) -> bool:
    """Whether the log tells each step."""
    return state.flag(_DETAILED)


def keep_detail(state: WindowState, *, on: bool) -> None:
    state.set_flag(_DETAILED, on=on)


def tells_crashes(state: WindowState) -> bool:
    """Whether the program says, at its start, that it crashed the time before."""
    return state.flag(_CRASHES, default=True)


def keep_telling_crashes(state: WindowState, *, on: bool) -> None:
    state.set_flag(_CRASHES, on=on)


def chosen_on_close(state: WindowState) -> OnClose:
    """It is asked until the user wants his answer remembered; an unknown word in the file counts as none."""
    word = state.value(_ON_CLOSE)
    return OnClose(word) if word in set(OnClose) else OnClose.ASK


def keep_on_close(state: WindowState, choice: OnClose) -> None:
    state.set_value(_ON_CLOSE, choice.value)


def locks_with_screen(state: WindowState) -> bool:
    """Whether Jinshu locks when the desktop's screen is locked; until the user says otherwise."""
    return state.flag(_WITH_SCREEN, default=True)


def keep_locking_with_screen(state: WindowState, *, on: bool) -> None:
    state.set_flag(_WITH_SCREEN, on=on)


def chosen_clipboard_minutes(state: WindowState) -> int:
    """Minutes until what was copied out of Jinshu leaves the clipboard; 0: it stays. An unknown word counts as none."""
    word = state.value(_CLIPBOARD)
    known = {str(minutes): minutes for minutes in (0, *CLIPBOARD_MINUTES)}
    return known.get(word, _CLIPBOARD_AT_FIRST)


def keep_clipboard_minutes(state: WindowState, minutes: int) -> None:
    state.set_value(_CLIPBOARD, str(minutes))
