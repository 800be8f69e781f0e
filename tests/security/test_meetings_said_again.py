"""A server that says things again, late, to some only; and what members in a meeting then believe of who is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from protocol.crypto.signature import Signed
from protocol.errors import ErrorCode
from protocol.meetings.epochs import SUCCESSION_MS
from protocol.meetings.payloads import ChairAct, EpochPacket
from tests.security.sittings import table
from tests.security.test_meetings_interrupted import advance
from tests.support.waiting import until

pytestmark = pytest.mark.expects_logs
Patch = pytest.MonkeyPatch


# A lock, and who was in before it


async def test_who_was_in_before_the_lock_is_believed_by_a_chair_who_never_saw_him(
    monkeypatch: Patch,
) -> None:
    """The second was in, was lost, and comes back after another chair has come for the first time."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second)
        for what, target in ((ChairAct.HAND_OVER, third.core.me.person), (ChairAct.LOCK, None)):
            await first.acts(what, target)
        await second.core.api.post_bytes(f"/meetings/{opened.meeting}/leave", b"")
        await second.driver.close()
        for seat in (first, second, third):
            await seat.talker.follows()
            await seat.reads(opened.meeting)
        await first.told(
            "meeting_left", meeting=opened.meeting, device=second.core.me.device, join=second.driver.me.id
        )
        await third.sits(opened.meeting)
        opened.sat.append(third)
        await first.looks()
        await first.rests(third)
        await second.sits(opened.meeting)
        assert await third.told("meeting_joined", join=second.join) is ErrorCode.MEETINGS_LOCKED
        # Who does not know him does not make keys without him: nothing has changed for him.
        assert third.driver.keys.due_at() is None
        await first.told("meeting_joined", join=second.join)
        await first.until(lambda: second.driver.me.id in first.participants)
        await third.looks()
        await third.until(lambda: second.driver.me.id in third.present)
        await first.rests(second, third)
        assert third.present == first.present == second.present
        frame = second.speaks()
        assert third.opens(frame)
        assert first.opens(frame)


async def test_who_stands_before_a_locked_meeting_is_not_let_in_by_what_he_announces(
    monkeypatch: Patch,
) -> None:
    """With the server's help: his JOIN, and an epoch of his own that names him."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second)
        await first.acts(ChairAct.LOCK)
        await second.talker.follows()
        for seat in (first, second):
            await seat.reads(opened.meeting)
        await third.reads(opened.meeting)
        join = await third.a_join(opened.meeting)
        third_id = Signed.parse(join).entry_id
        assert await second.told("meeting_joined", join=join) is ErrorCode.MEETINGS_LOCKED
        epoch = await third.an_epoch(second, *second.participants, third_id)
        told = await second.told("meeting_epoch", epoch=epoch.to_bytes(), packet=None)
        assert told is ErrorCode.MEETINGS_EPOCH_REFUSED
        assert len(second.present) == 2


# A directory that has moved on


async def test_a_device_that_is_revoked_gets_no_packet_though_nobody_has_put_it_out_yet(
    monkeypatch: Patch,
) -> None:
    """New keys fall due between the moment the revocation is known and the moment those present are judged by it."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        world = opened.ring.world
        world.city.operate(world.revocation(third.core))
        await first.core.directory.catch_up()
        # As before the judging: the server, which does not follow the log either, has not said that he is gone.
        plan = first.driver.keys.plan()
        assert third.driver.me.id in {stay.id for stay in first.driver.keys.presence.stays}
        to = tuple(stay for stay in first.driver.keys.presence.stays if stay.id != first.driver.me.id)
        packets = await first.driver._exchange.packets(replace(plan, to=to), bytes(32))
        assert {EpochPacket.parse(each.value()).to for each in packets} == {second.core.me.device}


# A server that says everything again


async def test_what_was_said_before_changes_nothing_when_it_is_said_again(monkeypatch: Patch) -> None:
    """All JOINs, all epochs with their packets, all departures, in turn and turned about."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        former = third.driver.me.id
        await third.core.api.post_bytes(f"/meetings/{opened.meeting}/leave", b"")
        left = {"meeting": opened.meeting, "device": third.core.me.device, "join": former}
        for seat in (first, second):
            await seat.told("meeting_left", **left)
        await first.rests(second)
        here, epoch = first.present, first.driver.keys.epoch
        said: list[tuple[str, dict[str, Any]]] = [("meeting_left", left)]
        for seat in (first, second, third):
            said += [("meeting_joined", {"join": seat.join})]
            for _, reply in seat.face.said:
                if reply.get("epoch"):
                    said += [("meeting_epoch", {"epoch": reply["epoch"], "packet": reply["packet"]})]
        for seat in (first, second):
            for kind, body in (*said, *reversed(said)):
                assert await seat.told(kind, **body) in (
                    None,
                    ErrorCode.MEETINGS_NOT_ADMITTED,
                    ErrorCode.MEETINGS_EPOCH_REFUSED,
                    ErrorCode.CERTIFICATE_UNKNOWN,
                )
                assert seat.present == here
                assert seat.driver.keys.epoch == epoch
                assert seat.driver.keys.ready
        assert second.opens(first.speaks())
        assert first.ends == second.ends == []


async def test_who_is_kept_from_one_of_those_present_costs_the_others_nothing(monkeypatch: Patch) -> None:
    """The first is not told of the third: he seals to nobody he does not know, and they meet when he is told."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second)
        await third.sits(opened.meeting)
        opened.sat.append(third)
        assert await second.told("meeting_joined", join=third.join) is None
        await advance(second, SUCCESSION_MS / 1000 + 0.1)
        await second.until(lambda: third.driver.me.id in second.participants)
        await third.looks()
        assert third.driver.keys.ready
        epoch = second.driver.keys.epoch
        assert third.core.me.device not in first.seals_to()[0]
        assert third.driver.me.id not in first.present
        # He is told at last.
        await first.looks()
        await until(lambda: third.driver.me.id in first.participants)
        assert first.driver.keys.epoch == epoch
        await second.looks()
        assert first.present == second.present == third.present
        assert first.ends == second.ends == third.ends == []
