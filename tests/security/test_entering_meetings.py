"""Coming into a meeting while others come: what is told before the server's reply is there is not lost, and no lie in it keeps out."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from client.meetings.attendance import Attendance
from client.meetings.ports import ports_of
from client.meetings.session import SAY_AGAIN_MS, TimePassed
from client.meetings.session_driver import SessionDriver
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.security.sittings import Unheard, table
from tests.support.small_city import b64, fresh


async def test_nothing_is_left_of_a_stay_that_could_not_be_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    """He had already heard of the keys in force, and was about to say what he does."""
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first)
        await second.reads(opened.meeting)
        failed: list[SessionDriver] = []

        async def fails(driver: SessionDriver) -> None:
            assert driver.session._say_at is not None
            failed.append(driver)
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)

        monkeypatch.setattr(SessionDriver, "_take_early", fails)
        attendance = Attendance(ports_of(second.core), second.kept, Unheard(), lambda: 0.0, set())
        with pytest.raises(JinshuError):
            await attendance.begin(None, None)
        [driver] = failed
        assert driver.session.wake_at() is None
        assert driver.session.take(TimePassed(), driver.now_ms() + SAY_AGAIN_MS) == ()
        assert not driver._tasks._tasks
        assert not driver.keys._held


@pytest.mark.expects_logs("a signal of kind meeting_joined was passed over")
async def test_who_comes_while_one_is_let_in_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first)
        await second.reads(opened.meeting)
        attendance = Attendance(ports_of(second.core), second.kept, Unheard(), lambda: 0.0, set())
        loop = asyncio.get_running_loop()
        told = [await third.a_join(fresh(IdKind.MEETING)), await third.a_join(opened.meeting)]

        def late(reply: dict[str, Any]) -> dict[str, Any]:
            """The reply is slower than the push channel."""
            for join in told:
                taken = attendance.signal("meeting_joined", {"join": b64(join)})
                asyncio.run_coroutine_threadsafe(taken, loop).result()
            return reply

        second.face.lie("/join$", late)
        await attendance.begin(None, None)
        try:
            devices = {seat.core.me.device for seat in (first, second, third)}
            assert {each.device for each in attendance.row.participants} == devices
        finally:
            await attendance._close()
