"""The real client coming back after a while: types the passphrase, and says when all that was missed stands on the screen.

`python -m tests.benchmarks._catching_client PASSPHRASE EXPECTED.json --profile …`; one JSON object on standard output. What is
expected: conversation -> its last text, and which of them is open.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from client.__main__ import begin
from client.app import Application
from client.core.events import ConnectionChanged, Event, LinkState
from client.messaging.rows import ConversationRow
from client.ui.base.rows import RowRole
from client.ui.login.flow import LoginFlow
from client.ui.messaging.message_list import MessageList
from client.ui.messaging.page import MessagesPage
from client.ui.widgets.list_view import ListView
from client.ui.window.area import AreaKey
from client.ui.window.main_window import MainWindow
from tests.end_to_end.driver import click, type_text

_LOOK_MS = 20
_GIVE_UP_SECONDS = 600


class Watch(QObject):
    """Looks at the window every 20 ms; all moments are on the monotonic clock, `_cpu` is processor time taken until then."""

    def __init__(
        self, application: Application, passphrase: str, expected: dict[str, str], opened: str
    ) -> None:
        super().__init__(application.qt)
        self._qt = application.qt
        self._passphrase = passphrase
        self._expected = expected
        self._opened = opened
        self._typed = self._turned = False
        self._said: dict[str, float] = {}
        self._qt.installEventFilter(self)
        application._core.bus.subscribe(self._heard)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK_MS)
        self._began = time.monotonic()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        window = watched.window() if isinstance(watched, QWidget) else None
        if event.type() == QEvent.Type.Paint and isinstance(window, LoginFlow) and not self._typed:
            self._typed = True
            QTimer.singleShot(0, self._unlock)
        return False

    def _unlock(self) -> None:
        type_text({"name": "口令", "text": self._passphrase})
        click({"name": "解锁"})

    def _heard(self, event: Event) -> None:
        """On the core's thread."""
        if isinstance(event, ConnectionChanged) and event.state in (LinkState.CONNECTING, LinkState.ONLINE):
            self._said.setdefault(event.state.value, time.monotonic())
            self._said.setdefault(f"{event.state.value}_cpu", time.process_time())

    def _look(self) -> None:
        assert time.monotonic() < self._began + _GIVE_UP_SECONDS, "what was missed never came"
        window = next((each for each in self._qt.topLevelWidgets() if isinstance(each, MainWindow)), None)
        if window is None:
            return
        (page,) = window.findChildren(MessagesPage)
        if not self._turned:
            self._turned = True
            window.show_area(AreaKey.MESSAGES)
            page.show_conversation(self._opened)
        if self._is_shown(page):
            window.repaint()
            self._said["shown"] = time.monotonic()
            self._said["shown_cpu"] = time.process_time()
            self._timer.stop()
            sys.stdout.write(json.dumps(self._said) + "\n")
            sys.stdout.flush()
            self._qt.exit()

    def _is_shown(self, page: MessagesPage) -> bool:
        view = next(each for each in page.findChildren(ListView) if each.accessibleName() == "会话列表")
        said: dict[str, str] = {}
        for place in range(view.model().rowCount()):
            row = view.model().index(place, 0).data(RowRole.ROW)
            assert isinstance(row, ConversationRow)
            said[row.id] = row.preview
        (messages,) = page.findChildren(MessageList)
        last = messages.rows[-1].text if messages.rows else ""
        listed = all(said.get(talk) == text for talk, text in self._expected.items())
        return listed and last == self._expected[self._opened]


def run() -> int:
    """Start the application as `python -m client` does, watch it, end it."""
    passphrase, path, *rest = sys.argv[1:]
    facts = json.loads(Path(path).read_bytes())
    application = begin(rest)
    assert isinstance(QApplication.instance(), QApplication)
    Watch(application, passphrase, facts["last"], facts["open"])
    return application.run()


if __name__ == "__main__":
    raise SystemExit(run())
