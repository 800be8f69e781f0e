"""A lying server, and members who help it, against meetings (C22–C26): each lie is named by its code, and no key goes astray."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from protocol.crypto.frames import kid_of
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.meetings.epochs import SWITCH_MS, commitment, kid_bits
from protocol.meetings.payloads import ChairAct, EpochKind
from tests.security.sittings import Seat, Table, table
from tests.support.small_city import HOUR_MS, b64, fresh
from tests.unit.core.clocks import ManualClock

pytestmark = pytest.mark.expects_logs
Patch = pytest.MonkeyPatch
SECRET = bytes(range(32))


def resigned(data: bytes, key: SigningKey, cert_hash: bytes) -> bytes:
    """The same payload by another hand."""
    signed = Signed.parse(data)
    return sign(key, cert_hash, signed.type, signed.value()).to_bytes()


async def comes_anew(first: Seat, second: Seat, meeting: str) -> None:
    await second.driver.close()
    await second.sits(meeting)
    await first.looks()
    await first.rests(second)


# Who is there


async def ghosts(opened: Table) -> list[tuple[bytes, ErrorCode]]:
    """JOINs of who must not be believed to be there."""
    first, second, third = opened.first, opened.second, opened.third
    meeting, me = opened.meeting, second.core.me
    honest = await second.a_join(meeting)
    outside = await third.a_join(meeting)
    unknown = SigningKey.generate()
    face = second.face
    return [
        (outside, ErrorCode.MEETINGS_NOT_ADMITTED),
        (await third.a_join(meeting, person=me.person, device=me.device), ErrorCode.CERTIFICATE_UNKNOWN),
        (await third.a_join(meeting, person=me.person), ErrorCode.CERTIFICATE_UNKNOWN),
        (await second.a_join(fresh(IdKind.MEETING)), ErrorCode.MEETINGS_UNKNOWN),
        (await second.a_join(meeting, log_root=bytes(32)), ErrorCode.DIRECTORY_SPLIT_VIEW),
        (
            await second.a_join(meeting, at=first.core.clock.now_ms() - 48 * HOUR_MS),
            ErrorCode.CLOCK_SKEW,
        ),
        (honest[:34] + bytes(63) + b"\x01" + honest[98:], ErrorCode.SIGNATURE_INVALID),
        (resigned(honest, unknown, Signed.parse(honest).cert_hash), ErrorCode.SIGNATURE_INVALID),
        (resigned(honest, unknown, bytes(32)), ErrorCode.CERTIFICATE_UNKNOWN),
        (
            face.signed_by_log(SignedType.MEETING_JOIN, Signed.parse(honest).value()),
            ErrorCode.CERTIFICATE_UNKNOWN,
        ),
        (
            (await second.signs(SignedType.EPOCH, Signed.parse(honest).value())).to_bytes(),
            ErrorCode.SIGNATURE_WRONG_TYPE,
        ),
        (honest[:80], ErrorCode.WIRE_MALFORMED),
        (b"", ErrorCode.WIRE_MALFORMED),
        (await first.a_join(meeting), ErrorCode.MEETINGS_NOT_ADMITTED),  # the listener's own second self
    ]


async def test_a_ghost_is_not_believed_and_gets_no_key(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first, second)
        before = first.present
        for data, code in await ghosts(opened):
            assert await first.told("meeting_joined", join=data) is code
            assert first.present == before
        await comes_anew(first, second, opened.meeting)
        to, stays = first.seals_to()
        assert to == {second.core.me.device}
        ids = {Signed.parse(data).entry_id for data, _ in await ghosts(opened) if len(data) > 98}
        assert not stays & ids


async def test_ghosts_among_those_who_were_there_first_get_no_key_either(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first)
        # A JOIN of another day may be told to whoever comes: he cannot know how long its owner has sat there.
        lies = [data for data, code in await ghosts(opened) if code is not ErrorCode.CLOCK_SKEW][:-1]

        def crowded(reply: dict[str, Any]) -> dict[str, Any]:
            return reply | {"joins": [*(b64(each) for each in lies), *reply["joins"]]}

        second.face.lie(f"/meetings/{opened.meeting}(/join)?$", crowded)
        await second.sits(opened.meeting)
        await first.looks()
        await first.rests(second)
        opened.sat.append(second)
        assert second.present == first.present == {first.driver.me.id, second.driver.me.id}
        # The first goes: the second makes keys, for himself alone.
        await second.told("meeting_left", **left(first, opened.meeting))
        await second.until(lambda: second.participants == [second.driver.me.id])
        assert second.seals_to()[0] == set()


def left(seat: Seat, meeting: str) -> dict[str, Any]:
    return {"meeting": meeting, "device": seat.core.me.device, "join": seat.driver.me.id}


async def test_a_device_that_only_the_ca_vouches_for_is_a_ghost(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first, second)
        added = Seat(await opened.ring.joined(second.core.me.person))
        await added.core.directory.catch_up()
        join = await added.a_join(opened.meeting)
        assert await first.told("meeting_joined", join=join) is ErrorCode.MEETINGS_NOT_ADMITTED
        await comes_anew(first, second, opened.meeting)
        assert first.seals_to()[0] == {second.core.me.device}


async def test_a_revoked_device_is_a_ghost_and_announces_nothing(monkeypatch: Patch) -> None:
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        join = await third.a_join(opened.meeting)
        epoch = await third.an_epoch(first, *first.participants)
        world = opened.ring.world
        world.city.operate(world.revocation(third.core))
        await first.core.directory.catch_up()
        assert await first.told("meeting_joined", join=join) is ErrorCode.CERTIFICATE_REVOKED
        assert await first.told("meeting_epoch", epoch=epoch.to_bytes(), packet=None) is (
            ErrorCode.CERTIFICATE_REVOKED
        )
        await first.looks()
        await first.rests(second)
        assert third.driver.me.id not in first.participants


async def test_an_old_join_is_replayed_in_vain(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first, second)
        former = second.join
        await comes_anew(first, second, opened.meeting)
        newest, here = second.join, first.present
        # Of a stay before this one.
        assert await first.told("meeting_joined", join=former) is ErrorCode.MEETINGS_NOT_ADMITTED
        assert first.present == here
        # Of one that is over.
        assert await first.told("meeting_left", **left(second, opened.meeting)) is None
        await first.until(lambda: first.participants == [first.driver.me.id])
        for join in (former, newest):
            assert await first.told("meeting_joined", join=join) is ErrorCode.MEETINGS_NOT_ADMITTED
        assert first.present == {first.driver.me.id}
        # Once somebody comes to whom all of it is new.
        await second.core.api.post_bytes(f"/meetings/{opened.meeting}/leave", b"")
        opened.ring.world.city.clock.advance(HOUR_MS)
        await first.driver.close()
        await opened.sit(first)
        assert await first.told("meeting_joined", join=newest) is ErrorCode.CLOCK_SKEW
        assert first.present == {first.driver.me.id}


async def test_the_removed_stay_out_with_the_servers_help(monkeypatch: Patch) -> None:
    """His JOINs, old and new, and keys of his own making for those who stay."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        everybody = first.participants
        act = await first.acts(ChairAct.REMOVE, third.core.me.person)
        for seat in (first, second):
            assert await seat.logged("meeting_act", act.to_bytes()) == []
            await seat.reads(opened.meeting)
            await seat.driver.judge_again(seat.kept)
        # Before any of those who stay has made new keys, he makes some, and seals them to everybody.
        epoch = await third.an_epoch(
            first, *everybody, kind=EpochKind.NEW, commitment=commitment(opened.meeting, SECRET)
        )
        for seat in (first, second):
            packet = await third.a_packet(epoch, SECRET, seat)
            told = await seat.told("meeting_epoch", epoch=epoch.to_bytes(), packet=packet)
            assert told is ErrorCode.MEETINGS_EPOCH_REFUSED
            for join in (third.join, await third.a_join(opened.meeting)):
                code = await seat.told("meeting_joined", join=join)
                assert code is ErrorCode.MEETINGS_REMOVED
        await first.rests(second)
        assert third.driver.me.id not in first.participants
        frame = first.speaks()
        assert second.opens(frame)
        assert not third.opens(frame)


