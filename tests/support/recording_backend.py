"""A media backend that carries nothing and writes down what it is asked for; it can be made to wait, refuse and lose people."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from protocol.errors import ErrorCode, JinshuError
from server_stub.meetings.backend import Lost
from server_stub.tasks import Tasks

OFFER = "v=0 an offer"
ANSWER = "v=0 an answer"


class RecordingBackend:
    """A `MeetingBackend`. `done`: every call that changed something, in order; `inside`: who it would forward for."""

    transports = 1

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.inside: dict[str, set[str]] = {}
        self.refusal: ErrorCode | None = None
        self.asked = threading.Event()  # a join has arrived
        self.free = threading.Event()  # joins are answered while it is set
        self.free.set()
        self._lost: list[Lost] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def make(self, _tasks: Tasks) -> RecordingBackend:
        """What `create_app` is given."""
        return self

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        self.free.set()
        self.inside.clear()

    async def prepare(self, meeting: str) -> None:
        """Nothing takes long here."""
        del meeting

    async def join(self, meeting: str, participant: str, offers: Sequence[str]) -> Sequence[str]:
        if self.refusal is not None:
            raise JinshuError(self.refusal, meeting=meeting)
        self.asked.set()
        await asyncio.to_thread(self.free.wait)
        self.done.append(("join", meeting, participant, *offers))
        self.inside.setdefault(meeting, set()).add(participant)
        return [ANSWER for _ in offers]

    async def leave(self, meeting: str, participant: str) -> None:
        self.done.append(("leave", meeting, participant))
        self.inside.get(meeting, set()).discard(participant)

    async def silence(self, meeting: str, participant: str, silenced: bool) -> None:
        self.done.append(("silence" if silenced else "hear", meeting, participant))

    async def close(self, meeting: str) -> None:
        self.done.append(("close", meeting))
        self.inside.pop(meeting, None)

    def on_lost(self, callback: Lost) -> None:
        self._lost.append(callback)

    def lose(self, meeting: str, participant: str) -> None:
        """A connection ends; returns when the server has been told."""
        assert self._loop is not None
        told = threading.Event()

        def tell() -> None:
            for callback in self._lost:
                callback(meeting, participant)
            told.set()

        self._loop.call_soon_threadsafe(tell)
        assert told.wait()

    def of(self, *kinds: str) -> list[tuple[str, ...]]:
        """The calls of some kinds, without the meeting."""
        return [(call[0], *call[2:3]) for call in self.done if call[0] in kinds]
