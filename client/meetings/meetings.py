"""What the pages ask of meetings: all there are, and the one this device is in."""

from __future__ import annotations

import asyncio
import importlib
import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from client.core.events import Event, LiveMeetingChanged, Locked
from client.core.letters import matches
from client.core.tasks import wait_at_most
from client.meetings import chair_acts, ledger, meeting_list
from client.meetings.ledger import Kept
from client.meetings.meeting_calls import call
from client.meetings.ports import MeetingPorts
from client.meetings.rows import LiveRow, MeetingRow, QualityRow, View
from client.meetings.running_meetings import RunningMeetings
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.payloads import ChairAct

if TYPE_CHECKING:
    from client.media.newest import NewestFrame
    from client.media.sources import AudioSink, AudioSource
    from client.meetings.attendance import Attendance, Pictures

_ARRIVAL_SECONDS: Final = 10.0
SIGNALS: Final = ("meeting_joined", "meeting_left", "meeting_epoch", "meeting_waiting")


class Meetings:
    """On the core's thread, but for `live` and `picture`, which any thread may call."""

    def __init__(self, ports: MeetingPorts) -> None:
        self._ports = ports
        self.running = RunningMeetings(ports.requests, ports.bus, ports.tasks)
        self._attendance: Attendance | None = None
        self._came: dict[
            str, set[str]
        ] = {}  # meeting -> people seen in it: being locked does not keep them out
        self._entering = asyncio.Lock()  # two joins of one device would put each other out, again and again
        ports.bus.subscribe(self._heard)

    # All of them

    async def rows(self, query: str = "") -> tuple[MeetingRow, ...]:
        """The latest first; with a query those whose title or chair contains it."""
        kept = await self._ports.store.read(ledger.all_of)
        organisation, me = self._ports.directory.organisation, self._ports.signer.me.person
        now = self._ports.clock.now_ms()
        rows = (
            meeting_list.meeting_row(organisation, me, each, now, running=each.id in self.running)
            for each in kept
            if me in each.members
        )
        return tuple(row for row in rows if matches(f"{row.title}\n{row.chair}", query))

    async def call(self, conversation: str, starts_at: int, ends_at: int) -> str:
        """Call a meeting that I lead; returns its id."""
        return await call(self._ports, conversation, starts_at, ends_at)

    async def prepare(self) -> None:
        """Somebody looks at how he will go in: have the media engine there by then, which no start of the program waits for."""
        await asyncio.to_thread(importlib.import_module, "client.meetings.attendance")

    # The one I am in

    def live(self) -> LiveRow | None:
        attendance = self._attendance
        return None if attendance is None else attendance.row

    def picture(self, mid: str) -> NewestFrame | None:
        attendance = self._attendance
        return None if attendance is None else attendance.picture(mid)

    async def join(
        self,
        meeting: str,
        *,
        microphone: AudioSource | None,
        camera: Pictures | None,
        loudspeaker: AudioSink,
    ) -> None:
        """Come in; a meeting I am still in is left first.

        Raises:
            JinshuError: `meetings.*`, `network.*`.
        """
        await self.leave()
        kept = await self._arrived(meeting)
        kept.check_readable()
        # Deferred: aiortc and av take a quarter of a second and 60 MB, which only those pay who meet.
        from client.meetings.attendance import Attendance

        async with self._entering:
            await self.leave()
            attendance = Attendance(
                self._ports, kept, loudspeaker, random.random, self._came.setdefault(meeting, set())
            )
            self._show(attendance)
            try:
                await attendance.begin(microphone, camera)
            except BaseException:
                self._show(None)
                raise
            self._ports.tasks.start("meeting", attendance.run())

    async def leave(self) -> None:
        attendance, self._attendance = self._attendance, None
        if attendance is not None:
            await attendance.leave()
            self._ports.bus.publish(LiveMeetingChanged())

    async def start_microphone(self, source: AudioSource) -> None:
        await self._live.contribution.start_microphone(source)

    async def change_microphone(self, source: AudioSource) -> None:
        await self._live.contribution.change_microphone(source)

    async def stop_microphone(self) -> None:
        await self._live.contribution.stop_microphone()

    async def start_camera(self, source: Pictures) -> None:
        await self._live.contribution.start_camera(source)

    async def stop_camera(self) -> None:
        await self._live.contribution.stop_camera()

    async def start_screen(self, source: Pictures) -> None:
        await self._live.contribution.start_screen(source)

    async def stop_screen(self) -> None:
        await self._live.contribution.stop_screen()

    async def raise_hand(self, up: bool) -> None:
        self._live.raise_hand(up)

    async def view(self, pins: tuple[str, ...], high: int, videos: int, screen: bool) -> None:
        self._live.view(View(pins, high, videos, screen))

    async def quality(self) -> tuple[QualityRow, ...]:
        """How well everybody's sound and picture arrive."""
        return self._live.quality()

    # As its chair

    async def mute(self, person: str | None) -> None:
        """One, or everybody who is no chair."""
        await self._act(ChairAct.MUTE, person)

    async def remove(self, person: str) -> None:
        await self._act(ChairAct.REMOVE, person)

    async def admit(self, person: str) -> None:
        await self._act(ChairAct.ADMIT, person)

    async def lock(self, locked: bool) -> None:
        await self._act(ChairAct.LOCK if locked else ChairAct.UNLOCK)

    async def spotlight(self, person: str | None) -> None:
        await self._act(ChairAct.SPOTLIGHT, person)

    async def hand_over(self, person: str) -> None:
        await self._act(ChairAct.HAND_OVER, person)

    async def end(self) -> None:
        await self._act(ChairAct.END)

    # How

    async def signal(self, kind: str, body: Mapping[str, object]) -> None:
        """What the server says of the meeting this device is in."""
        if self._attendance is not None:
            await self._attendance.signal(kind, body)

    @property
    def _live(self) -> Attendance:
        if self._attendance is None:
            raise JinshuError(ErrorCode.MEETINGS_NOT_PRESENT)
        return self._attendance

    async def _act(self, what: ChairAct, target: str | None = None) -> None:
        await chair_acts.act(self._ports, self._live.meeting, what, target)

    async def _arrived(self, meeting: str) -> Kept:
        """The meeting, once the server has it: the outbox may still hold what was called a moment ago."""
        news, end = asyncio.Event(), self._ports.clock.monotonic() + _ARRIVAL_SECONDS
        unsubscribe = self._ports.bus.subscribe(lambda _event: news.set())
        try:
            while True:
                news.clear()
                kept = await self._ports.store.read(lambda c: ledger.find(c, meeting))
                if kept is None or kept.standing == ledger.REFUSED:
                    raise JinshuError(ErrorCode.MEETINGS_UNKNOWN, meeting=meeting)
                if kept.standing == ledger.SETTLED:
                    return kept
                left = end - self._ports.clock.monotonic()
                if left <= 0 or not await wait_at_most(news, self._ports.clock, left):
                    raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        finally:
            unsubscribe()

    def _show(self, attendance: Attendance | None) -> None:
        self._attendance = attendance
        self._ports.bus.publish(LiveMeetingChanged())

    def _heard(self, event: Event) -> None:
        if isinstance(event, Locked):
            attendance, self._attendance = self._attendance, None
            if attendance is not None:
                # One that is only being let in as well.
                attendance.part()
