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
    """Hears of every change of the window; all moments are on the monotonic clock, `_cpu` is processor time taken until then.

    It asks the lists themselves only once, in the end: read every 20 ms, 500 conversations took more of the client's only
    interpreter lock than the 1,000 messages did.
    """

    def __init__(
        self, application: Application, passphrase: str, expected: dict[str, str], opened: str
    ) -> None:
        super().__init__(application.qt)
        self._qt = application.qt
        self._passphrase = passphrase
        self._expected = expected
        self._opened = opened
        self._listed = False
        self._said: dict[str, float] = {}
        self._qt.installEventFilter(self)
        application._core.bus.subscribe(self._heard)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look_for_window)
        self._began = time.monotonic()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        window = watched.window() if isinstance(watched, QWidget) else None
        if event.type() == QEvent.Type.Paint and isinstance(window, LoginFlow):
            self._qt.removeEventFilter(self)
            QTimer.singleShot(0, self._unlock)
        return False

    def _unlock(self) -> None:
        type_text({"name": "口令", "text": self._passphrase})
        click({"name": "解锁"})
        self._timer.start(_LOOK_MS)

    def _heard(self, event: Event) -> None:
        """On the core's thread."""
        if isinstance(event, ConnectionChanged) and event.state in (LinkState.CONNECTING, LinkState.ONLINE):
            self._said.setdefault(event.state.value, time.monotonic())
            self._said.setdefault(f"{event.state.value}_cpu", time.process_time())

    def _look_for_window(self) -> None:
        window = next((each for each in self._qt.topLevelWidgets() if isinstance(each, MainWindow)), None)
        if window is None:
            return
        self._timer.stop()
        self._timer.timeout.disconnect()
        (page,) = window.findChildren(MessagesPage)
        (messages,) = page.findChildren(MessageList)
        window.show_area(AreaKey.MESSAGES)
        page.show_conversation(self._opened)
        page.rows_read.connect(self._on_rows)
        self._timer.timeout.connect(lambda: self._look(window, page, messages))
        self._timer.start(_LOOK_MS)

    def _on_rows(self, rows: tuple[ConversationRow, ...]) -> None:
        said = {row.id: row.preview for row in rows}
        self._listed = all(said.get(talk) == text for talk, text in self._expected.items())

    def _look(self, window: MainWindow, page: MessagesPage, messages: MessageList) -> None:
        assert time.monotonic() < self._began + _GIVE_UP_SECONDS, "what was missed never came"
        last = messages.rows[-1].text if messages.rows else ""
        if not self._listed or last != self._expected[self._opened]:
            return
        window.repaint()
        self._said["shown"] = time.monotonic()
        self._said["shown_cpu"] = time.process_time()
        self._timer.stop()
        self._check_list(page)
        sys.stdout.write(json.dumps(self._said) + "\n")
        sys.stdout.flush()
        self._qt.exit()

    def _check_list(self, page: MessagesPage) -> None:
        """What the page said that it read stands in its list."""
        view = next(each for each in page.findChildren(ListView) if each.accessibleName() == "会话列表")
        model = view.model()
        shown = (model.index(place, 0).data(RowRole.ROW) for place in range(model.rowCount()))
        said = {row.id: row.preview for row in shown}
        assert all(said.get(talk) == text for talk, text in self._expected.items())


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
