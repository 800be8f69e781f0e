"""One `Participation` with its sessions, its store and its devices: what I look at, what I contribute, and coming back.

What follows from what is decided in participation.py; here it is done, one thing after the other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final, TypeAlias

from sqlalchemy import Connection

from client.core.events import (
    ConversationsChanged,
    DirectoryChanged,
    Event,
    LinkState,
    LiveMeetingChanged,
    MeetingsChanged,
    NoticeRaised,
)
from client.core.tasks import wait_at_most
from client.media.newest import NewestFrame
from client.media.sources import AudioSink, AudioSource
from client.meetings import contribution, ledger, presenter
from client.meetings import participation as machine
from client.meetings.ledger import Kept
from client.meetings.participation import Participation
from client.meetings.ports import MeetingPorts
from client.meetings.room_server import RoomServer
from client.meetings.rows import LiveRow, QualityRow, View
from client.meetings.session import Over
from client.meetings.session_driver import SessionDriver
from protocol.errors import ErrorCode, JinshuError, Recovery
from protocol.meetings import chair
from protocol.meetings.payloads import ChairEntry

_log = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 0.25
# What opens a locked meeting is told; should the word be lost, it is found out by trying.
_KNOCK_SECONDS: Final = 15.0
_ANSWER_SECONDS: Final = 2.0


Pictures: TypeAlias = contribution.Pictures


class Attendance:
    """On the core's thread, but for `row`, which any thread may read. `begin` once, then `run` until it returns."""

    def __init__(
        self, ports: MeetingPorts, kept: Kept, sink: AudioSink, jitter: Callable[[], float], came: set[str]
    ) -> None:
        self._ports = ports
        self._kept = kept
        self._sink = sink
        self._came = came
        self._room = RoomServer(ports.requests, kept.id)
        self._participation = Participation(ports.signer.me.person, jitter)
        self._driver: SessionDriver | None = None
        self._entering: SessionDriver | None = None
        self._closing: SessionDriver | None = None
        self._over: asyncio.Future[Over] | None = None
        self._view = View()
        self._joined_at = 0
        self._changed = asyncio.Event()
        self._reread = asyncio.Event()
        self.contribution = contribution.Contribution(lambda: self._room.speak(), self._say)
        self.row: LiveRow = self._shown()

    @property
    def meeting(self) -> str:
        return self._kept.id

    @property
    def kept(self) -> Kept:
        return self._kept

    @property
    def ended(self) -> bool:
        return self._participation.ended

    # Coming and going

    async def begin(self, microphone: AudioSource | None, camera: Pictures | None) -> None:
        """Join; before a locked meeting, wait until it is unlocked, and come in neither seen nor heard: by then one may be busy
        with something else.

        Raises:
            JinshuError: `meetings.*`, `network.*`; nothing is left behind then.
        """
        self.contribution.silenced = await self._was_silenced()
        if camera is not None:
            await self.contribution.start_camera(camera)
        waited = await self._enter_when_open()
        try:
            if microphone is not None and not waited:
                await self.contribution.start_microphone(microphone)
            self._joined_at = self._ports.clock.now_ms()
            self._publish()
        except BaseException:
            await self._close()
            raise

    async def run(self) -> None:
        """Stay until left, put out or cancelled, coming back after each loss."""
        leave = self._ports.bus.subscribe(self._heard)
        # What was read while I came in nobody has told me.
        self._reread.set()
        try:
            while not self._participation.over:
                await self._attend()
        except asyncio.CancelledError:
            # The profile is locked or closed: the connection ends, and with it I am gone for the others.
            self._give(machine.Parted())
            raise
        finally:
            leave()
            # By a fault of ours, if it is not over: the supervisor of tasks tells of it, and nobody is to sit before a meeting that
            # has stopped.
            self._give(machine.Stumbled())
            await self._close()
            self._publish()

    async def leave(self) -> None:
        """Go, and say so; whoever cannot say it is missed within seconds."""
        self.part()
        await self._farewell()

    def part(self) -> None:
        """Go without a word: no key is left to speak with."""
        self._give(machine.Parted())
        self._reread.set()

    async def signal(self, kind: str, body: Mapping[str, object]) -> None:
        # The server tells of who comes as soon as it has let us in, and its reply may still be on its way.
        driver = self._driver or self._entering
        if driver is None:
            return
        try:
            await driver.signal(kind, body)
        except JinshuError as error:
            if error.recovery is Recovery.RETRY:
                # Nothing is wrong with it; it could not be verified just now, and is not said again.
                self._miss_signals()
            raise

    def raise_hand(self, up: bool) -> None:
        self.contribution.raise_hand(self._ports.clock.now_ms() if up else 0)

    # What I see

    def view(self, view: View) -> None:
        self._view = view
        self._apply_view()

    def picture(self, mid: str) -> NewestFrame | None:
        """The newest picture of a video slot; another one after each stay."""
        driver = self._driver
        return None if driver is None else driver.peer.pictures.get(mid)

    def quality(self) -> tuple[QualityRow, ...]:
        if self._driver is None:
            return ()
        return presenter.quality_rows(self._ports.directory.organisation, self._driver)

    # Staying

    async def _attend(self) -> None:
        """One stay, from its beginning to its end."""
        if self._driver is None and not await self._come_again():
            return
        assert self._over is not None
        while not self._over.done():
            if self._reread.is_set():
                self._reread.clear()
                await self._read_again()
            await self._look()
            self._publish()
            # Whoever starts or stops to speak is found by looking; all else wakes.
            await wait_at_most(self._changed, self._ports.clock, _LOOK_SECONDS)
            self._changed.clear()
        over = self._over.result()
        _log.info("a stay in a meeting is over: %s", over.value)
        await self._close()
        await self._read_again()
        await self._rest_if_told(machine.SessionOver(over))

    async def _rest_if_told(self, said: machine.SessionOver | machine.EntryFailed) -> None:
        for output in self._give(said):
            if isinstance(output, machine.Rest):
                await self._rest(output.ms / 1000)

    async def _rest(self, seconds: float) -> None:
        """Wait before another try; whoever reads meanwhile that he is out, or that it is over, makes none."""
        clock = self._ports.clock
        until = clock.monotonic() + seconds
        while not self._participation.over and (left := until - clock.monotonic()) > 0:
            if await wait_at_most(self._reread, clock, left):
                self._reread.clear()
                await self._read_again()

    async def _come_again(self) -> bool:
        """Another stay; waits longer after each try that fails for a passing reason."""
        telling = self._ports.tasks.start("a lost meeting", self._tell_lost_later())
        try:
            await self._enter()
        except JinshuError as error:
            _log.info("cannot come back into the meeting: %s", error.code.value)
            telling.cancel()
            await self._rest_if_told(machine.EntryFailed(error))
            return False
        finally:
            telling.cancel()
        return True

    async def _tell_lost_later(self) -> None:
        await self._ports.clock.sleep(_ANSWER_SECONDS)
        self._give(machine.EntryDelayed())

    async def _enter_when_open(self) -> bool:
        """Come in for the first time; says whether a locked meeting was waited for."""
        waited = False
        leave = self._ports.bus.subscribe(self._heard)
        try:
            while not await self._enter_unless_locked():
                waited = True
                await self.contribution.stop_camera()
                await self._wait_for_chair()
        finally:
            leave()
        self._give(machine.SessionBegan(first=True))
        return waited

    async def _enter_unless_locked(self) -> bool:
        try:
            await self._enter()
        except JinshuError as error:
            if error.code is not ErrorCode.MEETINGS_LOCKED:
                raise
            return False
        return True

    async def _wait_for_chair(self) -> None:
        """Until the meeting may be open, as far as is known here.

        Raises:
            JinshuError: `meetings.ended`, `meetings.removed`; `meetings.not_present`, I have given up waiting.
        """
        self._give(machine.LockMet())
        told = True
        while told:
            told = await wait_at_most(self._reread, self._ports.clock, _KNOCK_SECONDS)
            self._reread.clear()
            await self._read_again()
            if self._participation.parted:
                raise JinshuError(ErrorCode.MEETINGS_NOT_PRESENT, meeting=self.meeting)
            if self._participation.fault is not None:
                raise JinshuError(self._participation.fault, meeting=self.meeting)
            if not self._kept.chair.locked:
                return

    async def _enter(self) -> None:
        self._over = asyncio.get_running_loop().create_future()
        driver = SessionDriver(self._ports, self._kept, self._room, self._sink, self, self._came)
        self._entering = driver
        try:
            await driver.enter()
        finally:
            self._entering = None
        self._driver = driver
        self._give(machine.SessionBegan())
        if self._participation.parted:
            # It was said before the server had let us in.
            await self._farewell()
        self._apply_view()
        self.contribution.begin(driver.peer)

    async def _farewell(self) -> None:
        with suppress(JinshuError):
            await self._room.leave()

    async def _close(self) -> None:
        self.contribution.end()
        # One that was being closed when this was cancelled is closed to its end.
        self._closing, self._driver = self._driver or self._closing, None
        if self._closing is not None:
            await self._closing.close()
            self._closing = None

    async def _look(self) -> None:
        """Whether the stay has become a full one, and what was missed while the push channel was away."""
        if self._driver is None:
            return
        if self._driver.connected_at:
            self._give(machine.SessionConnected())
        for output in self._give(machine.TimePassed()):
            if isinstance(output, machine.Look):
                await self._look_again(self._driver)

    async def _look_again(self, driver: SessionDriver) -> None:
        try:
            await driver.look_again()
        except JinshuError as error:
            _log.info("cannot ask who is in the meeting: %s", error.code.value)
            self._give(machine.Looked(error))

    async def _read_again(self) -> None:
        """What the chairs have done since."""
        before = self._kept.chair

        def read(connection: Connection) -> tuple[Kept | None, list[tuple[bytes, ChairEntry]]]:
            return ledger.find(connection, self.meeting), ledger.acts_after(
                connection, self.meeting, before.n
            )

        kept, acts = await self._ports.store.read(read)
        if kept is None:
            return
        self._kept = kept
        silenced = chair.silences(before, acts, self._ports.signer.me.person)
        for output in self._give(machine.RulesRead(kept.chair, silenced)):
            if isinstance(output, machine.FallSilent):
                await self._fall_silent()
        if self._driver is not None:
            await self._driver.judge_again(kept)
        self._apply_view()

    async def _was_silenced(self) -> bool:
        """Whether a chair has muted me in this meeting: the server then keeps me silent until I ask, even in another stay."""
        kept, me = self._kept, self._ports.signer.me.person
        acts = await self._ports.store.read(lambda c: ledger.acts_after(c, kept.id, 0))
        return chair.silences(chair.opened(kept.entry_id, kept.meeting), acts, me)

    async def _fall_silent(self) -> None:
        if await self.contribution.fall_silent():
            self._ports.bus.publish(NoticeRaised(ErrorCode.MEETINGS_MUTED))

    # Told

    def changed(self) -> None:
        self._changed.set()

    def over(self, why: Over) -> None:
        self._tell_over(why)

    def device_failed(self, task: str, error: Exception) -> None:
        """A camera that was pulled out: the meeting goes on without it."""
        _log.info("%s ended in a meeting: %s", task, type(error).__name__)
        stop = self.contribution.stops.get(task.split(" ")[0])
        if stop is not None:
            self._ports.tasks.start("a device that failed", _awaited(stop()))
            code = ErrorCode.MEETINGS_DEVICE_FAILED
            self._ports.bus.publish(NoticeRaised(code, (("device", task.split(" ")[0]),)))

    def _heard(self, event: Event) -> None:
        if self._is_news(event):
            self._reread.set()
            self._changed.set()
        elif getattr(event, "state", None) is LinkState.ONLINE:
            self._miss_signals()

    # How

    def _give(self, said: machine.Input) -> tuple[machine.Output, ...]:
        """One input; what needs no waiting is done, and all that came out is returned."""
        outputs = self._participation.take(said, int(self._ports.clock.monotonic() * 1000))
        for output in outputs:
            if isinstance(output, machine.EndSession):
                self._tell_over(Over.LEFT)
            elif isinstance(output, machine.Changed):
                self._publish()
        return outputs

    def _miss_signals(self) -> None:
        self._give(machine.SignalsMissed())
        self._changed.set()

    def _is_news(self, event: Event) -> bool:
        """Whether it may change who may be here, or how the meeting is called."""
        if isinstance(event, ConversationsChanged):
            return self._kept.conversation in event.conversations
        return isinstance(event, MeetingsChanged | DirectoryChanged)

    def _tell_over(self, why: Over) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(why)
        self._changed.set()

    def _say(self) -> None:
        if self._driver is not None:
            self._driver.say(self.contribution.doing)
        self._changed.set()

    def _apply_view(self) -> None:
        if self._driver is None:
            return
        wanted, spot = self._view, self._kept.chair.spotlight
        lit = (
            ()
            if spot is None
            else tuple(s.device for s in self._driver.keys.presence.stays if s.person == spot)
        )
        pins = tuple(dict.fromkeys((*lit, *wanted.pins)))
        self._driver.peer.view(pins, wanted.high, wanted.videos, wanted.screen)

    def _shown(self) -> LiveRow:
        fault = self._participation.fault
        mine = presenter.Mine(
            state=self._participation.state,
            fault=None if fault is None else fault.value,
            doing=self.contribution.doing,
            joined_at=self._joined_at,
        )
        return presenter.live_row(
            self._ports.directory.organisation, self._ports.signer.me.person, self._kept, self._driver, mine
        )

    def _publish(self) -> None:
        row = self._shown()
        if row != self.row:
            self.row = replace(row)
            self._ports.bus.publish(LiveMeetingChanged())


async def _awaited(work: Awaitable[None]) -> None:
    await work
