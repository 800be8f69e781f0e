"""The row of the meeting this device is in, out of what is known; nothing is decided here."""

from __future__ import annotations

from dataclasses import dataclass

from client.core.names import person_name, post_of
from client.media.sealing import Lock
from client.meetings.doing import Doing
from client.meetings.ledger import Kept
from client.meetings.listing import title_of
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
    doing: Doing
    joined_at: int


def live_row(
    organisation: Organisation, me: str, kept: Kept, sitting: SessionDriver | None, mine: Mine
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
        participants=() if sitting is None else _participants(organisation, kept, sitting),
        tiles=() if sitting is None else _tiles(organisation, sitting),
        speakers=() if sitting is None else sitting.speakers,
        removed=tuple((person, person_name(organisation, person)) for person in sorted(kept.chair.removed)),
        later=kept.acted_later,
    )


def quality_rows(organisation: Organisation, sitting: SessionDriver) -> tuple[QualityRow, ...]:
    """What arrives from whom, and how well; slots whose sender is not known by his key are left out."""
    rows = []
    for figures in sitting.peer.figures():
        stay = sitting.sender_of(figures.kid)
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
    organisation: Organisation, kept: Kept, sitting: SessionDriver
) -> tuple[ParticipantRow, ...]:
    heard = _heard(sitting)
    return tuple(
        _participant(organisation, kept, sitting, stay, heard) for stay in sitting.keys.presence.stays
    )


def _participant(
    organisation: Organisation, kept: Kept, sitting: SessionDriver, stay: Stay, heard: frozenset[str]
) -> ParticipantRow:
    doing = sitting.doing(stay)
    return ParticipantRow(
        device=stay.device,
        person=stay.person,
        name=person_name(organisation, stay.person),
        post=post_of(organisation, stay.person),
        me=stay.id == sitting.me.id,
        chair=stay.person in kept.chair.chairs,
        microphone=doing.microphone,
        camera=doing.camera,
        screen=doing.screen,
        hand=doing.hand,
        speaking=stay.device in heard,
        confirmed=sitting.keys.holds(stay),
    )


def _heard(sitting: SessionDriver) -> frozenset[str]:
    """Devices that are loud right now, by the keys that opened their sound; my own by my microphone."""
    senders = (sitting.sender_of(kid) for kid in sitting.peer.heard())
    heard = {stay.device for stay in senders if stay is not None}
    return frozenset(heard | ({sitting.me.device} if sitting.peer.speaking else set()))


def _tiles(organisation: Organisation, sitting: SessionDriver) -> tuple[TileRow, ...]:
    """Slots that show somebody, named by the key that opened them; one that is locked has no name."""
    tiles = []
    for figures in sitting.peer.figures():
        if figures.mid not in sitting.peer.pictures or figures.lock is Lock.EMPTY:
            continue
        stay = sitting.sender_of(figures.kid)
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
