"""One meeting in its worker: who is in it, what is passed on to all, and what falls due when.

**Shape.** A state machine, with its seats and their links inside it, as str0m's `Rtc` is one: inputs are method calls with the time,
`wake_at` says when to call `time_passed` if nothing else comes before, and what is to be done comes out as packets in a `Transmit`
and as values in a queue (`outputs.py`). There is no clock, no loop and no socket in here; `Exchange` has them.

**Inputs.** `add`, `remove` and `silence` from the server; datagrams and what became of transports, at the `Link` of a seat;
`Seat.slot_map_unsent`; `time_passed`.

**What time does.** Ten times a second: who spoke is told, maps that were not told before are told, and of every eighth seat it is
asked whether it is still there, if so it gets its reports. Changes are gathered and carried out at once, but never twice in 50 ms;
a voice is let through with its first packet (`SlotArrangement`). Publishers are asked for what is missing (`RequestSchedule`).

**Keep in step.** Every deadline has its part in `wake_at`, and every input that sets one calls `_wake`: without it nobody comes.
"""

from __future__ import annotations

import logging
import zlib
from collections import deque
from collections.abc import Iterable
from typing import Final

from protocol.crypto.frames import Stream
from server_stub.meetings.sfu import words
from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.outputs import Output, SeatClosed, SendText, WakeAt
from server_stub.meetings.sfu.request_schedule import RequestSchedule
from server_stub.meetings.sfu.seat import Seat
from server_stub.meetings.sfu.slot_arrangement import SlotArrangement

_log = logging.getLogger(__name__)

# Timers ring a little early, and whoever came for nothing would come again at once: what is due so soon is done.
EARLY_SECONDS: Final = 0.002
TICK_SECONDS: Final = 0.1
# One in so many ticks is a seat's turn: each more than once a second, never all at once.
TURNS: Final = 8
# After a stall of our own, what came meanwhile may still wait to be read.
_STALL_SECONDS: Final = 1.0
_TELL_SPEAKERS_SECONDS: Final = 0.25
_CONTROL_MOST: Final = 20
_CONTROL_RATE: Final = 5
# Every message costs 100 µs for each of those who get it.
_DELIVERED_MOST: Final = 6000
_DELIVERED_RATE: Final = 2000
# A new arrangement takes 10 ms among 300.
_ARRANGE_SECONDS: Final = 0.05
_NEVER: Final = float("inf")


