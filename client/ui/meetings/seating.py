"""Who has a tile, and where: pure decisions over the row of the meeting, so that tiles never jump about without reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from client.meetings.rows import LiveRow, ParticipantRow, Seal, TileRow


class Arrangement(StrEnum):
    """How tiles share the room."""

    GRID = "grid"
    SPEAKER = "speaker"


@dataclass(frozen=True, slots=True)
class Seat:
    """One tile: somebody, the screen somebody shows, or a picture nobody here can open."""

    key: str
    device: str
    person: str
    name: str
    post: str
    mid: str | None  # where its picture is
    screen: bool
    seal: Seal
    me: bool
    chair: bool
    microphone: bool
    speaking: bool
    hand: int  # place in the queue, from 1; 0: not raised
    pinned: bool


@dataclass(frozen=True, slots=True)
class Table:
    """What the room shows: one large, others small; `more` had no room."""

    stage: Seat | None
    seats: tuple[Seat, ...]
    more: int


def hands(live: LiveRow) -> tuple[ParticipantRow, ...]:
    """Those who want to speak, who asked first first."""
    raised = [row for row in live.participants if row.hand]
    return tuple(sorted(raised, key=lambda row: (row.hand, row.device)))


def screen_key(tile: TileRow) -> str:
    return f"screen:{tile.device or tile.mid}"


def seats_of(live: LiveRow, pins: Sequence[str]) -> tuple[Seat, ...]:
    """Everybody and everything that could have a tile."""
    queue = {row.device: place for place, row in enumerate(hands(live), start=1)}
    shown = [tile for tile in live.tiles if tile.seal is not Seal.EMPTY]
    faces = {tile.device: tile for tile in shown if not tile.screen and tile.device}
    there = {row.device: row for row in live.participants}
    seats = [_face(row, faces.get(row.device), queue.get(row.device, 0), pins) for row in live.participants]
    for tile in shown:
        if tile.screen:
            seats.append(_other(tile, screen_key(tile), there.get(tile.device), pins))
        elif tile.device not in there:
            seats.append(_other(tile, f"mid:{tile.mid}", None, pins))
    return tuple(seats)


def arrange(
    live: LiveRow, arrangement: Arrangement, most: int, pins: Sequence[str], before: Sequence[str]
) -> Table:
    """Seat as many as there is room for; whoever had a seat and keeps one keeps its place."""
    seats = seats_of(live, pins)
    stage = _stage(live, seats, arrangement)
    others = [seat for seat in seats if stage is None or seat.key != stage.key]
    chosen = _chosen(others, live, most)
    places = {key: place for place, key in enumerate(before)}
    late = len(places)
    ordered = sorted(chosen, key=lambda seat: (seat.me, places.get(seat.key, late)))
    return Table(stage, tuple(ordered), len(others) - len(ordered))


def _face(row: ParticipantRow, tile: TileRow | None, hand: int, pins: Sequence[str]) -> Seat:
    return Seat(
        key=row.device,
        device=row.device,
        person=row.person,
        name=row.name,
        post=row.post,
        mid=None if tile is None else tile.mid,
        screen=False,
        seal=Seal.EMPTY if tile is None else tile.seal,
        me=row.me,
        chair=row.chair,
        microphone=row.microphone,
        speaking=row.speaking,
        hand=hand,
        pinned=row.device in pins,
    )


def _other(tile: TileRow, key: str, row: ParticipantRow | None, pins: Sequence[str]) -> Seat:
    return Seat(
        key=key,
        device=tile.device,
        person="" if row is None else row.person,
        name=tile.name,
        post="" if row is None else row.post,
        mid=tile.mid,
        screen=tile.screen,
        seal=tile.seal,
        me=row is not None and row.me,
        chair=False,
        microphone=True,  # a picture alone says nothing of sound
        speaking=False,
        hand=0,
        pinned=key in pins,
    )


def _stage(live: LiveRow, seats: Sequence[Seat], arrangement: Arrangement) -> Seat | None:
    """A pin is my own wish and comes first; then what is shown, then whom the chair puts forward, then who speaks."""
    pinned = [seat for seat in seats if seat.pinned]
    screens = [seat for seat in seats if seat.screen]
    forward = [seat for seat in seats if live.spotlight is not None and seat.person == live.spotlight]
    for wish in (pinned, screens, forward):
        if wish:
            return wish[0]
    if arrangement is Arrangement.GRID:
        return None
    by_device = {seat.device: seat for seat in seats if not seat.me}
    spoken = [by_device[device] for device in live.speakers if device in by_device]
    others = [seat for seat in seats if not seat.me]
    return next(iter([*spoken, *others, *seats]), None)


def _chosen(seats: Sequence[Seat], live: LiveRow, most: int) -> list[Seat]:
    """Me always; then screens, pictures, and who spoke last; the order of the row decides the rest."""
    late = len(live.speakers)
    spoke = {device: place for place, device in enumerate(live.speakers)}

    def rank(seat: Seat) -> tuple[bool, bool, bool, int]:
        return (not seat.me, not seat.screen, seat.mid is None, spoke.get(seat.device, late))

    keys = {seat.key for seat in sorted(seats, key=rank)[: max(most, 1)]}
    return [seat for seat in seats if seat.key in keys]
