"""The composition root: one profile, one core thread, one window; builds, wires, starts, and ends in order."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QMessageBox
from sqlalchemy.exc import SQLAlchemyError

from client.command_line import parse
from client.core.client import CoreClient
from client.core.crash_report import CrashReport, CrashWatch
from client.core.events import (
    ConnectionChanged,
    Locked,
)
from client.core.invitation_file import invitation_text
from client.core.keys.keyring_port import KeyringPort, PlatformKeyring
from client.core.log import ClientLog
from client.core.runtime import CoreRuntime
from client.core.trust.root_file import keep_root
from client.directory.service import DirectoryService
from client.documents.opinions import KeptOpinions
from client.documents.service import Documents
from client.installation import system_words, updates_of
from client.meetings.service import MeetingArea
from client.messaging.service import Messaging
from client.self_test.service import Diagnostics
from client.ui.base.bridge import Bridge
from client.ui.base.catalogue import LanguageName
from client.ui.base.errors import Notice, code_notice, present
from client.ui.base.language import set_language, tr
from client.ui.base.operation import Operation
from client.ui.base.qt_application import end_by_signals, make_qt
from client.ui.base.theme import Theme, Tone
from client.ui.base.window_state import WindowState
from client.ui.desktop.autostart import autostart_here
from client.ui.desktop.handed import Handed
from client.ui.guide.chapters import Chapter
from client.ui.guide.guide_window import GuideWindow
from client.ui.login.flow import LoginFlow
from client.ui.login.installation_sheet import InstallationSheet
from client.ui.meetings.attending import Attending
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.devices.later import DevicesLater
from client.ui.meetings.services import Devices
from client.ui.settings.choices import (
    chosen_detail,
    chosen_idle_minutes,
    chosen_language,
    chosen_theme,
    keep_telling_crashes,
    tells_crashes,
)
from client.ui.settings.services import About, Autostart, Desktop, SettingsServices
from client.ui.window.crash_bar import crash_notice
from client.ui.window.desk import Desk, Services
from client.ui.window.desktop_life import DesktopLife
from client.ui.window.idle_watch import IdleWatch
from client.ui.window.notifier import Notifier
from client.updates.handover import StartedSignal
from client.updates.installers import Installer, installer_here
from client.updates.journal import UpdateJournal
from client.updates.profile_folder import profile_folder
from client.updates.updates import ReadyUpdate
from protocol.errors import ErrorCode, JinshuError
from protocol.release import RELEASE

IN_USE = 3
_STOP_SECONDS = 10
_log = logging.getLogger(__name__)


class Application:
    """Either the login pages or the main window is there; closed, it goes on in the tray or ends the program (`WindowHost`)."""

    def __init__(
        self,
        qt: QApplication,
        core: CoreClient,
        runtime: CoreRuntime,
        state: WindowState,
        log: ClientLog,
        watch: CrashWatch,
        devices: Devices | None = None,
        installer: Installer | None = None,
        autostart: Autostart | None = None,
        *,
        hidden: bool = False,
    ) -> None:
        self.qt = qt
        # What is open beside the window, the guide say, is not what keeps the program running.
        qt.setQuitOnLastWindowClosed(False)
        self._over = False
        # Whatever listens to the desktop, to Qt's application or to the core, and ends with this one.
        self._listeners = QObject(qt)
        # Another version was installed in this one's place, and is to be run when this one has ended.
        self.replaced = False
        self._installer = installer
        self._journal = UpdateJournal(core.paths.root, RELEASE)
        self._started = StartedSignal(os.environ)
        self._opened = False
        self._updates = updates_of(core, installer, self._journal)
        self._core = core
        self.runtime = runtime
        self._state = state
        self._log = log
        self._watch = watch
        # Until he has answered, or wanted none from the beginning.
        self._crash: CrashReport | None = watch.found if tells_crashes(state) else None
        self.meetings = MeetingArea(core).meetings
        self._opinions = KeptOpinions(core.settings)
        there = DevicesLater(self._listeners) if devices is None else devices
        choice, directory = DeviceChoice(state), DirectoryService.of(core)
        self._bridge = Bridge(core.bus, self._listeners)
        life = self._life = DesktopLife(
            core.paths.root, state, self._in_meeting, self._bridge, self._listeners, hidden=hidden
        )
        life.ended.connect(self._on_ended)
        life.quit_asked.connect(self._on_quit)
        life.withdrawn.connect(self._on_withdrawn)
        life.lock_asked.connect(self._lock)
        life.handed.connect(self._on_handed)
        documents = Documents(core)
        self._services = Services(
            directory=directory,
            documents=documents,
            conversations=Messaging(core).conversations,
            meetings=self.meetings,
            attending=Attending(self.meetings, there, choice, runtime, self._listeners),
            settings=SettingsServices(
                core.login,
                directory,
                documents.seals,
                there,
                choice,
                self._about(),
                self._diagnostics(directory),
                self._updates,
                Desktop(life.tray.look, autostart, tells_lock=os.name == "posix"),
            ),
        )
        self._notifier = Notifier(life.tray, state, self._listeners)
        self._notifier.opened.connect(self._on_notified)
        self._bridge.listen(self._notifier, Locked, lambda _event: self._notifier.lock())
        self._bridge.listen(
            self._notifier, ConnectionChanged, lambda event: self._notifier.set_link(event.state)
        )
        self._flow: LoginFlow | None = None
        self._desk: Desk | None = None
        self._leaving: Operation[None] | None = None
        self._guide: GuideWindow | None = None
        self._idle = IdleWatch(
            lambda: chosen_idle_minutes(state), self._in_meeting, core.clock, self._listeners
        )
        self._idle.expired.connect(self._on_idle)
        qt.applicationStateChanged.connect(self._on_state)
        end_by_signals(qt, self._listeners)
        flow = self._show_first()
        if self._crash is not None:
            flow.say(crash_notice(self._crash, tr("You can read the report once you are in.")))
        flow.open_by_keyring()

    def take(self, invitation_text: str) -> None:
        """An invitation was opened with the program, or with a later start of it.

        Args:
            invitation_text: a link, or what a `.jinshu` file holds; whatever is wrong with it is said where the user looks.
        """
        if self._flow is not None:
            self._flow.take(invitation_text)
        else:
            self._say(code_notice(ErrorCode.AUTH_INVITATION_IDLE))

    def take_given(self, given: str) -> None:
        """The same with what stands on the command line: a link, or the path of a file."""
        try:
            self.take(invitation_text(given))
        except JinshuError as error:
            self._say(present(error))

    def run(self) -> int:
        """Until it is ended: by its user, a signal, or the end of the session."""
        code = self.qt.exec()
        # From here nothing may be asked of the core by a timer or by the desktop.
        self._over = True
        self._life.close()
        self.qt.applicationStateChanged.disconnect(self._on_state)
        self._idle.stop()
        if self._guide is not None:
            self._guide.close()
        desk, self._desk = self._desk, None
        if desk is not None:
            opinions = desk.opinions
            desk.window.end()
            self.runtime.submit(self._keep(opinions)).result(_STOP_SECONDS)
        self._bridge.close()
        self._listeners.deleteLater()
        self.qt.setQuitOnLastWindowClosed(True)
        if not (self._opened or self._core.login.broken):
            self._journal.end()
        self.runtime.submit(self._core.stop()).result(_STOP_SECONDS)
        self.runtime.stop()
        _log.info("ended with %d", code)
        self._watch.close()
        self._log.close()
        return code

    def _about(self) -> About:
        paths = self._core.paths
        return About(
            version("jinshu"),
            system_words(),
            self._core.login.server,
            paths.root,
            paths.log,
            lambda on: self._log.set_detailed(on=on),
            lambda: self._show_guide(Chapter.INSTALL),
        )

    def _diagnostics(self, directory: DirectoryService) -> Diagnostics:
        async def root() -> str:
            return (await directory.trust()).root_fingerprint

        core = self._core
        return Diagnostics(
            core.paths.root, core.paths.log, lambda: core.login.server, root, system_words(), core.clock
        )

    def _show_first(self) -> LoginFlow:
        flow = self._flow = LoginFlow(self._core.login, self.runtime)
        flow.opened.connect(self._on_opened)
        flow.help_asked.connect(self._show_guide)
        self._life.host(flow)
        return flow

    def _on_opened(self) -> None:
        self._show_window()
        if self._flow is not None:
            self._flow.hide()
            self._flow.deleteLater()
            self._flow = None
        assert self._desk is not None
        # Before anything connects: from here on the store is more than any copy of it (DECISIONS 38).
        self._journal.complete()
        self._started.give()
        self._opened = True
        failed = self._journal.untold()
        if failed:
            self._desk.window.show_notice(code_notice(ErrorCode.UPDATES_WENT_BACK, {"version": failed}))
        Operation(self._desk.window, self.runtime, self._begin)
        self._idle.start()

    async def _begin(self) -> None:
        await self._core.start()
        try:
            await asyncio.to_thread(
                keep_root, self._core.paths.root_certificate, self._core.directory.trust.root
            )
        except OSError as error:
            _log.warning("the root certificate was not written down: %s", type(error).__name__)
        self._core.tasks.start("updates", self._updates.run())

    def _show_window(self) -> None:
        former = self._desk
        written = None if former is None else former.opinions
        # Said anew: before the enrolment there was no server.
        settings = replace(self._services.settings, about=self._about())
        services = replace(self._services, settings=settings)
        desk = self._desk = Desk(
            services, self.runtime, self._bridge, self._notifier, self._state, self._core.link.state
        )
        desk.language_chosen.connect(self._on_language)
        desk.lock_asked.connect(self._on_lock)
        self._tell_crash(desk)
        desk.window.help_asked.connect(self._show_guide)
        desk.install_asked.connect(self._on_install)
        self._life.host(desk.window)
        if former is None or written is None:
            Operation(desk.window, self.runtime, self._opinions.load, on_success=desk.put_back)
        else:
            desk.put_back(written)
            former.window.deleteLater()

    def _tell_crash(self, desk: Desk) -> None:
        # In each window until it is answered; in no later run.
        if self._crash is not None:
            desk.window.crash.answered.connect(self._on_crash_answered)
            desk.window.crash.silenced.connect(lambda: keep_telling_crashes(self._state, on=False))
            desk.window.crash.show_report(self._crash)
        self._watch.told()

    def _on_crash_answered(self) -> None:
        self._crash = None

    def _show_guide(self, chapter: Chapter) -> None:
        """One window, made at the first need."""
        if self._guide is None:
            self._guide = GuideWindow()
        self._guide.show_chapter(chapter)

    def _on_language(self, name: LanguageName) -> None:
        set_language(name)
        if self._guide is not None:
            self._guide.close()
            self._guide.deleteLater()
            self._guide = None
        self._show_window()

    def _on_notified(self, subject: str) -> None:
        self._life.present()
        if self._desk is not None and subject:
            self._desk.show_subject(subject)

    def _on_state(self, state: Qt.ApplicationState) -> None:
        # He comes back to it, perhaps with the computer out of its sleep: the pause between tries is not for him.
        if self._desk is not None and state is Qt.ApplicationState.ApplicationActive:
            Operation(self._desk.window, self.runtime, self._core.reconnect)

    def _on_idle(self) -> None:
        _log.info("nobody used the program for a while")
        what = tr("Jinshu locked itself: nobody used it for a while.")
        self._lock(Notice(what, tr("Enter the passphrase."), tone=Tone.WAITING))

    def _on_lock(self) -> None:
        self._lock(None)

    def _on_ended(self) -> None:
        if not self._over:
            self.qt.exit()

    def _on_quit(self) -> None:
        """Out of the tray. A chair is asked in the window what becomes of the meeting."""
        if self._desk is not None and not self._desk.window.may_close():
            self._life.present()
            return
        self._on_ended()

    def _on_withdrawn(self) -> None:
        if self._desk is not None:
            self._desk.window.keep_state()
            self._desk.leave_meeting()

    def _on_handed(self, handed: Handed) -> None:
        """A later start ended and left this."""
        self._life.present(handed.token)
        if handed.invitation:
            self.take(handed.invitation)
        elif handed.fault in set(ErrorCode):
            self._say(code_notice(ErrorCode(handed.fault)))

    def _say(self, notice: Notice) -> None:
        if self._flow is not None:
            self._flow.say(notice)
        elif self._desk is not None:
            self._desk.window.show_notice(notice)

    def _in_meeting(self) -> bool:
        return self._desk is not None and self._desk.in_meeting

    def _on_install(self) -> None:
        if self._desk is not None:
            Operation(self._desk.window, self.runtime, self._updates.ready, on_success=self._on_ready)

    def _on_ready(self, update: ReadyUpdate) -> None:
        self._close_desk(lambda: self._install(update))

    def _install(self, update: ReadyUpdate) -> None:
        """The store is closed, the profile still ours: nothing else can open it meanwhile."""
        installer = self._installer
        assert installer is not None, "`ready` refuses where there is none"
        sheet = InstallationSheet(update.version)
        self._life.hold(sheet)
        desk, self._desk = self._desk, None
        if desk is not None:
            desk.window.hide()
            desk.window.deleteLater()

        async def install() -> None:
            await asyncio.to_thread(
                self._journal.install,
                update.version,
                update.former,
                lambda: installer.install(update.package, update.version),
            )

        def done(_none: None) -> None:
            self.replaced = True
            sheet.done()
            self.qt.exit()

        def failed(error: BaseException) -> None:
            self._on_locked(present(error))
            sheet.done()

        Operation(sheet, self.runtime, install, on_success=done, on_failure=failed)

    def _lock(self, why: Notice | None) -> None:
        self._close_desk(lambda: self._on_locked(why))

    def _close_desk(self, closed: Callable[[], None]) -> None:
        """Keep what is half written, and close the store; nothing to do where that is done or under way."""
        if self._desk is None or (self._leaving is not None and self._leaving.busy):
            return
        self._idle.stop()
        self._life.forget()
        self._notifier.lock()
        self._desk.leave()
        opinions = self._desk.opinions

        async def keep_and_lock() -> None:
            await self._keep(opinions)
            await self._core.lock()

        self._leaving = Operation(
            self._desk.window, self.runtime, keep_and_lock, on_success=lambda _none: closed()
        )

    async def _keep(self, opinions: Mapping[str, str]) -> None:
        """What is half written, on disk. A full disk must not keep it from locking or ending."""
        try:
            await self._opinions.keep(opinions)
        except (JinshuError, OSError, SQLAlchemyError) as error:
            _log.error("half-written opinions were not kept: %s", type(error).__name__)

    def _on_locked(self, why: Notice | None) -> None:
        desk, self._desk = self._desk, None
        flow = self._show_first()
        if why is not None:
            flow.say(why)
        if desk is not None:
            desk.window.hide()
            desk.window.deleteLater()


def start(
    argv: Sequence[str],
    devices: Devices | None = None,
    keyring: KeyringPort | None = None,
    installer: Installer | None = None,
) -> Application:
    """Build the application for a profile.

    Args:
        argv: the command line without the program's name.
        devices: others than this computer's, for meetings.
        keyring: another than this desktop's. A profile in a folder of its own (`--profile`) leaves the desktop's alone.
        installer: another than the one this program was installed by.

    Raises:
        SystemExit: the profile is in use by another process, or cannot be read; the user was told.
    """
    arguments = parse(argv)
    qt, input_method = make_qt()
    profile = profile_folder(argv)
    profile.mkdir(mode=0o700, parents=True, exist_ok=True)
    state = WindowState(profile / "window.ini")
    set_language(arguments.language or chosen_language(state))
    Theme(qt, arguments.theme or chosen_theme(state))
    if keyring is None and arguments.profile is None:
        keyring = PlatformKeyring()
    try:
        core = CoreClient.open(profile, keyring=keyring)
    except JinshuError as error:
        notice = present(error)
        _log.error("cannot open the profile: %s", error.code.value)
        _tell(f"{notice.what}\n\n{notice.do}")
        raise SystemExit(IN_USE) from None
    # Only who holds the profile's lock writes its log.
    log = ClientLog.open(core.paths.log)
    log.set_detailed(on=chosen_detail(state))
    _log.info("version %s on %s", version("jinshu"), system_words())
    watch = CrashWatch.open(core.paths.log, version("jinshu"), system_words(), core.clock)
    if input_method.replaced:
        _log.info("no plugin for the input method %r: %r is used", input_method.named, input_method.used)
    runtime = CoreRuntime()
    runtime.start()
    # A profile in a folder of its own leaves the desktop's sign-in alone, too.
    autostart = autostart_here() if arguments.profile is None else None
    application = Application(
        qt,
        core,
        runtime,
        state,
        log,
        watch,
        devices,
        installer or installer_here(),
        autostart,
        hidden=arguments.hidden,
    )
    if arguments.opened is not None:
        application.take_given(arguments.opened)
    return application


def _tell(words: str) -> None:
    """Say, before there is a window, why there will be none."""
    box = QMessageBox(QMessageBox.Icon.Critical, tr("Jinshu"), "", QMessageBox.StandardButton.Ok)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(words)
    box.exec()