class Meeting:
    """Sans I/O; `now` in monotonic seconds. Its seats are made with it and its `outputs`."""

    def __init__(self, name: str, outputs: deque[Output], now: float) -> None:
        self.name = name
        self.seats: dict[str, Seat] = {}
        self.silenced: set[str] = set()
        self._outputs = outputs
        self._arrangement = SlotArrangement(self.seats)
        self._requests = RequestSchedule()
        self._arrange_at = _NEVER
        self._arranged_at = float("-inf")
        self._speakers_told: tuple[str, ...] = ()
        self._told_at = float("-inf")
        self._control = Bucket(_DELIVERED_MOST, _DELIVERED_RATE)
        self._controls: dict[str, Bucket] = {}
        # Meetings tick together, and the loop wakes once for all; in which tick a seat has its turn differs between them.
        self._tick = next_tick(now)
        self._first_turn = zlib.crc32(name.encode()) % TURNS
        self._woken_at = now
        self._woken_next = _NEVER
        self._wake(self.wake_at)

    @property
    def wake_at(self) -> float:
        """When to call `time_passed`; after that call it is ahead of its `now`."""
        return min(self._tick * TICK_SECONDS, self._arrange_at, self._requests.wake_at)

    # From the server

    def add(self, seat: Seat, silenced: bool, now: float) -> None:
        """An earlier self of the participant makes room without a word."""
        earlier = self.seats.get(seat.name)
        if earlier is not None:
            self._take_out(earlier, False, now)
        self.seats[seat.name] = seat
        self._controls[seat.name] = Bucket(_CONTROL_MOST, _CONTROL_RATE)
        if silenced:
            self.silence(seat.name, True, now)

    def remove(self, name: str, now: float) -> None:
        """As the server wants it; nothing happens when there is no such participant."""
        seat = self.seats.get(name)
        if seat is not None:
            self._take_out(seat, False, now)

    def silence(self, name: str, silenced: bool, now: float) -> None:
        if silenced:
            self.silenced.add(name)
            self._arrangement.forget(name)
        else:
            self.silenced.discard(name)
        self.changed(now)

    # Time

    def time_passed(self, now: float, wall: float) -> None:
        """Do what is due. `wall`: seconds UTC, for what reports say."""
        due = now + EARLY_SECONDS
        if now - self._woken_at > _STALL_SECONDS:
            for seat in self.seats.values():
                seat.link.heard_at = now
        self._woken_at = now
        try:
            if self._tick * TICK_SECONDS <= due:
                turn, self._tick = self._tick + self._first_turn, next_tick(due)
                self._tell(now)
                for seat in list(self.seats.values())[turn % TURNS :: TURNS]:
                    self._look_after(seat, now, wall)
            # After the turns, which find out who is gone.
            if self._arrange_at <= due:
                self._arrange_at, self._arranged_at = _NEVER, now
                self._arrangement.arrange(now)
            self._requests.ask(now, due)
        finally:
            self._woken_next = self.wake_at

    def _tell(self, now: float) -> None:
        """Who spoke, and maps that could not be told before."""
        order = self._arrangement.speakers[: words.MOST_SPEAKERS]
        if order != self._speakers_told and now - self._told_at >= _TELL_SPEAKERS_SECONDS:
            self._speakers_told, self._told_at = order, now
            self._say(words.say_speakers(order), self.seats.values())
        for seat in self.seats.values():
            seat.tell_map(now)

    def _look_after(self, seat: Seat, now: float, wall: float) -> None:
        """A seat's turn."""
        try:
            if seat.is_silent(now):
                self.ended(seat, now)
            else:
                seat.report(now, wall)
        except Exception:
            # Whatever he did to find a fault of ours, the timer is everybody's.
            _log.exception("a participant could not be looked after")
            self.ended(seat, now)

    def _wake(self, at: float) -> None:
        if at < self._woken_next:
            self._woken_next = at
            self._outputs.append(WakeAt(at))

    # From the seats

    def greet(self, seat: Seat, now: float) -> None:
        seat.tell_map(now)
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
        if self._arrangement.hear(seat.name, level, now):
            self.changed(now)
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

    def urgent(self, seat: Seat, incoming: Incoming, now: float) -> None:
        self._requests.soon(seat, incoming, now)
        self._wake(self._requests.wake_at)

    def ended(self, seat: Seat, now: float) -> None:
        """He is gone, or nothing is heard of him; nothing happens when the seat was given up or taken by another self before."""
        if self.seats.get(seat.name) is seat:
            self._take_out(seat, True, now)

    def changed(self, now: float) -> None:
        """Somebody came, went, spoke, shows something else or wants to see something else."""
        if self._arrange_at == _NEVER:
            self._arrange_at = max(now, self._arranged_at + _ARRANGE_SECONDS)
            self._wake(self._arrange_at)

    # Inside

    def _take_out(self, seat: Seat, lost: bool, now: float) -> None:
        del self.seats[seat.name]
        del self._controls[seat.name]
        seat.leave(now)
        for incoming in seat.incoming.values():
            self._requests.forget(incoming)
        self._arrangement.forget(seat.name)
        self._outputs.append(SeatClosed(seat.link.ufrag, lost))
        self.changed(now)

    def _say(self, text: str, seats: Iterable[Seat]) -> None:
        to = tuple(seat.link.ufrag for seat in seats)
        if to:
            self._outputs.append(SendText(to, text))


def next_tick(after: float) -> int:
    """The number of the first tick after a moment; it is at this number of `TICK_SECONDS`."""
    number = int(after / TICK_SECONDS)
    while number * TICK_SECONDS <= after:
        number += 1
    return number
