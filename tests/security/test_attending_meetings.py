"""Whoever is in a meeting, whatever comes together, twice, late or not at all: one stay, no ghost, and no word too many."""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from client.media.feeds import SoundFeed
from client.meetings.attendance import Attendance
from client.meetings.meetings import Meetings
from client.meetings.ports import ports_of
from client.meetings.rows import LiveState
from client.meetings.session import Over
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.payloads import ChairAct
from tests.security.sittings import Seat, SilentPeer, Table, Unheard, table
from tests.support.small_city import b64
from tests.support.waiting import until
from tests.unit.core.clocks import ManualClock

pytestmark = pytest.mark.expects_logs
Patch = pytest.MonkeyPatch


async def attends(seat: Seat, opened: Table, microphone: SoundFeed | None = None) -> Attendance:
    """Somebody in the meeting whose attendance goes on only as a test moves it."""
    await seat.reads(opened.meeting)
    made = Attendance(ports_of(seat.core), seat.kept, Unheard(), random.Random(1).random, set())
    await made.begin(microphone, None)
    return made


async def gone(attendance: Attendance) -> None:
    """The attendance runs to its end."""
    await attendance.leave()
    await attendance.run()


# The chair


async def test_who_was_made_chair_is_not_meant_when_he_reads_of_it_together_with_a_mute_of_all(
    monkeypatch: Patch,
) -> None:
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        attending = {seat: await attends(seat, opened, SoundFeed()) for seat in (second, third)}
        await first.reads(opened.meeting)
        await first.acts(ChairAct.HAND_OVER, third.core.me.person)
        await first.acts(ChairAct.MUTE)
        for seat, attendance in attending.items():
            await seat.talker.follows()
            await attendance._read_again()
            attendance._publish()
        assert attending[third].row.microphone
        assert not attending[second].row.microphone
        shown = {row.person: row.chair for row in attending[third].row.participants}
        assert shown == {second.core.me.person: False, third.core.me.person: True}
        for attendance in attending.values():
            await gone(attendance)


def people(attendance: Attendance) -> set[str]:
    return {row.person for row in attendance.row.participants}


def joining(meetings: Meetings, opened: Table) -> asyncio.Task[None]:
    work = meetings.join(opened.meeting, microphone=None, camera=None, loudspeaker=Unheard())
    return opened.first.core.tasks.start("joining", work)


def staying(opened: Table) -> int:
    """How many attendances of the first go on."""
    return sum(task.get_name() == "meeting" for task in opened.first.core.tasks._tasks)


# What the conversation and the directory say while it goes on


async def test_what_a_chair_did_while_one_came_in_is_not_missed(monkeypatch: Patch) -> None:
    """It was read before anybody listened for it."""
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        attendance = await attends(second, opened, SoundFeed())
        await first.reads(opened.meeting)
        await first.acts(ChairAct.MUTE)
        await first.acts(ChairAct.LOCK)
        await second.talker.follows()
        second.core.tasks.start("meeting", attendance.run())
        await until(lambda: attendance.row.locked)
        assert not attendance.row.microphone
        await attendance.leave()


@pytest.mark.parametrize(
    ("what", "state"), [(ChairAct.REMOVE, LiveState.REMOVED), (ChairAct.END, LiveState.ENDED)]
)
async def test_who_reads_that_he_is_out_goes_though_the_server_lets_him_stay(
    what: ChairAct, state: LiveState, monkeypatch: Patch
) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        attendance = await attends(second, opened)
        running = second.core.tasks.start("meeting", attendance.run())
        await first.reads(opened.meeting)
        await first.acts(what, second.core.me.person if what is ChairAct.REMOVE else None)
        asked = len(second.face.heard)
        await second.talker.follows()
        await running
        assert attendance.row.state is state
        # By what was signed: nobody had to refuse him.
        assert not [path for _, path, _ in second.face.heard[asked:] if path.endswith("/join")]


async def test_who_reads_that_it_is_over_while_he_waits_for_another_try_makes_none(
    monkeypatch: Patch,
) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        attendance = await attends(second, opened)
        running = second.core.tasks.start("meeting", attendance.run())
        await first.reads(opened.meeting)
        attendance._tell_over(Over.LOST)
        await until(lambda: attendance.row.state is LiveState.REJOINING)
        asked = len(second.face.heard)
        await first.acts(ChairAct.END)
        await second.talker.follows()
        # Nobody moves the clock he waits for.
        await running
        assert attendance.row.state is LiveState.ENDED
        assert not [path for _, path, _ in second.face.heard[asked:] if path.endswith("/join")]


async def test_who_leaves_the_conversation_gets_no_key_once_that_is_read(monkeypatch: Patch) -> None:
    """The server says nothing of his going."""
    async with table(monkeypatch, members=3) as opened:
        first, third = opened.first, opened.third
        attendance = await attends(first, opened)
        await attendance.signal("meeting_joined", {"join": b64(await third.a_join(opened.meeting))})
        first.core.tasks.start("meeting", attendance.run())
        both = {first.core.me.person, third.core.me.person}
        await until(lambda: people(attendance) == both)
        await first.talker.conversations.remove_member(opened.talk, third.core.me.person)
        await until(lambda: people(attendance) == {first.core.me.person})
        await attendance.leave()


async def test_who_comes_to_the_conversation_is_let_in_once_that_is_read(monkeypatch: Patch) -> None:
    """His JOIN was here before his roster."""
    async with table(monkeypatch) as opened:
        first, third = opened.first, opened.third
        attendance = await attends(first, opened)
        with pytest.raises(JinshuError) as refused:
            await attendance.signal("meeting_joined", {"join": b64(await third.a_join(opened.meeting))})
        assert refused.value.code is ErrorCode.MEETINGS_NOT_ADMITTED
        first.core.tasks.start("meeting", attendance.run())
        await first.talker.conversations.add_members(opened.talk, (third.core.me.person,))
        await until(lambda: third.core.me.person in people(attendance))
        await attendance.leave()