# Epochs


async def test_epochs_that_are_not_by_the_rules_are_refused(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second)
        one, two = first.driver.me.id, second.driver.me.id
        outsider = Signed.parse(await third.a_join(opened.meeting)).entry_id
        me = {"person": first.core.me.person, "device": first.core.me.device}
        new: dict[str, Any] = {"kind": EpochKind.NEW, "commitment": commitment(opened.meeting, SECRET)}
        before = (second.driver.keys.epoch, kid_of(second.speaks()))
        lies = [
            (await third.an_epoch(first, one, two, outsider, **new), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (await third.an_epoch(first, one, two, **new), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (await third.an_epoch(first, one, two, **new, **me), ErrorCode.CERTIFICATE_UNKNOWN),
            (await first.an_epoch(first, two, **new), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (
                await first.an_epoch(first, one, two, **new, meeting=fresh(IdKind.MEETING)),
                ErrorCode.MEETINGS_EPOCH_REFUSED,
            ),
            # A ratchet that leaves out, changes ranks, or brings nobody.
            (await first.an_epoch(first, one, outsider), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (await first.an_epoch(first, two, one, outsider), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (await first.an_epoch(first, one, two), ErrorCode.MEETINGS_EPOCH_REFUSED),
            # A ratchet to something that does not follow from the secret everybody has.
            (
                await first.an_epoch(
                    first, one, two, outsider, kind=EpochKind.RATCHET, commitment=new["commitment"]
                ),
                ErrorCode.MEETINGS_EPOCH_REFUSED,
            ),
            (await first.an_epoch(first, one, two, **new, log_root=bytes(32)), ErrorCode.DIRECTORY_SPLIT_VIEW),
        ]  # fmt: skip
        for epoch, code in lies:
            assert await second.told("meeting_epoch", epoch=epoch.to_bytes(), packet=None) is code
            by_log = second.face.signed_by_log(SignedType.EPOCH, epoch.value())
            assert await second.told("meeting_epoch", epoch=by_log, packet=None) in (
                ErrorCode.CERTIFICATE_UNKNOWN,
                ErrorCode.DIRECTORY_SPLIT_VIEW,
            )
            assert (second.driver.keys.epoch, kid_of(second.speaks())) == before


async def test_packets_count_for_one_epoch_by_its_announcer(monkeypatch: Patch) -> None:
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        before, all_of_them = second.driver.keys.epoch, first.participants
        new: dict[str, Any] = {"kind": EpochKind.NEW, "commitment": commitment(opened.meeting, SECRET)}
        epoch = await first.an_epoch(first, *all_of_them, **new)
        other = await first.an_epoch(first, *all_of_them, **(new | {"commitment": bytes(32)}))
        away = fresh(IdKind.MEETING)
        lies = [
            (await third.a_packet(epoch, SECRET, second), ErrorCode.CERTIFICATE_UNKNOWN),
            (
                await third.a_packet(epoch, SECRET, second, device=first.core.me.device),
                ErrorCode.CERTIFICATE_UNKNOWN,
            ),
            (await first.a_packet(other, SECRET, second), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (
                await first.a_packet(other, SECRET, second, epoch=epoch.entry_id),
                ErrorCode.MEETINGS_EPOCH_REFUSED,
            ),
            (await first.a_packet(epoch, SECRET, second, meeting=away), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (await first.a_packet(epoch, bytes(32), second), ErrorCode.MEETINGS_EPOCH_REFUSED),
            (epoch.to_bytes(), ErrorCode.SIGNATURE_WRONG_TYPE),
        ]
        for packet, code in lies:
            assert await second.told("meeting_epoch", epoch=epoch.to_bytes(), packet=packet) is code
            assert second.driver.keys.epoch == before
        # The right one; and then what was before, again.
        packet = await first.a_packet(epoch, SECRET, second)
        said = [(path, reply) for path, reply in second.face.said if reply.get("epoch")][-1][1]
        assert await second.told("meeting_epoch", epoch=epoch.to_bytes(), packet=packet) is None
        assert (second.driver.keys.epoch, second.driver.keys.ready) == (epoch.entry_id, True)
        for replayed in ({"epoch": said["epoch"], "packet": said["packet"]},):
            assert await second.told("meeting_epoch", **replayed) is None
            assert second.driver.keys.epoch == epoch.entry_id


async def test_who_insists_on_an_epoch_that_is_not_believed_only_moves_the_count(monkeypatch: Patch) -> None:
    """The server passes on an epoch of one who was put out and refuses all others: the next comes after it, without him."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        new: dict[str, Any] = {"kind": EpochKind.NEW, "commitment": commitment(opened.meeting, SECRET)}
        epoch = await third.an_epoch(first, *first.participants, **new)
        reply = await third.core.api.post_bytes(
            f"/meetings/{opened.meeting}/epoch",
            json.dumps({"epoch": b64(epoch.to_bytes()), "packets": []}).encode(),
        )
        assert reply == b"{}"
        await third.core.api.post_bytes(f"/meetings/{opened.meeting}/leave", b"")
        await first.told("meeting_left", **left(third, opened.meeting))
        await second.told("meeting_left", **left(third, opened.meeting))
        await first.rests(second)
        assert first.driver.keys.epoch != epoch.entry_id
        assert first.ends == second.ends == []
        frame = first.speaks()
        assert second.opens(frame)
        assert not third.opens(frame)


async def test_a_server_that_lets_an_announcement_wait_does_not_keep_old_keys_in_use(
    monkeypatch: Patch,
) -> None:
    """While one's own epoch is on its way another comes: frames are sealed in it as soon as by everybody else."""
    async with table(monkeypatch, members=3) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await opened.sit(first, second, third)
        asked, go_on = asyncio.Event(), asyncio.Event()

        async def waits(*_asked: object) -> None:
            asked.set()
            await go_on.wait()

        monkeypatch.setattr(second.driver._room, "announce", waits)
        for gone in (first, third):
            await second.told("meeting_left", **left(gone, opened.meeting))
        await asked.wait()
        await second.told("meeting_joined", join=await first.a_join(opened.meeting))
        one = next(stay for stay in second.driver.keys.presence.stays if stay.device == first.core.me.device)
        new: dict[str, Any] = {"kind": EpochKind.NEW, "commitment": commitment(opened.meeting, SECRET)}
        epoch = await first.an_epoch(first, one.id, second.driver.me.id, **new)
        packet = await first.a_packet(epoch, SECRET, second)
        assert await second.told("meeting_epoch", epoch=epoch.to_bytes(), packet=packet) is None
        clock = second.core.clock
        assert isinstance(clock, ManualClock)
        await clock.advance(2 * SWITCH_MS / 1000)
        assert kid_of(second.speaks()) >> 16 == kid_bits(epoch.entry_id)
        go_on.set()


async def test_a_server_that_says_somebody_left_only_withholds(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await opened.sit(first, second)
        nobody = {"meeting": opened.meeting, "device": second.core.me.device, "join": bytes(32)}
        for lie in (nobody, left(first, opened.meeting) | {"join": bytes(32)}):
            assert await first.told("meeting_left", **lie) is None
            assert (first.ends, len(first.present)) == ([], 2)
        assert await first.told("meeting_left", **left(second, opened.meeting)) is None
        await first.until(lambda: first.participants == [first.driver.me.id])
        # He who was said to be gone is told of keys that are not for him, seals nothing in them, and comes anew.
        await second.looks()
        assert not second.driver.keys.ready
        await comes_anew(first, second, opened.meeting)
        assert second.opens(first.speaks())
