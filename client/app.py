"""The composition root: one profile, one core thread, one window; builds, wires, starts, and ends in order."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from client.core.client import CoreClient
from client.core.events import (
    ConnectionChanged,
    ConversationsChanged,
    DirectoryChanged,
    DocumentsChanged,
    DraftsChanged,
    Locked,
    LoginState,
    MembersChanged,
    NoticeRaised,
    OutboxChanged,
    SyncProgressed,
)
from client.core.keys.keyring_port import PlatformKeyring
from client.core.runtime import CoreRuntime
from client.directory.service import DirectoryService
from client.documents.rows import Box
from client.documents.service import Documents
from client.messaging.service import Messaging
from client.ui.base.bridge import Bridge
from client.ui.base.catalogue import LanguageName
from client.ui.base.errors import code_notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import set_language, tr
from client.ui.base.operation import Operation
from client.ui.base.theme import Theme, ThemeChoice
from client.ui.base.window_state import WindowState
from client.ui.directory.page import DirectoryPage
from client.ui.documents.page import DocumentsPage
from client.ui.login.flow import LoginFlow
from client.ui.messaging.page import MessagesPage
from client.ui.settings.choices import chosen_language, chosen_theme
from client.ui.settings.page import SettingsPage
from client.ui.today.page import TodayPage
from client.ui.window.area import AreaKey, Badge
from client.ui.window.main_window import MainWindow
from client.ui.window.notifier import Notifier
from client.ui.window.tray import Tray
from protocol.errors import JinshuError

IN_USE = 3
_STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """An area's place on the rail."""

    key: AreaKey
    title: str
    icon: Icon
    badge: Badge
    widget: QWidget


class Application:
    """Either the login pages or the main window is shown; the last window closed ends the program."""

    def __init__(self, qt: QApplication, core: CoreClient, runtime: CoreRuntime, state: WindowState) -> None:
        self.qt = qt
        self._core = core
        self._runtime = runtime
        self._state = state
        self._service = DirectoryService(core)
        self._documents = Documents(core)
        self._messaging = Messaging(core)
        self._bridge = Bridge(core.bus, qt)
        self._notifier = Notifier(Tray(qt), state, qt)
        self._notifier.opened.connect(self._on_notified)
        self._bridge.listen(self._notifier, Locked, lambda _event: self._notifier.lock())
        self._bridge.listen(
            self._notifier, ConnectionChanged, lambda event: self._notifier.set_link(event.state)
        )
        self._flow: LoginFlow | None = None
        self._window: MainWindow | None = None
        self._messages: MessagesPage | None = None
        # Python's signal handlers run only when the interpreter does: Qt's loop must come back to it now and then.
        self._heartbeat = QTimer(qt)
        self._heartbeat.start(200)
        self._heartbeat.timeout.connect(lambda: None)
        signal.signal(signal.SIGTERM, lambda *_: qt.quit())
        signal.signal(signal.SIGINT, lambda *_: qt.quit())
        self._show_first()

    def run(self) -> int:
        """Until the last window is closed."""
        code = self.qt.exec()
        if self._window is not None:
            self._window.close()
        self._bridge.close()
        self._runtime.submit(self._core.stop()).result(_STOP_SECONDS)
        self._runtime.stop()
        return code

    def _show_first(self) -> None:
        self._flow = LoginFlow(self._core.login, self._runtime)
        self._flow.opened.connect(self._on_opened)
        self._flow.show()
        if self._core.login.state is LoginState.OPEN:
            self._on_opened()

    def _on_opened(self) -> None:
        self._show_window()
        if self._flow is not None:
            self._flow.hide()
            self._flow.deleteLater()
            self._flow = None
        assert self._window is not None
        Operation(self._window, self._runtime, self._core.start)

    def _show_window(self) -> None:
        window_state = self._state
        today = TodayPage()
        directory = DirectoryPage(self._service, self._runtime, window_state)
        parts = self._documents
        documents = DocumentsPage(parts.boxes, parts.drafting, parts.circulating, self._runtime, window_state)
        messages = MessagesPage(self._messaging.conversations, self._runtime, window_state)
        waiting, to_do, unread = Badge(self.qt), Badge(self.qt), Badge(self.qt)
        messages.counted.connect(unread.set_count)
        messages.counted.connect(self._notifier.set_unread)
        messages.news_came.connect(self._notifier.take)
        documents.counted.connect(lambda counts: to_do.set_count(counts[Box.WAITING] + counts[Box.INCOMING]))
        documents.today_read.connect(today.set_documents)
        today.counted.connect(waiting.set_count)
        directory.members_read.connect(today.set_members)
        settings = SettingsPage(window_state)
        areas = (
            Place(AreaKey.TODAY, tr("Today"), Icon.TODAY, waiting, today),
            Place(AreaKey.DOCUMENTS, tr("Documents"), Icon.DOCUMENTS, to_do, documents),
            Place(AreaKey.MESSAGES, tr("Messages"), Icon.MESSAGES, unread, messages),
            Place(AreaKey.DIRECTORY, tr("Address book"), Icon.DIRECTORY, Badge(self.qt), directory),
        )
        window = MainWindow(areas, settings, window_state)
        today.member_opened.connect(lambda _member: window.show_area(AreaKey.DIRECTORY))
        today.document_opened.connect(lambda document: _open_document(window, documents, document))
        window.new_asked.connect(lambda key: _begin(key, documents, messages))
        settings.language_chosen.connect(self._on_language)
        window.status.lock_asked.connect(self._on_lock)
        listen = self._bridge.listen
        listen(window, ConnectionChanged, lambda event: window.status.set_link(event.state))
        listen(window, OutboxChanged, lambda event: window.status.set_outbox(event.pending, event.refused))
        listen(window, SyncProgressed, lambda event: window.status.set_behind(event.latest - event.done))
        listen(
            window,
            NoticeRaised,
            lambda event: window.show_notice(code_notice(event.code, dict(event.params))),
        )
        listen(directory, DirectoryChanged, lambda _event: directory.refresh())
        listen(directory, MembersChanged, lambda _event: directory.refresh())
        listen(documents, DocumentsChanged, lambda _event: documents.refresh())
        listen(messages, ConversationsChanged, lambda _event: messages.refresh())
        listen(documents, DraftsChanged, lambda _event: documents.refresh())
        window.status.set_link(self._core.link.state)
        directory.refresh()
        documents.refresh()
        messages.refresh()
        former, self._window, self._messages = self._window, window, messages
        self._notifier.watch(window)
        window.show()
        if former is not None:
            former.deleteLater()

    def _on_language(self, name: LanguageName) -> None:
        set_language(name)
        self._show_window()

    def _on_notified(self, conversation: str) -> None:
        shown = self._window or self._flow
        if shown is not None:
            shown.setWindowState(shown.windowState() & ~Qt.WindowState.WindowMinimized)
            shown.activateWindow()
        if self._window is not None and self._messages is not None and conversation:
            self._window.show_area(AreaKey.MESSAGES)
            self._messages.show_conversation(conversation)

    def _on_lock(self) -> None:
        assert self._window is not None
        self._notifier.lock()
        if self._messages is not None:
            self._messages.leave()
        Operation(self._window, self._runtime, self._core.lock, on_success=lambda _none: self._on_locked())

    def _on_locked(self) -> None:
        window, self._window, self._messages = self._window, None, None
        self._show_first()
        if window is not None:
            window.hide()
            window.deleteLater()