async def test_a_meeting_bears_the_new_name_of_its_conversation(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first = opened.first
        attendance = await attends(first, opened)
        first.core.tasks.start("meeting", attendance.run())
        await first.talker.conversations.rename(opened.talk, "防汛会商")
        await until(lambda: attendance.row.title == "防汛会商")
        await attendance.leave()


async def test_a_device_that_is_revoked_gets_no_key_once_that_is_read(monkeypatch: Patch) -> None:
    """The server says nothing of its going."""
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        attendance = await attends(first, opened)
        await attendance.signal("meeting_joined", {"join": b64(await second.a_join(opened.meeting))})
        first.core.tasks.start("meeting", attendance.run())
        await until(lambda: second.core.me.person in people(attendance))
        world = opened.ring.world
        world.city.operate(world.revocation(second.core))
        await first.core.directory.catch_up()
        await until(lambda: people(attendance) == {first.core.me.person})
        await attendance.leave()


async def test_who_could_not_be_verified_for_a_moment_is_asked_for_again(monkeypatch: Patch) -> None:
    """He has seen more of the directory than we, and it cannot be fetched just now."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        attendance = await attends(first, opened)
        first.core.tasks.start("meeting", attendance.run())
        world = opened.ring.world
        world.city.operate(world.revocation(second.core))
        await third.core.directory.catch_up()
        comes = await attends(third, opened)
        first.face.refuse("/directory/head$", ErrorCode.SERVER_INTERNAL, 503)
        posted = [body for _, path, body in third.face.heard if path.endswith("/join")][-1]
        with pytest.raises(JinshuError):
            await attendance.signal("meeting_joined", {"join": json.loads(posted)["join"]})
        asked = len(first.face.heard)
        await until(lambda: any("/meetings/" in path for _, path, _ in first.face.heard[asked:]))
        assert third.core.me.person not in people(attendance)
        first.face._answers.clear()
        clock = first.core.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(2.0)
        await until(lambda: third.core.me.person in people(attendance))
        await attendance.leave()
        await gone(comes)


async def test_an_attendance_that_cannot_go_on_says_so(monkeypatch: Patch) -> None:
    """Whatever a fault of ours is called, nobody is left waiting for a connection that nobody makes."""
    async with table(monkeypatch) as opened:
        first = opened.first
        attendance = await attends(first, opened)

        async def stumbles(_self: object) -> str:
            raise RuntimeError

        monkeypatch.setattr(SilentPeer, "offer", stumbles)
        attendance.over(Over.LOST)
        running = first.core.tasks.start("meeting", attendance.run())
        clock = first.core.clock
        assert isinstance(clock, ManualClock)

        async def over() -> bool:
            await clock.advance(1.0)
            return running.done()

        await until(over)
        assert attendance.row.state is LiveState.FAILED
        assert attendance.row.fault == ErrorCode.CLIENT_INTERNAL.value


# Joining twice, leaving while joining


async def test_who_joins_twice_at_once_is_in_once(monkeypatch: Patch) -> None:
    """A double click: the attendance that nobody could leave would go on for ever, with the microphone on."""
    async with table(monkeypatch) as opened:
        meetings, media = Meetings(ports_of(opened.first.core)), opened.media
        media.free.clear()
        joins = [joining(meetings, opened) for _ in range(2)]
        media.free.set()
        await asyncio.gather(*joins, return_exceptions=True)
        await until(lambda: staying(opened) == 1)
        row = meetings.live()
        assert row is not None
        await meetings.leave()
        await until(lambda: not staying(opened))


async def test_who_leaves_while_he_joins_is_not_there(monkeypatch: Patch) -> None:
    """The server hears of his leaving before it has let him in."""
    async with table(monkeypatch) as opened:
        meetings, media = Meetings(ports_of(opened.first.core)), opened.media
        media.asked.clear()
        media.free.clear()
        join = joining(meetings, opened)
        await asyncio.to_thread(media.asked.wait, 20)
        await meetings.leave()
        media.free.set()
        await asyncio.gather(join, return_exceptions=True)
        assert meetings.live() is None
        await until(lambda: not media.inside.get(opened.meeting))


# Being muted


async def test_who_was_muted_and_comes_again_with_his_microphone_on_is_heard(monkeypatch: Patch) -> None:
    """The server goes on silencing a device that a chair muted, whichever attendance it is."""
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        keeper, muted = await attends(first, opened), await attends(second, opened, SoundFeed())
        await first.acts(ChairAct.MUTE, second.core.me.person)
        await second.talker.follows()
        await gone(muted)
        again = await attends(second, opened, SoundFeed())
        assert again.row.microphone
        silences = [each[0] for each in opened.media.done if each[2:3] == (second.core.me.device,)]
        assert [each for each in silences if each in ("silence", "hear")] == ["silence", "hear"]
        await gone(again)
        await gone(keeper)


async def test_a_microphone_that_may_not_be_heard_is_not_on(monkeypatch: Patch) -> None:
    """The server cannot be asked to take a mute back: then nobody is told that he speaks."""
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        attendance = await attends(second, opened, SoundFeed())
        await first.reads(opened.meeting)
        await first.acts(ChairAct.MUTE)
        await second.talker.follows()
        await attendance._read_again()
        second.face.refuse("/speak$", ErrorCode.SERVER_INTERNAL, 503)
        with pytest.raises(JinshuError):
            await attendance.contribution.start_microphone(SoundFeed())
        attendance._publish()
        assert not attendance.row.microphone
        await gone(attendance)
