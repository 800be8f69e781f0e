"""One meeting in its worker: who is in it, who is heard and seen by whom, and what is passed on to all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from protocol.crypto.frames import Stream
from protocol.meetings.slots import AUDIO_SLOTS
from server_stub.clock import Clock
from server_stub.meetings.sfu import words
from server_stub.meetings.sfu.assignment import Shown, choose
from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.seat import Seat
from server_stub.meetings.sfu.speakers import Audible, Speakers

_TELL_SPEAKERS_SECONDS: Final = 0.25
_CONTROL_MOST: Final = 20
_CONTROL_RATE: Final = 5
# Every message costs 100 µs for each of those who get it.
_DELIVERED_MOST: Final = 6000
_DELIVERED_RATE: Final = 2000
# A new arrangement takes 10 ms among 300; voices have some ahead of all else.
_ARRANGE_SECONDS: Final = 0.05
_VOICES_MOST: Final = 10
_VOICES_RATE: Final = 5


class Meeting:
    """Changes are gathered and carried out once the loop is free; a voice is let through with its first packet."""

    def __init__(
        self,
        name: str,
        urgent: Callable[[Seat, Incoming], None],
        ended: Callable[[Meeting, Seat], None],
        clock: Clock,
    ) -> None:
        self.name = name
        self.seats: dict[str, Seat] = {}
        self.silenced: set[str] = set()
        self._ask_soon = urgent
        self._ended = ended
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._speakers = Speakers()
        self._audible = Audible(AUDIO_SLOTS)
        self._arranging = False
        self._arranged_at = float("-inf")
        self._voices = Bucket(_VOICES_MOST, _VOICES_RATE)
        self._speakers_told: tuple[str, ...] = ()
        self._told_at = float("-inf")
        self._control = Bucket(_DELIVERED_MOST, _DELIVERED_RATE)
        self._controls: dict[str, Bucket] = {}

    # From the worker

    def add(self, seat: Seat) -> None:
        self.seats[seat.name] = seat
        self._controls[seat.name] = Bucket(_CONTROL_MOST, _CONTROL_RATE)

    def remove(self, seat: Seat, now: float) -> bool:
        """False when he was gone already, or another self of his name has taken the seat."""
        if self.seats.get(seat.name) is not seat:
            return False
        del self.seats[seat.name]
        del self._controls[seat.name]
        seat.leave(now)
        self._speakers.forget(seat.name)
        self._audible.forget(seat.name)
        self.changed()
        return True

    def silence(self, name: str, silenced: bool) -> None:
        if silenced:
            self.silenced.add(name)
            self._speakers.forget(name)
            self._audible.forget(name)
        else:
            self.silenced.discard(name)
        self.changed()

    def tick(self, now: float) -> None:
        """Several times a second: who spoke, and maps that could not be told before."""
        order = self._speakers.order[: words.MOST_SPEAKERS]
        if order != self._speakers_told and now - self._told_at >= _TELL_SPEAKERS_SECONDS:
            self._speakers_told, self._told_at = order, now
            self._say(words.say_speakers(order), self.seats.values())
        for seat in self.seats.values():
            seat.tell_map(now)

    # From the seats

    def came(self, seat: Seat) -> None:
        self.changed()

    def greet(self, seat: Seat) -> None:
        seat.tell_map(self._clock.monotonic())
        if self._speakers_told:
            self._say(words.say_speakers(self._speakers_told), [seat])

    def heard(self, seat: Seat, level: int, now: float) -> bool:
        """Whether a packet of his sound may go on."""
        if (
            seat.name in self.silenced
            or Stream.AUDIO not in seat.published
            or self.seats.get(seat.name) is not seat
        ):
            return False
        if self._audible.hear(seat.name, level, now):
            if self._voices.take(now):
                self._arrange_sound(now)
            else:
                self.changed()
        if self._speakers.hear(seat.name, level, now):
            self.changed()
        return True

    def relay(self, seat: Seat, data: str, now: float) -> None:
        bucket = self._controls.get(seat.name)
        if bucket is None or self.seats.get(seat.name) is not seat:
            return
        others = [other for other in self.seats.values() if other is not seat]
        if not bucket.take(now) or not self._control.take(now, len(others)):
            seat.ignored += 1
            return
        self._say(words.say_control(seat.name, data), others)

    def urgent(self, seat: Seat, incoming: Incoming) -> None:
        self._ask_soon(seat, incoming)

    def ended(self, seat: Seat) -> None:
        self._ended(self, seat)

    def changed(self) -> None:
        """Somebody came, went, spoke, shows something else or wants to see something else."""
        if not self._arranging:
            self._arranging = True
            wait = self._arranged_at + _ARRANGE_SECONDS - self._clock.monotonic()
            self._loop.call_later(max(0.0, wait), self._arrange)

    # Inside

    def _arrange(self) -> None:
        self._arranging = False
        now = self._arranged_at = self._clock.monotonic()
        for name in self._audible.participants:
            if name not in self.seats or Stream.AUDIO not in self.seats[name].published:
                self._audible.forget(name)
        self._arrange_sound(now)
        self._arrange_pictures(now)
        for seat in self.seats.values():
            seat.tell_map(now)

    def _arrange_sound(self, now: float) -> None:
        voices = [Shown(name, Stream.AUDIO) for name in self._audible.participants if name in self.seats]
        for seat in self.seats.values():
            if seat.connected:
                others = [voice for voice in voices if voice.sender != seat.name]
                seat.listen_to(others[:AUDIO_SLOTS], self.seats, now)
                seat.tell_map(now)

    def _arrange_pictures(self, now: float) -> None:
        published = {name: seat.published for name, seat in self.seats.items() if seat.connected}
        spoke = [name for name in self._speakers.order if name in published]
        order = [*spoke, *(name for name in published if name not in set(spoke))]
        screens = [name for name, streams in published.items() if Stream.SCREEN in streams]
        screens.sort(key=lambda name: self.seats[name].published_at[Stream.SCREEN], reverse=True)
        for seat in self.seats.values():
            if seat.connected:
                wanted = choose(seat.view, seat.name, order, published, screens)
                seat.look_at(wanted, self.seats, now)

    def _say(self, text: str, seats: Iterable[Seat]) -> None:
        for seat in seats:
            seat.link.say(text)
