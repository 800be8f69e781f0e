"""What the pages see of meetings: frozen rows with no key and no connection in them. Times are milliseconds UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.meetings.slots import VIDEO_SLOTS


class MeetingStanding(StrEnum):
    """Where a meeting is in its life."""

    COMING = "coming"
    NOW = "now"  # its time has come, or somebody is in it
    OVER = "over"


class LiveState(StrEnum):
    """How this device is in a meeting."""

    JOINING = "joining"
    WAITING = "waiting"  # it is locked; I come in when a chair unlocks it
    IN = "in"
    REJOINING = "rejoining"  # the connection was lost and is being made anew
    REMOVED = "removed"  # a chair took me out
    ENDED = "ended"
    FAILED = "failed"  # `LiveRow.fault` says why


class Seal(StrEnum):
    """What a tile shows beside its name."""

    EMPTY = "empty"
    OPEN = "open"  # decrypted with its sender's key
    LOCKED = "locked"  # no key for it: nothing is shown or heard


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """One line of the list of meetings."""

    id: str
    conversation: str
    title: str
    chair: str  # name of who leads it
    starts_at: int
    ends_at: int
    standing: MeetingStanding
    mine: bool  # I may chair it
    members: int
    later: bool = False  # a newer program is needed to take part


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """Somebody in the meeting now. What he does is his own word, sealed; that he is there is the server's."""

    device: str
    person: str
    name: str
    post: str
    me: bool
    chair: bool
    microphone: bool
    camera: bool
    screen: bool
    hand: int  # when the hand was raised; 0: it is not
    speaking: bool
    confirmed: bool  # holds the keys of the epoch in force


@dataclass(frozen=True, slots=True)
class TileRow:
    """One picture to show: whose it is, by the key that opened it. `mid`: where its newest frame is found."""

    mid: str
    device: str
    name: str
    screen: bool
    seal: Seal


@dataclass(frozen=True, slots=True)
class View:
    """What this device wants to receive: pins (devices) first, then who speaks; the first `high` of `videos` in full size."""

    pins: tuple[str, ...] = ()
    high: int = 1
    videos: int = VIDEO_SLOTS
    screen: bool = True


class Medium(StrEnum):
    """What arrives from somebody."""

    SOUND = "sound"
    PICTURE = "picture"
    SCREEN = "screen"


@dataclass(frozen=True, slots=True)
class QualityRow:
    """How well somebody's sound or picture arrives, in the slot he is in now."""

    device: str
    name: str
    medium: Medium
    frames: int
    freezes: int  # pauses of more than 500 ms
    frozen_ms: int
    lost: int
    first_frame_ms: int | None  # since he got the slot


@dataclass(frozen=True, slots=True)
class LiveRow:
    """The meeting this device is in, as it is now."""

    meeting: str
    conversation: str
    title: str
    state: LiveState
    fault: str | None  # error code
    locked: bool
    i_chair: bool
    spotlight: str | None  # person
    microphone: bool
    camera: bool
    screen: bool
    hand: bool
    joined_at: int
    participants: tuple[ParticipantRow, ...]
    tiles: tuple[TileRow, ...]
    speakers: tuple[str, ...]  # devices, who spoke last first
    removed: tuple[tuple[str, str], ...] = ()  # people the chairs keep out: id and name
    later: bool = False  # a chair did something that a newer program is needed to read
