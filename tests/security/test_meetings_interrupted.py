"""A meeting in the middle of which something else happens: a lock, a wrong clock, a network that stumbles, two hands on one switch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from client.core.tasks import TaskSupervisor
from client.media.feeds import SoundFeed
from client.meetings.attendance import Attendance
from client.meetings.meetings import Meetings
from client.meetings.ports import ports_of
from client.meetings.rows import LiveState
from client.meetings.session import Over
from protocol.crypto.frames import Stream
from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.epochs import SUCCESSION_MS
from protocol.meetings.payloads import ChairAct
from tests.security.sittings import Seat, SilentPeer, Table, Unheard, table
from tests.security.test_attending_meetings import attends, gone, joining
from tests.support.small_city import HOUR_MS, b64
from tests.support.waiting import until
from tests.unit.core.clocks import ManualClock

pytestmark = pytest.mark.expects_logs
Patch = pytest.MonkeyPatch
DAY_MS = 24 * HOUR_MS


def advance(seat: Seat, seconds: float) -> Any:
    clock = seat.core.clock
    assert isinstance(clock, ManualClock)
    return clock.advance(seconds)


async def in_time(seat: Seat, true: Callable[[], bool]) -> None:
    """Let somebody's time pass until it happens."""

    async def happened() -> bool:
        await advance(seat, 0.1)
        return true()

    await until(happened)


def failures(records: pytest.LogCaptureFixture) -> list[str]:
    """Tasks that died."""
    return [each.getMessage() for each in records.records if each.exc_info]


# Two hands on the microphone


async def muted(opened: Table) -> tuple[Seat, Attendance]:
    """The second, whom the chair has muted, and who has read of it."""
    first, second = opened.first, opened.second
    attendance = await attends(second, opened, SoundFeed())
    await first.reads(opened.meeting)
    await first.acts(ChairAct.MUTE)
    await second.talker.follows()
    await attendance._read_again()
    return second, attendance


async def asking(
    second: Seat, attendance: Attendance, patch: Patch
) -> tuple[asyncio.Event, asyncio.Task[None]]:
    """He presses the button, and the server takes its time; it answers once the event is set."""
    asked, go_on = asyncio.Event(), asyncio.Event()
    speak = attendance._room.speak

    async def slowly() -> None:
        asked.set()
        await go_on.wait()
        await speak()

    patch.setattr(attendance._room, "speak", slowly)
    start = second.core.tasks.start("speaking", attendance.contribution.start_microphone(SoundFeed()))
    await asked.wait()
    return go_on, start


