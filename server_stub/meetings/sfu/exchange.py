"""Everything of one worker: its port, its meetings, and the timer that wakes them. The I/O around the state machines: what comes is
given to them with the time, and what comes out of them is done; how a meeting goes is decided in `Meeting`."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import Clock
from server_stub.meetings.sfu import pipe
from server_stub.meetings.sfu.answers import Ours, write_answer
from server_stub.meetings.sfu.lag import Lag
from server_stub.meetings.sfu.meeting import EARLY_SECONDS, TICK_SECONDS, TURNS, Meeting, next_tick
from server_stub.meetings.sfu.offers import Offer, read_offer
from server_stub.meetings.sfu.outputs import Output, SeatClosed, SendSlotMap, SendText, WakeAt
from server_stub.meetings.sfu.port import MediaPort
from server_stub.meetings.sfu.seat import CNAME, Seat
from server_stub.meetings.sfu.transports import Transports
from server_stub.tasks import Tasks

_log = logging.getLogger(__name__)

_MOST_SEATS: Final = 1000
_MOST_JOINING: Final = 200


class _Seated(NamedTuple):
    meeting: Meeting
    seat: Seat
    transports: Transports


class Exchange:
    """Lives on the worker's loop. `lost` is told of whoever was not asked to go."""

    def __init__(self, port: MediaPort, tasks: Tasks, lost: Callable[[str, str], None], clock: Clock) -> None:
        self._port = port
        self._tasks = tasks
        self._lost = lost
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._meetings: dict[str, Meeting] = {}
        self._seated: dict[str, _Seated] = {}  # by ufrag
        self._outputs: deque[Output] = deque()
        # Reading an offer takes 10 ms; one at a time, and media in between.
        self._joins = asyncio.Semaphore(1)
        self._joining = 0
        self._leaving: set[asyncio.Task[None]] = set()
        self._retransmitted = 0
        self._lag = Lag()
        self._tick = next_tick(clock.monotonic())
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = float("inf")  # while there is a timer

    def start(self) -> None:
        self._port.open(self._settle)
        self._set_timer(self._tick * TICK_SECONDS)

    async def stop(self) -> None:
        """Everybody is told that it is over."""
        for name in list(self._meetings):
            self.close(name)
        while self._leaving:
            await asyncio.wait(self._leaving)
        if self._timer is not None:
            self._timer.cancel()
        self._port.close()

    async def join(self, meeting: str, participant: str, offer: str, silenced: bool) -> str:
        """The answer to an offer; an earlier self of the participant makes room without a word.

        Raises:
            JinshuError: `meetings.offer_refused`, or `meetings.unavailable` when there are too many.
        """
        if len(self._seated) >= _MOST_SEATS or self._joining >= _MOST_JOINING:
            raise JinshuError(ErrorCode.MEETINGS_UNAVAILABLE)
        self._joining += 1
        try:
            async with self._joins:
                read = read_offer(offer)
                # Let what came meanwhile go on.
                await asyncio.sleep(0)
                answer = self._sit(meeting, participant, read, silenced)
                await asyncio.sleep(0)
                return answer
        finally:
            self._joining -= 1

    def leave(self, meeting: str, participant: str) -> None:
        """Forget a participant; nothing happens when there is none."""
        place = self._meetings.get(meeting)
        if place is not None:
            place.remove(participant, self._clock.monotonic())
            self._settle()

    def silence(self, meeting: str, participant: str, silenced: bool) -> None:
        place = self._meetings.get(meeting)
        if place is not None:
            place.silence(participant, silenced, self._clock.monotonic())
            self._settle()

    def close(self, meeting: str) -> None:
        """End a meeting for everybody."""
        place = self._meetings.get(meeting)
        if place is not None:
            for participant in list(place.seats):
                place.remove(participant, self._clock.monotonic())
            self._settle()

    def figures(self, number: int) -> pipe.Figures:
        """How we are."""
        slots = [slot for each in self._seated.values() for slot in each.seat.slots]
        return pipe.Figures(
            number=number,
            pid=os.getpid(),
            port=self._port.number,
            meetings=len(self._meetings),
            participants=len(self._seated),
            threads=[thread.name for thread in threading.enumerate()],
            received=self._port.received,
            forwarded=self._port.postbox.sent,
            retransmitted=self._retransmitted + sum(slot.retransmitted for slot in slots),
            refused=self._port.refused,
            faults=self._port.faults,
            lag_ms=self._lag.take(),
        )

    def _sit(self, meeting: str, participant: str, offer: Offer, silenced: bool) -> str:
        now, transmit = self._clock.monotonic(), self._port.postbox
        place = self._meetings.get(meeting) or Meeting(meeting, self._outputs, now)
        seat = Seat(participant, offer, place, transmit, self._outputs, now)
        transports = Transports(seat.link, offer, self._port, self._tasks, self._clock, self._settle)
        answer = self._answer(offer, seat, transports)
        # All that can go wrong has been done: until here, an earlier self keeps his seat.
        transports.open()
        self._meetings[meeting] = place
        self._seated[seat.link.ufrag] = _Seated(place, seat, transports)
        place.add(seat, silenced, now)
        self._settle()
        return answer

    def _answer(self, offer: Offer, seat: Seat, transports: Transports) -> str:
        ours = Ours(
            ufrag=seat.link.ufrag,
            password=seat.link.password,
            fingerprints=transports.fingerprints,
            addresses=self._port.addresses,
            port=self._port.number,
            sctp_port=transports.sctp_port,
            name=CNAME,
            sources=seat.slot_sources,
        )
        return write_answer(offer, ours)

    # What comes out of the machines

    def _settle(self) -> None:
        """Carry out their outputs. Some are the cause of inputs, and these of outputs: until there are no more."""
        outputs = self._outputs
        while outputs:
            self._carry_out(outputs.popleft())

    def _carry_out(self, output: Output) -> None:
        match output:
            case SendText(to, text):
                for ufrag in to:
                    if (seated := self._seated.get(ufrag)) is not None:
                        seated.transports.send(text)
            case SendSlotMap(ufrag, text, version):
                seated = self._seated.get(ufrag)
                if seated is not None and not seated.transports.send(text):
                    seated.seat.slot_map_unsent(version)
            case SeatClosed(ufrag, lost):
                self._let_go(self._seated.pop(ufrag), lost)
            case WakeAt(at):
                if at < self._rings_at:
                    self._set_timer(at)

    def _let_go(self, seated: _Seated, lost: bool) -> None:
        meeting, seat, transports = seated
        self._retransmitted += sum(slot.retransmitted for slot in seat.slots)
        goodbye = self._tasks.start("meeting goodbye", transports.close())
        self._leaving.add(goodbye)
        goodbye.add_done_callback(self._leaving.discard)
        # An empty meeting ends.
        if not meeting.seats and self._meetings.get(meeting.name) is meeting:
            del self._meetings[meeting.name]
        if lost:
            self._lost(meeting.name, seat.name)

    # The timer

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = at
        self._timer = self._loop.call_later(max(0.0, at - self._clock.monotonic()), self._ring)

    def _ring(self) -> None:
        now, wall = self._clock.monotonic(), self._clock.now_ms() / 1000
        self._timer, self._rings_at = None, float("inf")
        try:
            if self._tick * TICK_SECONDS <= now + EARLY_SECONDS:
                self._lag.note(max(0.0, now - self._tick * TICK_SECONDS))
                turn, self._tick = self._tick, next_tick(now + EARLY_SECONDS)
                for seated in list(self._seated.values())[turn % TURNS :: TURNS]:
                    seated.transports.follow()
            for meeting in list(self._meetings.values()):
                if meeting.wake_at <= now + EARLY_SECONDS:
                    self._time_passed(meeting, now, wall)
            self._settle()
            self._port.postbox.flush()
        finally:
            ticks = self._tick * TICK_SECONDS
            self._set_timer(min([ticks, *(each.wake_at for each in self._meetings.values())]))

    def _time_passed(self, meeting: Meeting, now: float, wall: float) -> None:
        try:
            meeting.time_passed(now, wall)
        except Exception:
            # The timer is every meeting's.
            _log.exception("a meeting could not be looked after")
