"""Who is heard and seen by whom in a meeting: a voice is let through with its first packet, pictures and all else change when it is
arranged anew."""

from __future__ import annotations

from typing import Final

from protocol.crypto.frames import Stream
from protocol.meetings.slots import AUDIO_SLOTS
from server_stub.meetings.sfu.assignment import Shown, choose
from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.seat import Seat
from server_stub.meetings.sfu.speakers import Audible, Speakers

# Letting a voice through takes a while among 300; so many may ahead of all else.
_VOICES_MOST: Final = 10
_VOICES_RATE: Final = 5


class SlotArrangement:
    """Sans I/O; `now` in monotonic seconds. `seats` are the meeting's, by name, as they are at each time."""

    def __init__(self, seats: dict[str, Seat]) -> None:
        self._seats = seats
        self._speakers = Speakers()
        self._audible = Audible(AUDIO_SLOTS)
        self._voices = Bucket(_VOICES_MOST, _VOICES_RATE)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who began to speak last, first."""
        return self._speakers.order

    def hear(self, name: str, level: int, now: float) -> bool:
        """A packet of sound, so loud (−dBov); whether to arrange anew for it."""
        changed = False
        if self._audible.hear(name, level, now):
            if self._voices.take(now):
                self._arrange_sound(now)
            else:
                changed = True
        return self._speakers.hear(name, level, now) or changed

    def forget(self, name: str) -> None:
        """He is gone, or may not be heard."""
        self._speakers.forget(name)
        self._audible.forget(name)

    def arrange(self, now: float) -> None:
        for name in self._audible.participants:
            if name not in self._seats or Stream.AUDIO not in self._seats[name].published:
                self._audible.forget(name)
        self._arrange_sound(now)
        self._arrange_pictures(now)
        for seat in self._seats.values():
            seat.tell_map(now)

    def _arrange_sound(self, now: float) -> None:
        voices = [Shown(name, Stream.AUDIO) for name in self._audible.participants if name in self._seats]
        for seat in self._seats.values():
            if seat.connected:
                others = [voice for voice in voices if voice.sender != seat.name]
                seat.listen_to(others[:AUDIO_SLOTS], self._seats, now)
                seat.tell_map(now)

    def _arrange_pictures(self, now: float) -> None:
        published = {name: seat.published for name, seat in self._seats.items() if seat.connected}
        spoke = [name for name in self._speakers.order if name in published]
        order = [*spoke, *(name for name in published if name not in set(spoke))]
        screens = [name for name, streams in published.items() if Stream.SCREEN in streams]
        screens.sort(key=lambda name: self._seats[name].published_at[Stream.SCREEN], reverse=True)
        for seat in self._seats.values():
            if seat.connected:
                wanted = choose(seat.view, seat.name, order, published, screens)
                seat.look_at(wanted, self._seats, now)
