"""Everything on screen while the store is open: the pages over their services, in one window, told of what the core says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from client.core.events import (
    ConnectionChanged,
    ConversationsChanged,
    DirectoryChanged,
    DocumentsChanged,
    DraftsChanged,
    IndexMoved,
    KeysReceived,
    LinkState,
    LiveMeetingChanged,
    LogAged,
    MeetingsChanged,
    MembersChanged,
    NoticeRaised,
    OutboxChanged,
    OwnDeviceAppeared,
    SyncProgressed,
    UpdatesChanged,
)
from client.directory.rows import PersonCard, RecoveryRow
from client.documents.rows import Box
from client.ui.base.bridge import Bridge
from client.ui.base.errors import Notice, code_notice
from client.ui.base.icons import Icon
from client.ui.base.language import enumerated, tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.base.window_state import WindowState
from client.ui.directory.page import Directory, DirectoryPage
from client.ui.documents.page import DocumentsPage
from client.ui.documents.services import Boxes, Circulation, Drafting, Reader
from client.ui.meetings.attending import Attending
from client.ui.meetings.page import MeetingsPage
from client.ui.meetings.services import Meetings
from client.ui.messaging.beside import TalkBeside
from client.ui.messaging.page import MessagesPage
from client.ui.messaging.services import Conversations
from client.ui.settings.page import SettingsPage
from client.ui.settings.services import SettingsServices
from client.ui.today.page import TodayPage
from client.ui.window.area import AreaKey, Badge
from client.ui.window.main_window import MainWindow
from client.ui.window.notifier import Notifier
from client.updates.rows import UpdateRow
from protocol.directory.age import LogAge
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind


class DocumentServices(Protocol):
    """The sides of documents."""

    @property
    def boxes(self) -> Boxes: ...
    @property
    def drafting(self) -> Drafting: ...
    @property
    def reader(self) -> Reader: ...
    @property
    def circulating(self) -> Circulation: ...


class WholeDirectory(Directory, Protocol):
    """What the page asks for, and what the window does: the age of it all."""

    async def age(self) -> LogAge: ...
    async def confirm_clock(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the pages draw and start."""

    directory: WholeDirectory
    documents: DocumentServices
    conversations: Conversations
    meetings: Meetings
    attending: Attending
    settings: SettingsServices


@dataclass(frozen=True, slots=True)
class Place:
    """An area's place on the rail."""

    key: AreaKey
    title: str
    icon: Icon
    badge: Badge
    widget: QWidget


