"""Everything of one worker: its port, its meetings, and the timer that looks after them all."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from typing import Final

from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import Clock
from server_stub.meetings.sfu import pipe
from server_stub.meetings.sfu.asking import Asking
from server_stub.meetings.sfu.lag import Lag
from server_stub.meetings.sfu.meeting import Meeting
from server_stub.meetings.sfu.offers import Offer, read_offer
from server_stub.meetings.sfu.port import MediaPort
from server_stub.meetings.sfu.seat import Seat
from server_stub.tasks import Tasks

_log = logging.getLogger(__name__)

_TICK_SECONDS: Final = 0.1
# One in so many ticks is a seat's turn: each more than once a second, never all at once.
_TURNS: Final = 8
_SILENCE_SECONDS: Final = 3.0
_CONNECT_SECONDS: Final = 10.0
# After a stall of our own, what came meanwhile may still wait to be read.
_STALL_SECONDS: Final = 1.0
_MOST_SEATS: Final = 1000
_MOST_JOINING: Final = 200


class Exchange:
    """Lives on the worker's loop. `lost` is told of whoever was not asked to go."""

    def __init__(self, port: MediaPort, tasks: Tasks, lost: Callable[[str, str], None], clock: Clock) -> None:
        self._port = port
        self._tasks = tasks
        self._lost = lost
        self._clock = clock
        self._meetings: dict[str, Meeting] = {}
        self._asking = Asking(port.postbox.flush, clock)
        # Reading an offer takes 10 ms; one at a time, and media in between.
        self._joins = asyncio.Semaphore(1)
        self._joining = 0
        self._ticking: asyncio.Task[None] | None = None
        self._seats: dict[Seat, Meeting] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._retransmitted = 0
        self._lag = Lag()

    def start(self) -> None:
        self._port.open()
        self._ticking = self._tasks.keep("meeting timer", self._tick, _TICK_SECONDS)

    async def stop(self) -> None:
        """Everybody is told that it is over."""
        for name in list(self._meetings):
            self.close(name)
        if self._ticking is not None:
            self._ticking.cancel()
        self._asking.stop()
        while self._leaving:
            await asyncio.wait(self._leaving)
        self._port.close()

    async def join(self, meeting: str, participant: str, offer: str, silenced: bool) -> str:
        """The answer to an offer; an earlier self of the participant makes room without a word.

        Raises:
            JinshuError: `meetings.offer_refused`, or `meetings.unavailable` when there are too many.
        """
        if len(self._seats) >= _MOST_SEATS or self._joining >= _MOST_JOINING:
            raise JinshuError(ErrorCode.MEETINGS_UNAVAILABLE)
        self._joining += 1
        try:
            async with self._joins:
                read = read_offer(offer)
                # Let what came meanwhile go on.
                await asyncio.sleep(0)
                seat = self._sit(meeting, participant, read, silenced)
                await asyncio.sleep(0)
                return seat.answer
        finally:
            self._joining -= 1

    def leave(self, meeting: str, participant: str) -> None:
        """Forget a participant; nothing happens when there is none."""
        place = self._meetings.get(meeting)
        seat = None if place is None else place.seats.get(participant)
        if place is not None and seat is not None:
            self._remove(place, seat)

    def silence(self, meeting: str, participant: str, silenced: bool) -> None:
        place = self._meetings.get(meeting)
        if place is not None:
            place.silence(participant, silenced)

    def close(self, meeting: str) -> None:
        """End a meeting for everybody."""
        place = self._meetings.get(meeting)
        if place is not None:
            for seat in list(place.seats.values()):
                self._remove(place, seat)

    def figures(self, number: int) -> pipe.Figures:
        """How we are."""
        slots = [slot for seat in self._seats for slot in seat.slots]
        return pipe.Figures(
            number=number,
            pid=os.getpid(),
            port=self._port.number,
            meetings=len(self._meetings),
            participants=len(self._seats),
            threads=[thread.name for thread in threading.enumerate()],
            received=self._port.received,
            forwarded=self._port.postbox.sent,
            retransmitted=self._retransmitted + sum(slot.retransmitted for slot in slots),
            refused=self._port.refused,
            faults=self._port.faults,
            lag_ms=self._lag.take(),
        )

    # Seats

    def _sit(self, meeting: str, participant: str, offer: Offer, silenced: bool) -> Seat:
        place = self._meetings.get(meeting) or Meeting(meeting, self._asking.soon, self._ended, self._clock)
        earlier = place.seats.get(participant)
        seat = Seat(participant, offer, place, self._port, self._tasks, self._clock)
        self._meetings[meeting] = place
        if earlier is not None:
            self._remove(place, earlier, last=False)
        place.add(seat)
        if silenced:
            place.silence(participant, True)
        self._seats[seat] = place
        return seat

    def _remove(self, place: Meeting, seat: Seat, last: bool = True) -> bool:
        """`last`: an empty meeting ends with it."""
        if not place.remove(seat, self._clock.monotonic()):
            return False
        del self._seats[seat]
        self._retransmitted += sum(slot.retransmitted for slot in seat.slots)
        for incoming in seat.incoming.values():
            self._asking.forget(incoming)
        goodbye = self._tasks.start("meeting goodbye", seat.link.close())
        self._leaving.add(goodbye)
        goodbye.add_done_callback(self._leaving.discard)
        if last and not place.seats:
            del self._meetings[place.name]
        return True

    def _ended(self, place: Meeting, seat: Seat) -> None:
        if self._remove(place, seat):
            self._lost(place.name, seat.name)

    # The timer

    async def _tick(self) -> None:
        turn, before = 0, self._clock.monotonic()
        while True:
            asked = self._clock.monotonic()
            await asyncio.sleep(_TICK_SECONDS)
            now = self._clock.monotonic()
            self._lag.note(now - asked - _TICK_SECONDS)
            if now - before > _STALL_SECONDS:
                for seat in self._seats:
                    seat.link.heard_at = now
            before, turn = now, turn + 1
            for place in self._meetings.values():
                place.tick(now)
            for seat in list(self._seats)[turn % _TURNS :: _TURNS]:
                self._turn(seat, now)
            self._port.postbox.flush()

    def _turn(self, seat: Seat, now: float) -> None:
        try:
            self._look_after(seat, now)
        except Exception:
            # Whatever he did to find a fault of ours, the timer is everybody's.
            _log.exception("a participant could not be looked after")
            if seat in self._seats:
                self._ended(self._seats[seat], seat)

    def _look_after(self, seat: Seat, now: float) -> None:
        """A seat's turn: is it still there, and its reports."""
        waited = now - (seat.link.heard_at if seat.connected else seat.came_at)
        if waited > (_SILENCE_SECONDS if seat.connected else _CONNECT_SECONDS):
            self._ended(self._seats[seat], seat)
        else:
            seat.report(now)