def _begin(key: AreaKey, documents: DocumentsPage, messages: MessagesPage) -> None:
    """Ctrl+N begins what belongs to the area in view."""
    if key is AreaKey.DOCUMENTS:
        documents.new_document()
    elif key is AreaKey.MESSAGES:
        messages.new_conversation()


def _open_document(window: MainWindow, documents: DocumentsPage, document: str) -> None:
    window.show_area(AreaKey.DOCUMENTS)
    documents.show_document(document)


def start(argv: Sequence[str]) -> Application:
    """Build the application for a profile.

    Raises:
        SystemExit: the profile is in use by another process, or cannot be read; the user was told.
    """
    arguments = _parser().parse_args(argv)
    qt = QApplication.instance()
    qt = qt if isinstance(qt, QApplication) else QApplication(["jinshu"])
    qt.setApplicationName("jinshu")
    profile = arguments.profile or Path(platformdirs.user_data_dir("jinshu", False)) / "profile"
    profile.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = WindowState(profile / "window.ini")
    set_language(LanguageName(arguments.lang) if arguments.lang else chosen_language(state))
    Theme(qt, ThemeChoice(arguments.theme) if arguments.theme else chosen_theme(state))
    try:
        core = CoreClient.open(profile, keyring=PlatformKeyring() if arguments.profile is None else None)
    except JinshuError as error:
        notice = present(error)
        logging.getLogger(__name__).error("cannot open the profile: %s", error.code.value)
        QMessageBox.critical(None, tr("Jinshu"), f"{notice.what}\n\n{notice.do}")
        raise SystemExit(IN_USE) from None
    runtime = CoreRuntime()
    runtime.start()
    return Application(qt, core, runtime, state)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jinshu", description="锦书")
    parser.add_argument("--profile", type=Path, help="本机数据目录 (the profile's folder)")
    parser.add_argument("--lang", choices=[name.value for name in LanguageName])
    parser.add_argument("--theme", choices=[choice.value for choice in ThemeChoice])
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the client; returns its exit code."""
    return start(sys.argv[1:] if argv is None else argv).run()
