"""What happened in the core, as frozen facts: the only thing the interface hears from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.directory.age import LogAge
from protocol.errors import ErrorCode


class LinkState(StrEnum):
    """How the server is reached right now."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    ONLINE = "online"  # pushed to
    POLLING = "polling"  # reachable, but without the push channel


class LoginState(StrEnum):
    """How far a profile is on its way from an empty folder to an open store."""

    NEW = "new"
    WAITING = "waiting"
    UNPROTECTED = "unprotected"
    LOCKED = "locked"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events."""


@dataclass(frozen=True, slots=True)
class ConnectionChanged(Event):
    state: LinkState


@dataclass(frozen=True, slots=True)
class SyncProgressed(Event):
    done: int
    latest: int


@dataclass(frozen=True, slots=True)
class DirectoryChanged(Event):
    size: int


@dataclass(frozen=True, slots=True)
class DocumentsChanged(Event):
    objects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConversationsChanged(Event):
    conversations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MeetingsChanged(Event):
    """The list of meetings is different."""


@dataclass(frozen=True, slots=True)
class LiveMeetingChanged(Event):
    """The meeting this device is in is different: who is there, who speaks, what is shown, or that it is over."""


@dataclass(frozen=True, slots=True)
class DraftsChanged(Event):
    """The list of drafts or one of them is different."""


@dataclass(frozen=True, slots=True)
class OutboxChanged(Event):
    pending: int
    refused: int


@dataclass(frozen=True, slots=True)
class MembersChanged(Event):
    """Who waits for my confirmation may be different."""


@dataclass(frozen=True, slots=True)
class KeysReceived(Event):
    """This device holds keys of principals it did not hold before: what was sealed to them can be opened."""


@dataclass(frozen=True, slots=True)
class PrekeyUsed(Event):
    """Somebody opened a channel to this device: the server has one prekey less of it."""


@dataclass(frozen=True, slots=True)
class OwnDeviceAppeared(Event):
    """The log shows a device of mine that this one did not make."""

    device: str


@dataclass(frozen=True, slots=True)
class Locked(Event):
    """The store is closed and its key dropped."""


@dataclass(frozen=True, slots=True)
class Unlocked(Event):
    """The store is open."""


@dataclass(frozen=True, slots=True)
class EnrolmentChanged(Event):
    state: LoginState


@dataclass(frozen=True, slots=True)
class TransferProgressed(Event):
    blob: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class IndexMoved(Event):
    """So much of a search index that an earlier version made is in the new one; what is not cannot be found yet."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class UpdatesChanged(Event):
    """What is known of newer versions, or how far one is on its way here, is different."""


@dataclass(frozen=True, slots=True)
class LogAged(Event):
    """The directory log's age (C45) has another consequence than before."""

    age: LogAge


@dataclass(frozen=True, slots=True)
class NoticeRaised(Event):
    """Something the user should know; the sentence is in the translations under `code`."""

    code: ErrorCode
    params: tuple[tuple[str, str], ...] = ()
