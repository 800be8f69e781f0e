"""The SFU that comes with the server: worker processes that forward packets, and which meeting lives in which of them."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.meetings import MAX_SDP
from server_stub.clock import Clock
from server_stub.meetings.backend import Lost
from server_stub.meetings.sfu import pipe
from server_stub.meetings.sfu.process import WorkerProcess
from server_stub.tasks import Tasks

_MOST_WORKERS: Final = 4


@dataclass(slots=True)
class _Placed:
    """A meeting in its worker. `silenced` outlives a worker that dies."""

    worker: WorkerProcess
    participants: set[str] = field(default_factory=set)
    joining: int = 0
    silenced: set[str] = field(default_factory=set)

    @property
    def empty(self) -> bool:
        return not self.participants and not self.joining


class EmbeddedSfu:
    """A `MeetingBackend`. `addresses`: where clients reach this machine; `port`: UDP port of the first worker, those of the
    others follow, 0 for any; `workers`: 0 for one a core, at most four. A worker starts when the first meeting needs it.

    Raises:
        ValueError: the addresses are no IP addresses that can be reached, or not all IPv4 or all IPv6.
    """

    def __init__(self, addresses: Sequence[str], port: int, workers: int, tasks: Tasks, clock: Clock) -> None:
        _check(addresses)
        count = workers or min(os.cpu_count() or 1, _MOST_WORKERS)
        self._workers = [
            WorkerProcess(
                index, addresses, port + index if port else 0, tasks, self._lose, self._worker_died, clock
            )
            for index in range(count)
        ]
        self._placed: dict[str, _Placed] = {}
        self._running = False
        self._on_lost: Lost | None = None

    @property
    def transports(self) -> int:
        return 1

    async def start(self) -> None:
        self._running = True

    async def stop(self) -> None:
        self._running = False
        self._placed.clear()
        for worker in self._workers:
            await worker.stop()

    async def prepare(self, meeting: str) -> None:
        if self._running:
            self._place(meeting).worker.begin()
            self._tidy(meeting)

    async def join(self, meeting: str, participant: str, offers: Sequence[str]) -> Sequence[str]:
        if not self._running:
            raise JinshuError(ErrorCode.MEETINGS_UNAVAILABLE)
        if len(offers) != self.transports or len(offers[0]) > MAX_SDP:
            raise JinshuError(ErrorCode.MEETINGS_OFFER_REFUSED)
        placed = self._place(meeting)
        placed.joining += 1
        try:
            silenced = participant in placed.silenced
            reply = await placed.worker.ask(
                lambda number: pipe.Join(number, meeting, participant, offers[0], silenced)
            )
            if not isinstance(reply, pipe.Joined):
                code = reply.code if isinstance(reply, pipe.Refused) else ErrorCode.MEETINGS_UNAVAILABLE
                raise JinshuError(code)
            placed.participants.add(participant)
            return [reply.answer]
        finally:
            placed.joining -= 1
            self._tidy(meeting)

    async def leave(self, meeting: str, participant: str) -> None:
        placed = self._placed.get(meeting)
        if placed is not None:
            placed.worker.tell(pipe.Leave(meeting, participant))
            placed.participants.discard(participant)
            self._tidy(meeting)

    async def silence(self, meeting: str, participant: str, silenced: bool) -> None:
        placed = self._placed.get(meeting)
        if placed is not None:
            placed.worker.tell(pipe.Silence(meeting, participant, silenced))
            if silenced:
                placed.silenced.add(participant)
            else:
                placed.silenced.discard(participant)

    async def close(self, meeting: str) -> None:
        placed = self._placed.pop(meeting, None)
        if placed is not None:
            placed.worker.tell(pipe.Close(meeting))

    def on_lost(self, callback: Lost) -> None:
        self._on_lost = callback

    async def figures(self) -> list[pipe.Figures]:
        """How the workers are that were started.

        Raises:
            JinshuError: `meetings.unavailable`.
        """
        replies = [await worker.ask(pipe.Ask) for worker in self._workers if worker.started]
        return [reply for reply in replies if isinstance(reply, pipe.Figures)]

    def _place(self, meeting: str) -> _Placed:
        """The worker with the fewest participants takes a new meeting, of equals the first."""
        placed = self._placed.get(meeting)
        if placed is None:
            load = dict.fromkeys(range(len(self._workers)), 0)
            for other in self._placed.values():
                load[other.worker.index] += len(other.participants) + other.joining
            index = min(load, key=lambda each: load[each])
            placed = self._placed[meeting] = _Placed(self._workers[index])
        return placed

    def _tidy(self, meeting: str) -> None:
        placed = self._placed.get(meeting)
        if placed is not None and placed.empty:
            del self._placed[meeting]

    def _lose(self, meeting: str, participant: str) -> None:
        placed = self._placed.get(meeting)
        if placed is None:
            return
        placed.participants.discard(participant)
        self._tidy(meeting)
        if self._on_lost is not None:
            self._on_lost(meeting, participant)

    def _worker_died(self, index: int) -> None:
        """Everybody in its meetings is lost; who was silenced there stays so when he comes back."""
        for meeting, placed in list(self._placed.items()):
            if placed.worker.index == index:
                gone = sorted(placed.participants)
                placed.participants.clear()
                if not placed.joining and not placed.silenced:
                    del self._placed[meeting]
                for participant in gone:
                    if self._on_lost is not None:
                        self._on_lost(meeting, participant)


def _check(addresses: Sequence[str]) -> None:
    """Early: a worker would find out when the first meeting is called."""
    read = [ipaddress.ip_address(address) for address in addresses]
    if len({each.version for each in read}) != 1 or any(each.is_unspecified for each in read):
        raise ValueError("clients need the address of this machine, of one IP version")
