"""Which meetings somebody is in, by the server's word: for the list alone, since a meeting may be entered early and go on after
its time. Who is in one is told by signed JOINs to those who come in."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pydantic import ValidationError

from client.core.bus import EventBus
from client.core.events import ConnectionChanged, Event, LinkState, MeetingsChanged
from client.core.tasks import TaskSupervisor
from client.meetings.ports import RoomRequests
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.wire.meetings import RunningReply, RunningSignal

_log = logging.getLogger(__name__)


class RunningMeetings:
    """Told by signals, and asked for whenever the server is reached again. On the core's thread."""

    kind = "meeting_running"

    def __init__(self, requests: RoomRequests, bus: EventBus, tasks: TaskSupervisor) -> None:
        self._requests = requests
        self._bus = bus
        self._tasks = tasks
        self._running: set[str] = set()
        self._told = 0
        bus.subscribe(self._heard)

    def __contains__(self, meeting: object) -> bool:
        return meeting in self._running

    async def take(self, body: Mapping[str, object]) -> None:
        """A signal.

        Raises:
            JinshuError: `wire.malformed`.
        """
        try:
            said = RunningSignal.model_validate(dict(body))
        except ValidationError:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None
        self._told += 1
        before = set(self._running)
        (self._running.add if said.running else self._running.discard)(said.meeting)
        self._say_if_other(before)

    async def ask(self) -> None:
        """What was told while the server was away was not heard.

        Raises:
            JinshuError: `network.*`, …
        """
        asked = -1
        while asked != self._told:
            # A signal that comes meanwhile may be newer than the answer.
            asked = self._told
            reply = await self._requests.get("/meetings/running", RunningReply)
        before, self._running = self._running, set(reply.meetings)
        self._say_if_other(before)

    def _say_if_other(self, before: set[str]) -> None:
        if before != self._running:
            self._bus.publish(MeetingsChanged())

    def _heard(self, event: Event) -> None:
        if isinstance(event, ConnectionChanged) and event.state in (LinkState.ONLINE, LinkState.POLLING):
            self._tasks.start("running meetings", self._ask_quietly())

    async def _ask_quietly(self) -> None:
        try:
            await self.ask()
        except JinshuError as error:
            # A server of before does not know; then the list goes by the times alone.
            _log.info("cannot ask which meetings are running: %s", error.code.value)