class Desk(QObject):
    """Made when the store opens, and anew when the language changes.

    Signals: `language_chosen` (LanguageName), `lock_asked`, `install_asked` (install the version that is here, and open again).
    """

    language_chosen = Signal(object)
    lock_asked = Signal()
    install_asked = Signal()

    def __init__(
        self,
        services: Services,
        runner: CoreRunner,
        bridge: Bridge,
        notifier: Notifier,
        state: WindowState,
        link: LinkState,
    ) -> None:
        super().__init__()
        self._services = services
        self._runner = runner
        self._notifier = notifier
        self._bridge = bridge
        parts = services.documents
        self._today = TodayPage()
        self._documents = DocumentsPage(
            parts.boxes, parts.drafting, parts.reader, parts.circulating, runner, state
        )
        self._messages = MessagesPage(services.conversations, runner, state)
        self._meetings = MeetingsPage(
            services.meetings, services.conversations, services.attending, self._talk_for, runner, state
        )
        self._directory = DirectoryPage(services.directory, runner, state)
        self._settings = SettingsPage(services.settings, runner, state)
        self.window = MainWindow(self._places(), self._settings, state)
        self.setParent(self.window)
        self._connect()
        self._listen(bridge)
        self.window.status.set_link(link)
        for page in (self._directory, self._documents, self._messages, self._meetings, self._settings):
            page.refresh()
        self._say_who()
        self._say_keys()
        self._say_age()
        self._say_update()
        self._meetings.refresh_live()
        notifier.watch(self.window)

    def show_subject(self, subject: str) -> None:
        """What a notification was of."""
        if subject.startswith(IdKind.MEETING.value):
            self._on_meeting_opened(subject)
        else:
            self.show_conversation(subject)

    def show_conversation(self, conversation: str) -> None:
        self.window.show_area(AreaKey.MESSAGES)
        self._messages.show_conversation(conversation)

    @property
    def in_meeting(self) -> bool:
        """Somebody is seen and heard in a meeting, with or without a hand on the mouse."""
        return self._meetings.in_meeting

    @property
    def opinions(self) -> dict[str, str]:
        """By document, what was written and not given yet."""
        return self._documents.opinions.typed

    def put_back(self, opinions: Mapping[str, str]) -> None:
        """Bring back what was half written before the lock."""
        self._documents.opinions.put_back(opinions)

    def leave_meeting(self) -> None:
        """The window goes: nobody is heard or seen by a program that he does not see himself."""
        if self._meetings.in_meeting:
            self._services.attending.leave()

    def leave(self) -> None:
        """The store closes: what is half written is kept, and nothing that was said stays on screen."""
        self._messages.leave()
        self._documents.leave()
        self.leave_meeting()

    def _places(self) -> tuple[Place, ...]:
        waiting, to_do, unread, on = (Badge(self) for _ in range(4))
        self._messages.counted.connect(unread.set_count)
        self._documents.counted.connect(
            lambda counts: to_do.set_count(counts[Box.WAITING] + counts[Box.INCOMING])
        )
        self._today.counted.connect(waiting.set_count)
        self._meetings.counted.connect(on.set_count)
        return (
            Place(AreaKey.TODAY, tr("Today"), Icon.TODAY, waiting, self._today),
            Place(AreaKey.DOCUMENTS, tr("Documents"), Icon.DOCUMENTS, to_do, self._documents),
            Place(AreaKey.MESSAGES, tr("Messages"), Icon.MESSAGES, unread, self._messages),
            Place(AreaKey.MEETINGS, tr("Meetings"), Icon.MEETINGS, on, self._meetings),
            Place(AreaKey.DIRECTORY, tr("Address book"), Icon.DIRECTORY, Badge(self), self._directory),
        )

    def _connect(self) -> None:
        self._messages.counted.connect(self._notifier.set_unread)
        self._messages.news_came.connect(self._notifier.take)
        self._meetings.news_came.connect(self._notifier.take)
        self._documents.today_read.connect(self._today.set_documents)
        self._meetings.rows_read.connect(self._today.set_meetings)
        self._messages.rows_read.connect(self._today.set_conversations)
        self._messages.rows_read.connect(self._meetings.set_conversations)
        self._today.meeting_opened.connect(self._on_meeting_opened)
        self._today.conversation_opened.connect(self.show_conversation)
        self._messages.meeting_asked.connect(self._on_meeting_asked)
        self._directory.members_read.connect(self._today.set_members)
        self._today.member_opened.connect(lambda _member: self.window.show_area(AreaKey.DIRECTORY))
        self._today.document_opened.connect(self._on_document_opened)
        self.window.new_asked.connect(self._on_new_asked)
        self.window.may_close = self._may_close
        self._settings.language_chosen.connect(self.language_chosen)
        self.window.status.lock_asked.connect(self.lock_asked)
        self.window.age.clock_confirmed.connect(self._on_clock_confirmed)
        self.window.update_bar.wanted.connect(self._on_update_wanted)
        self.window.update_bar.put_off.connect(self._on_update_put_off)
        self._settings.install_asked.connect(self._on_install_asked)

    def _listen(self, bridge: Bridge) -> None:
        window, listen = self.window, bridge.listen
        listen(window, ConnectionChanged, lambda event: window.status.set_link(event.state))
        listen(window, OutboxChanged, lambda event: window.status.set_outbox(event.pending, event.refused))
        listen(window, SyncProgressed, lambda event: window.status.set_behind(event.latest - event.done))
        listen(window, IndexMoved, self._on_index_moved)
        listen(window, NoticeRaised, self._on_notice)
        listen(window, UpdatesChanged, lambda _event: self._say_update())
        listen(window, LogAged, lambda event: window.age.show_age(event.age))
        listen(self._directory, DirectoryChanged, lambda _event: self._directory.refresh())
        listen(self._directory, MembersChanged, lambda _event: self._directory.refresh())
        listen(self._settings, MembersChanged, lambda _event: self._settings.refresh())
        listen(self._settings, KeysReceived, lambda _event: self._settings.refresh())
        listen(window, OwnDeviceAppeared, lambda _event: self._on_own_device())
        listen(self._documents, DirectoryChanged, lambda _event: self._documents.refresh())
        listen(self._documents, DocumentsChanged, lambda _event: self._documents.refresh())
        listen(self._documents, DraftsChanged, lambda _event: self._documents.refresh())
        listen(
            self._messages,
            ConversationsChanged,
            lambda event: self._messages.refresh_changed(event.conversations),
        )
        listen(self._meetings, MeetingsChanged, lambda _event: self._meetings.refresh())
        listen(self._meetings, LiveMeetingChanged, lambda _event: self._meetings.refresh_live())

    def _say_who(self) -> None:
        def shown(card: PersonCard) -> None:
            self.window.rail.set_me(card.person.name, enumerated(card.person.posts))

        Operation(self.window, self._runner, self._services.settings.own_devices.me, on_success=shown)

    def _say_keys(self) -> None:
        """On a further device nothing sealed to its person opens yet: where to bring the keys is said at once."""

        def known(row: RecoveryRow) -> None:
            if row.recoverable:
                what = tr("Your keys are not on this computer yet")
                do = tr(
                    "Open Settings, My devices: enter your recovery code there, or agree on another of your devices."
                )
                self.window.show_notice(Notice(what, do, tone=Tone.WAITING))

        Operation(self.window, self._runner, self._services.settings.own_devices.recovery, on_success=known)

    def _on_own_device(self) -> None:
        what = tr("A new device has been enrolled in your name.")
        do = tr(
            "If it is yours, agree under Settings, My devices. If not, tell your operator at once: it reads nothing until you agree."
        )
        self.window.show_notice(Notice(what, do, tone=Tone.WAITING))

    def _talk_for(self, conversation: str, parent: QWidget) -> TalkBeside:
        talk = TalkBeside(self._services.conversations, self._runner, conversation, parent)
        self._bridge.listen(
            talk, ConversationsChanged, lambda event: talk.refresh_changed(event.conversations)
        )
        return talk

    def _on_index_moved(self, event: IndexMoved) -> None:
        self.window.status.set_indexed(event.done, event.total)
        self._messages.set_indexing(on=event.done < event.total)

    def _say_age(self) -> None:
        Operation(
            self.window, self._runner, self._services.directory.age, on_success=self.window.age.show_age
        )

    def _say_update(self) -> None:
        def shown(row: UpdateRow) -> None:
            self.window.update_bar.show_row(row)
            self._settings.show_update(row)

        Operation(self.window, self._runner, self._services.settings.updates.state, on_success=shown)

    def _on_update_wanted(self) -> None:
        self.window.show_settings()
        self._settings.begin_update()

    def _on_update_put_off(self) -> None:
        Operation(self.window, self._runner, self._services.settings.updates.put_off)

    def _on_install_asked(self) -> None:
        """Nobody is taken out of a meeting by an update."""
        if self._meetings.in_meeting:
            what = tr("You are in a meeting.")
            self.window.show_notice(Notice(what, tr("Update when it is over."), tone=Tone.WAITING))
            return
        self.install_asked.emit()

    def _on_clock_confirmed(self) -> None:
        Operation(self.window, self._runner, self._services.directory.confirm_clock)

    def _on_notice(self, event: NoticeRaised) -> None:
        if event.code is ErrorCode.DIRECTORY_OVERDUE:
            return  # it stands above all pages, with its day
        notice = code_notice(event.code, dict(event.params))
        # What concerns the meeting is said in it: full screen has no window around it.
        if event.code.value.startswith("meetings.") and self._meetings.in_meeting:
            self._meetings.show_notice(notice)
        else:
            self.window.show_notice(notice)

    def _may_close(self) -> bool:
        """A chair is not lost by closing the window."""
        if not self._meetings.ask_before_leaving():
            return True
        self.window.show_area(AreaKey.MEETINGS)
        return False

    def _on_new_asked(self, key: AreaKey) -> None:
        """Ctrl+N begins what belongs to the area in view."""
        begins = {
            AreaKey.DOCUMENTS: self._documents.new_document,
            AreaKey.MESSAGES: self._messages.new_conversation,
            AreaKey.MEETINGS: self._meetings.new_meeting,
        }
        if key in begins:
            begins[key]()

    def _on_meeting_opened(self, meeting: str) -> None:
        self.window.show_area(AreaKey.MEETINGS)
        self._meetings.show_meeting(meeting)

    def _on_meeting_asked(self, conversation: str) -> None:
        self.window.show_area(AreaKey.MEETINGS)
        self._meetings.call_in(conversation)

    def _on_document_opened(self, document: str) -> None:
        self.window.show_area(AreaKey.DOCUMENTS)
        self._documents.show_document(document)
