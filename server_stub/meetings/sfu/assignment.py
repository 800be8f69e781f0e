"""Who is in which slot of a receiver: pins first, then who spoke last, then who came first; whoever is shown stays where he is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from protocol.crypto.frames import Stream
from protocol.meetings.slots import VIDEO_SLOTS


@dataclass(frozen=True, slots=True)
class View:
    """What a receiver asked for: at most `videos` cameras, the first `high` of them large, and a shared screen or none."""

    pins: tuple[str, ...] = ()
    high: int = 1
    videos: int = VIDEO_SLOTS
    screen: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A stream in a slot."""

    sender: str
    stream: Stream

    @property
    def occupant(self) -> tuple[str, bool]:
        """The same over a change of layer: a face or a screen of somebody."""
        return self.sender, self.stream is Stream.SCREEN

    @property
    def layer(self) -> str | None:
        return {Stream.VIDEO_HIGH: "high", Stream.VIDEO_LOW: "low"}.get(self.stream)


def choose(
    view: View,
    receiver: str,
    order: Iterable[str],
    published: Mapping[str, frozenset[Stream]],
    screens: Sequence[str],
) -> list[Shown]:
    """The pictures a receiver gets, most important first. `order`: all participants by rank; `screens`: who shares, newest first."""
    wanted: list[Shown] = []
    if view.screen:
        sharers = [each for each in screens if each != receiver]
        sharer = next((pin for pin in view.pins if pin in sharers), None) or next(iter(sharers), None)
        if sharer is not None:
            wanted.append(Shown(sharer, Stream.SCREEN))
    room = min(view.videos, VIDEO_SLOTS - len(wanted))
    seen, cameras = {receiver}, 0
    for group in (view.pins, order):
        for sender in group:
            if cameras >= room:
                return wanted
            if sender in seen:
                continue
            seen.add(sender)
            stream = _layer(published.get(sender, frozenset()), cameras < view.high)
            if stream is not None:
                wanted.append(Shown(sender, stream))
                cameras += 1
    return wanted


def place(before: Sequence[Shown | None], wanted: Sequence[Shown]) -> list[Shown | None]:
    """Slots for what is wanted: what was shown keeps its slot, the new take those that became free."""
    after: list[Shown | None] = [None] * len(before)
    slots = {shown.occupant: index for index, shown in enumerate(before) if shown is not None}
    late = []
    for shown in wanted:
        index = slots.get(shown.occupant)
        if index is None:
            late.append(shown)
        else:
            after[index] = shown
    free = (index for index, shown in enumerate(after) if shown is None)
    for shown, index in zip(late, free, strict=False):
        after[index] = shown
    return after


def _layer(streams: frozenset[Stream], high: bool) -> Stream | None:
    if high and Stream.VIDEO_HIGH in streams:
        return Stream.VIDEO_HIGH
    return Stream.VIDEO_LOW if Stream.VIDEO_LOW in streams else None