async def test_who_stops_while_the_server_is_asked_to_hear_him_is_off(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        second, attendance = await muted(opened)
        go_on, start = await asking(second, attendance, monkeypatch)
        await attendance.contribution.stop_microphone()
        go_on.set()
        await start
        attendance._publish()
        assert not attendance.row.microphone
        await gone(attendance)


async def test_who_is_muted_again_while_the_server_is_asked_to_hear_him_is_off_and_told(
    monkeypatch: Patch,
) -> None:
    async with table(monkeypatch) as opened:
        second, attendance = await muted(opened)
        told = second.talker.notices.count(ErrorCode.MEETINGS_MUTED)
        go_on, start = await asking(second, attendance, monkeypatch)
        await opened.first.acts(ChairAct.MUTE)
        await second.talker.follows()
        await attendance._read_again()
        go_on.set()
        await start
        attendance._publish()
        assert not attendance.row.microphone
        assert second.talker.notices.count(ErrorCode.MEETINGS_MUTED) == told + 1
        # By his own hand, once more: the server is asked again.
        monkeypatch.undo()
        asked = len([path for _, path, _ in second.face.heard if path.endswith("/speak")])
        await attendance.contribution.start_microphone(SoundFeed())
        attendance._publish()
        assert attendance.row.microphone
        assert len([path for _, path, _ in second.face.heard if path.endswith("/speak")]) == asked + 1
        await gone(attendance)


# A network that stumbles


async def test_who_cannot_ask_who_was_quicker_asks_again_and_stays(
    monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    """His epoch came second, and the question after the first one fails once."""
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first, second)
        refused = JinshuError(ErrorCode.MEETINGS_ACT_OUTDATED)
        announce, present = first.driver._room.announce, first.driver._room.present
        answers: list[JinshuError] = [refused, JinshuError(ErrorCode.NETWORK_UNREACHABLE)]

        async def late(*asked: Any) -> None:
            if refused in answers:
                raise answers.pop(0)
            await announce(*asked)

        async def unreachable() -> Any:
            if answers:
                raise answers.pop(0)
            return await present()

        monkeypatch.setattr(first.driver._room, "announce", late)
        monkeypatch.setattr(first.driver._room, "present", unreachable)
        await second.core.api.post_bytes(f"/meetings/{opened.meeting}/leave", b"")
        join = {"meeting": opened.meeting, "device": second.core.me.device, "join": second.driver.me.id}
        assert await first.told("meeting_left", **join) is None
        await until(lambda: not answers)
        await in_time(first, lambda: first.participants == [first.driver.me.id])
        assert first.ends == []
        assert failures(caplog) == []


async def test_who_was_verified_gets_keys_though_another_of_those_present_could_not_be(
    monkeypatch: Patch,
) -> None:
    """The other has seen more of the directory than we, and it cannot be fetched just now."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first)
        join = await second.a_join(opened.meeting)
        await opened.ring.joined(second.core.me.person)
        await third.core.directory.catch_up()
        later = await third.a_join(opened.meeting)
        first.face.refuse("/directory/head$", ErrorCode.SERVER_INTERNAL, 503)

        def both(reply: dict[str, Any]) -> dict[str, Any]:
            return reply | {"joins": [*reply["joins"], b64(join), b64(later)]}

        first.face.lie(f"/meetings/{opened.meeting}$", both)
        with pytest.raises(JinshuError):
            await first.looks()
        # Nobody moves the clock, and nothing else is said.
        await first.until(lambda: Signed.parse(join).entry_id in first.participants)


async def test_who_is_not_there_for_the_server_comes_anew_and_nothing_fails(
    monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    """The signal that he is gone was lost; he learns of it as he announces."""
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first, second)
        await first.core.api.post_bytes(f"/meetings/{opened.meeting}/leave", b"")
        gone_too = {"meeting": opened.meeting, "device": second.core.me.device, "join": second.driver.me.id}
        await first.told("meeting_left", **gone_too)
        await first.until(lambda: first.ends == [Over.LEFT])
        assert failures(caplog) == []


# A clock that is wrong


@pytest.mark.parametrize("by", [DAY_MS, -DAY_MS])
async def test_a_clock_that_jumps_by_a_day_ends_no_stay(
    by: int, monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    """What he announces is refused; the next in rank makes the keys, and he takes them."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        honest, heard = first.core.clock.now_ms, len(first.face.heard)
        monkeypatch.setattr(first.core.clock, "now_ms", lambda: honest() + by)
        await third.core.api.post_bytes(f"/meetings/{opened.meeting}/leave", b"")
        for seat in (first, second):
            left = {"meeting": opened.meeting, "device": third.core.me.device, "join": third.driver.me.id}
            await seat.told("meeting_left", **left)
        await until(lambda: any(path.endswith("/epoch") for _, path, _ in first.face.heard[heard:]))
        await advance(second, SUCCESSION_MS / 1000 + 0.1)
        await second.until(lambda: second.participants == [first.driver.me.id, second.driver.me.id])
        await first.looks()
        assert first.driver.keys.ready
        assert first.driver.keys.epoch == second.driver.keys.epoch
        # It is set right again: he announces as before.
        monkeypatch.setattr(first.core.clock, "now_ms", honest)
        await first.told(
            "meeting_left", **(left | {"device": second.core.me.device, "join": second.driver.me.id})
        )
        await in_time(first, lambda: first.participants == [first.driver.me.id])
        assert first.ends == second.ends == []
        assert failures(caplog) == []


# A profile that is locked


async def test_a_profile_that_is_locked_leaves_its_meeting_and_no_key_of_it(
    monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    async with table(monkeypatch) as opened:
        meetings = Meetings(ports_of(opened.first.core))
        await joining(meetings, opened)
        attendance = meetings._attendance
        assert attendance is not None
        driver = attendance._driver
        assert driver is not None
        await until(lambda: driver.keys.ready)
        await until(lambda: driver.keys.sealer(Stream.AUDIO) is not None)
        frame = driver.keys.sealer(Stream.AUDIO)
        rows: list[LiveState] = []
        opened.first.core.bus.subscribe(lambda _event: rows.append(attendance.row.state))
        await opened.first.core.lock()
        assert frame is not None
        assert meetings.live() is None
        assert LiveState.FAILED not in rows
        assert driver.keys.sealer(Stream.AUDIO) is None
        assert not driver.keys.ready
        assert not driver.keys._held
        assert not opened.first.core.tasks._tasks
        assert not driver._tasks._tasks
        assert failures(caplog) == []


async def test_a_profile_that_is_locked_while_it_joins_is_not_there(
    monkeypatch: Patch, caplog: pytest.LogCaptureFixture
) -> None:
    """The answer of the server comes after the lock."""
    async with table(monkeypatch) as opened:
        core, meetings, answered, go_on = (
            opened.first.core,
            Meetings(ports_of(opened.first.core)),
            asyncio.Event(),
            asyncio.Event(),
        )
        peers: list[SilentPeer] = []

        async def slowly(self: SilentPeer, _answer: str) -> None:
            peers.append(self)
            answered.set()
            await go_on.wait()

        closed: list[SilentPeer] = []

        async def close(self: SilentPeer) -> None:
            closed.append(self)

        monkeypatch.setattr(SilentPeer, "answer", slowly)
        monkeypatch.setattr(SilentPeer, "close", close)

        async def pressed() -> None:
            with suppress(JinshuError):
                await meetings.join(opened.meeting, microphone=None, camera=None, loudspeaker=Unheard())

        # By the page: no task of the core's.
        join = TaskSupervisor().start("page", pressed())
        await answered.wait()
        await core.lock()
        go_on.set()
        await join
        await until(lambda: not core.tasks._tasks)
        assert meetings.live() is None
        assert set(peers) <= set(closed)
        assert failures(caplog) == []


async def test_a_stay_that_is_being_ended_when_the_profile_is_locked_is_ended(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first = opened.first
        attendance = await attends(first, opened)
        driver = attendance._driver
        closing, closed, never = asyncio.Event(), asyncio.Event(), asyncio.Event()

        async def close(_self: SilentPeer) -> None:
            if not closing.is_set():
                closing.set()
                await never.wait()
            closed.set()

        monkeypatch.setattr(SilentPeer, "close", close)
        first.core.tasks.start("meeting", attendance.run())
        attendance.over(Over.LOST)
        await closing.wait()
        await first.core.lock()
        assert closed.is_set()
        assert driver is not None
        assert not driver.keys._held
