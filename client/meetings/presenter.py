"""The row of the meeting this device is in, out of what is known; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass

from client.core.names import person_name, post_of
from client.media.sealing import Lock
from client.meetings.ledger import Kept
from client.meetings.media_state import MediaState
from client.meetings.meeting_list import title_of
from client.meetings.presence import Stay
from client.meetings.rows import LiveRow, LiveState, Medium, ParticipantRow, QualityRow, Seal, TileRow
from client.meetings.session_driver import SessionDriver
from protocol.crypto.frames import Stream
from protocol.directory.organisation import Organisation

_MEDIA = {Stream.AUDIO: Medium.SOUND, Stream.SCREEN: Medium.SCREEN}
_SEALS = {Lock.EMPTY: Seal.EMPTY, Lock.OPEN: Seal.OPEN, Lock.LOCKED: Seal.LOCKED}


@dataclass(frozen=True, slots=True)
class Mine:
    """What this device knows of itself in the meeting."""

    state: LiveState
    fault: str | None
    doing: MediaState
    joined_at: int


def live_row(
    organisation: Organisation, me: str, kept: Kept, driver: SessionDriver | None, mine: Mine
) -> LiveRow:
    """The meeting as it is now; `me`: the person of this device."""
    return LiveRow(
        meeting=kept.id,
        conversation=kept.conversation,
        title=title_of(organisation, me, kept),
        state=mine.state,
        fault=mine.fault,
        locked=kept.chair.locked,
        i_chair=me in kept.chair.chairs,
        spotlight=kept.chair.spotlight,
        microphone=mine.doing.microphone,
        camera=mine.doing.camera,
        screen=mine.doing.screen,
        hand=bool(mine.doing.hand),
        joined_at=mine.joined_at,
        participants=() if driver is None else _participants(organisation, kept, driver),
        tiles=() if driver is None else _tiles(organisation, driver),
        speakers=() if driver is None else driver.speakers,
        removed=tuple((person, person_name(organisation, person)) for person in sorted(kept.chair.removed)),
        later=kept.acted_later,
    )


def quality_rows(organisation: Organisation, driver: SessionDriver) -> tuple[QualityRow, ...]:
    """What arrives from whom, and how well; slots whose sender is not known by his key are left out."""
    rows = []
    for figures in driver.peer.figures():
        stay = driver.sender_of(figures.kid)
        if stay is None or figures.kid is None:
            continue
        medium = _MEDIA.get(Stream(figures.kid & 7), Medium.PICTURE)
        rows.append(
            QualityRow(
                device=stay.device,
                name=person_name(organisation, stay.person),
                medium=medium,
                frames=figures.frames,
                freezes=figures.freezes,
                frozen_ms=figures.frozen_ms,
                lost=figures.lost,
                first_frame_ms=figures.first_frame_ms,
            )
        )
    return tuple(rows)


def _participants(
    organisation: Organisation, kept: Kept, driver: SessionDriver
) -> tuple[ParticipantRow, ...]:
    heard = _heard(driver)
    return tuple(_participant(organisation, kept, driver, stay, heard) for stay in driver.keys.presence.stays)


def _participant(
    organisation: Organisation, kept: Kept, driver: SessionDriver, stay: Stay, heard: frozenset[str]
) -> ParticipantRow:
    doing = driver.doing(stay)
    return ParticipantRow(
        device=stay.device,
        person=stay.person,
        name=person_name(organisation, stay.person),
        post=post_of(organisation, stay.person),
        me=stay.id == driver.me.id,
        chair=stay.person in kept.chair.chairs,
        microphone=doing.microphone,
        camera=doing.camera,
        screen=doing.screen,
        hand=doing.hand,
        speaking=stay.device in heard,
        confirmed=driver.keys.holds(stay),
    )


def _heard(driver: SessionDriver) -> frozenset[str]:
    """Devices that are loud right now, by the keys that opened their sound; my own by my microphone."""
    senders = (driver.sender_of(kid) for kid in driver.peer.heard())
    heard = {stay.device for stay in senders if stay is not None}
    return frozenset(heard | ({driver.me.device} if driver.peer.speaking else set()))


def _tiles(organisation: Organisation, driver: SessionDriver) -> tuple[TileRow, ...]:
    """Slots that show somebody, named by the key that opened them; one that is locked has no name."""
    tiles = []
    for figures in driver.peer.figures():
        if figures.mid not in driver.peer.pictures or figures.lock is Lock.EMPTY:
            continue
        stay = driver.sender_of(figures.kid)
        screen = figures.kid is not None and figures.kid & 7 == Stream.SCREEN
        tiles.append(
            TileRow(
                mid=figures.mid,
                device="" if stay is None else stay.device,
                name="" if stay is None else person_name(organisation, stay.person),
                screen=screen,
                seal=_SEALS[figures.lock],
            )
        )
    return tuple(tiles)
