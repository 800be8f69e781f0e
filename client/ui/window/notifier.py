"""Tells somebody who is looking elsewhere that messages came: little by default, and while locked nothing of what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from client.core.events import LinkState
from client.ui.base.announcement import Announcement
from client.ui.base.language import enumerated, tr
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import NewsShown, chosen_news

# A burst becomes one notification.
_SETTLE_MS: Final = 800


class NoticePlace(Protocol):
    """Where the desktop shows notifications."""

    def on_click(self, heard: Callable[[], object], /) -> None: ...
    def show(self, title: str, text: str, /) -> None: ...
    def withdraw(self) -> None: ...
    def alert(self, window: QWidget, /) -> None: ...
    def describe(self, unread: int | None, /) -> None: ...


class Notifier(QObject):
    """Says nothing to who is looking at the window, one thing for a burst, and one for all that catching up brings.

    Signals: `opened` (a notification was clicked; its subject, or nothing when it was of none).
    """

    opened = Signal(str)

    def __init__(self, place: NoticePlace, state: WindowState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._state = state
        self._window: QWidget | None = None  # None: locked
        self._unread = 0
        self._held = False
        self._waiting: dict[str, Announcement] = {}
        self._subject = ""  # of what is shown
        self._shown = False
        self._calling = False  # what is shown is a call
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self._tell)
        place.on_click(self._on_clicked)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._on_looked)

    @property
    def busy(self) -> bool:
        """Whether something will be told in a moment."""
        return self._timer.isActive()

    def watch(self, window: QWidget) -> None:
        """The store is open, and this is the window whose user is told."""
        self._window = window
        self._place.describe(self._unread)

    def lock(self) -> None:
        """The store is closed: what was said is taken back, and from now on nobody and nothing is named."""
        self._window = None
        self._unread = 0
        self._place.describe(None)
        self._withdraw()

    def set_link(self, state: LinkState) -> None:
        """While the device catches up, what comes is gathered."""
        self._held = state is LinkState.CONNECTING
        if not self._held and self._waiting:
            self._timer.start()

    def set_unread(self, count: int) -> None:
        """When everything is read, here or on another device, there is nothing to tell."""
        self._unread = count
        if self._window is not None:
            self._place.describe(count)
        if not count and not self._calling and not any(each.is_call for each in self._waiting.values()):
            self._withdraw()

    def take(self, news: Iterable[Announcement]) -> None:
        """News of an area."""
        if self._looked_at():
            return
        for new in news:
            before = self._waiting.pop(new.subject, None)
            self._waiting[new.subject] = replace(new, count=new.count + (before.count if before else 0))
        if not self._held:
            self._timer.start()

    def _tell(self) -> None:
        news, choice = tuple(self._waiting.values()), chosen_news(self._state)
        self._waiting.clear()
        if not news or choice is NewsShown.NOTHING or self._looked_at():
            return
        window = self._window
        if window is None:
            choice = NewsShown.PRESENCE
        # A meeting does not wait: what else is new stands in the list.
        calls = tuple(each for each in news if each.is_call)
        news, self._calling = calls[-1:] or news, bool(calls)
        self._subject = news[-1].subject if window is not None else ""
        self._shown = True
        self._place.show(*_words(news, choice))
        if window is not None:
            self._place.alert(window)

    def _looked_at(self) -> bool:
        active = QGuiApplication.applicationState() == Qt.ApplicationState.ApplicationActive
        window = self._window
        return active and window is not None and window.isVisible() and not window.isMinimized()

    def _on_looked(self, _state: Qt.ApplicationState) -> None:
        if self._looked_at():
            self._withdraw()

    def _withdraw(self) -> None:
        self._timer.stop()
        self._waiting.clear()
        self._subject = ""
        self._calling = False
        if self._shown:
            self._shown = False
            self._place.withdraw()

    def _on_clicked(self) -> None:
        subject = self._subject
        self._withdraw()
        self.opened.emit(subject)


def _words(news: tuple[Announcement, ...], choice: NewsShown) -> tuple[str, str]:
    """Title and text of a notification."""
    if news[-1].is_call:
        named = choice is not NewsShown.PRESENCE and news[-1].sender
        title = news[-1].sender if named else tr("Jinshu")
        words = tr("A meeting is about to begin") if news[-1].is_soon else tr("A meeting has been called")
        return title, f"{words} · {news[-1].place}" if choice is NewsShown.CONTENT else words
    if choice is NewsShown.PRESENCE:
        return tr("Jinshu"), tr("New message")
    count = sum(each.count for each in news)
    if len(news) > 1:
        return tr("{count} new messages", count=count), enumerated(dict.fromkeys(map(_who, news)))
    only = news[0]
    if count > 1:
        return _who(only), tr("{count} new messages", count=count)
    return _who(only), only.text if choice is NewsShown.CONTENT else tr("New message")


def _who(news: Announcement) -> str:
    """In a group the sender and the group; several messages of a group may be of several people, who are not listed."""
    if not news.place:
        return news.sender
    return news.place if news.count > 1 else tr("{sender} · {place}", sender=news.sender, place=news.place)
