"""The area composed: what `app.py` gives to the pages, and what it registers with the core."""

from __future__ import annotations

from collections.abc import Mapping

from client.core.client import CoreClient
from client.meetings.event_reader import ChairEvents, MeetingEvents
from client.meetings.meeting_calls import MeetingActs
from client.meetings.meetings import SIGNALS, Meetings
from client.meetings.ports import ports_of


class _Signal:
    """Signals of one kind, for the meeting this device is in."""

    def __init__(self, kind: str, meetings: Meetings) -> None:
        self.kind = kind
        self._meetings = meetings

    async def take(self, body: Mapping[str, object]) -> None:
        await self._meetings.signal(self.kind, body)


class MeetingArea:
    """Registers its handlers with the core; make it before the core starts."""

    def __init__(self, core: CoreClient) -> None:
        core.pull.register(MeetingEvents(core.signer, core.store, core.directory, core.copied_back))
        core.pull.register(ChairEvents(core.store, core.directory))
        core.outbox.register(MeetingActs(core.api))
        self.meetings = Meetings(ports_of(core))
        for kind in SIGNALS:
            core.signals.register(_Signal(kind, self.meetings))
        core.signals.register(self.meetings.running)
