"""Lies about meetings, one for each check a client makes of them: told twice, once with the check and once without it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.meetings.epochs import commitment, ratcheted
from protocol.meetings.payloads import ChairAct, ChairEntry, EpochKind, Meeting
from tests.security.sittings import Seat, Table
from tests.support.small_city import HOUR_MS, fresh

SECRET: Final = bytes(range(32))
Codes: TypeAlias = list[ErrorCode]
Told: TypeAlias = Callable[[], Awaitable[Codes]]


@dataclass(frozen=True)
class Lie:
    """`prepare` is given the first two in a meeting; what it returns tells the lie."""

    name: str
    code: ErrorCode
    members: int
    prepare: Callable[[Table], Awaitable[Told]]


LIES: list[Lie] = []
Prepare: TypeAlias = Callable[[Table], Awaitable[Told]]


def lie(code: ErrorCode, members: int = 2) -> Callable[[Prepare], Prepare]:
    def enter(prepare: Prepare) -> Prepare:
        LIES.append(Lie(prepare.__name__, code, members, prepare))
        return prepare

    return enter


def joined(listener: Seat, join: bytes) -> Told:
    async def told() -> Codes:
        code = await listener.told("meeting_joined", join=join)
        return [] if code is None else [code]

    return told


def announced(listener: Seat, epoch: Signed, packet: Callable[[], Awaitable[bytes]] | None = None) -> Told:
    """The packet is made when it is told: the channel gives each one once."""

    async def told() -> Codes:
        sealed = None if packet is None else await packet()
        code = await listener.told("meeting_epoch", epoch=epoch.to_bytes(), packet=sealed)
        return [] if code is None else [code]

    return told


def logged(listener: Seat, kind: str, signed: bytes) -> Told:
    async def told() -> Codes:
        return await listener.logged(kind, signed)

    return told


def new(opened: Table) -> dict[str, Any]:
    """Of an epoch that nobody could derive."""
    return {"kind": EpochKind.NEW, "commitment": commitment(opened.meeting, SECRET)}


def both(opened: Table) -> tuple[bytes, bytes]:
    return opened.first.driver.me.id, opened.second.driver.me.id


# Who comes


@lie(ErrorCode.DIRECTORY_SPLIT_VIEW)
async def who_comes_saw_another_directory(opened: Table) -> Told:
    return joined(opened.first, await opened.second.a_join(opened.meeting, log_root=bytes(32)))


@lie(ErrorCode.CERTIFICATE_UNKNOWN)
async def an_outsider_comes_in_the_name_of_a_member(opened: Table) -> Told:
    me = opened.second.core.me
    join = await opened.third.a_join(opened.meeting, person=me.person, device=me.device)
    return joined(opened.first, join)


@lie(ErrorCode.SIGNATURE_INVALID)
async def somebody_comes_whom_only_the_server_signed(opened: Table) -> Told:
    signed = Signed.parse(await opened.second.a_join(opened.meeting))
    forged = sign(SigningKey.generate(), signed.cert_hash, signed.type, signed.value())
    return joined(opened.first, forged.to_bytes())


@lie(ErrorCode.MEETINGS_UNKNOWN)
async def who_comes_to_another_meeting_is_shown_in_this_one(opened: Table) -> Told:
    return joined(opened.first, await opened.second.a_join(fresh(IdKind.MEETING)))


@lie(ErrorCode.MEETINGS_NOT_ADMITTED)
async def a_device_of_the_cas_making_comes(opened: Table) -> Told:
    added = Seat(await opened.ring.joined(opened.second.core.me.person))
    await added.core.directory.catch_up()
    return joined(opened.first, await added.a_join(opened.meeting))


@lie(ErrorCode.CLOCK_SKEW)
async def who_came_the_day_before_yesterday_comes_now(opened: Table) -> Told:
    at = opened.first.core.clock.now_ms() - 48 * HOUR_MS
    return joined(opened.first, await opened.second.a_join(opened.meeting, at=at))


@lie(ErrorCode.MEETINGS_NOT_ADMITTED)
async def an_outsider_comes_in_his_own_name(opened: Table) -> Told:
    return joined(opened.first, await opened.third.a_join(opened.meeting))


@lie(ErrorCode.MEETINGS_REMOVED)
async def who_was_removed_comes(opened: Table) -> Told:
    await opened.first.acts(ChairAct.REMOVE, opened.second.core.me.person)
    await opened.first.reads(opened.meeting)
    return joined(opened.first, await opened.second.a_join(opened.meeting))


@lie(ErrorCode.MEETINGS_LOCKED, members=3)
async def a_member_comes_into_a_locked_meeting(opened: Table) -> Told:
    await opened.first.acts(ChairAct.LOCK)
    await opened.first.reads(opened.meeting)
    return joined(opened.first, await opened.third.a_join(opened.meeting))


@lie(ErrorCode.MEETINGS_NOT_ADMITTED)
async def who_has_gone_is_there_again(opened: Table) -> Told:
    first, second = opened.first, opened.second
    gone = {"meeting": opened.meeting, "device": second.core.me.device, "join": second.driver.me.id}
    assert await first.told("meeting_left", **gone) is None
    return joined(first, second.join)


# Epochs


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
async def an_epoch_is_of_another_meeting(opened: Table) -> Told:
    away = {"meeting": fresh(IdKind.MEETING), "previous": bytes(32)}
    return announced(
        opened.second, await opened.first.an_epoch(opened.first, *both(opened), **new(opened), **away)
    )


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
async def an_epoch_follows_from_a_secret_there_never_was(opened: Table) -> Told:
    what = {"kind": EpochKind.RATCHET, "previous": None}
    return announced(opened.second, await opened.first.an_epoch(opened.first, *both(opened), **what))


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
async def an_epoch_leaves_out_a_number(opened: Table) -> Told:
    held = opened.first.driver.keys._current
    assert held is not None
    return announced(
        opened.second,
        await opened.first.an_epoch(opened.first, *both(opened), n=held.epoch.n + 2, **new(opened)),
    )


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
async def a_ratchet_brings_nobody(opened: Table) -> Told:
    held = opened.first.driver.keys._current
    assert held is not None
    assert held.secret is not None
    derived = commitment(opened.meeting, ratcheted(held.secret, held.id))
    what = {"kind": EpochKind.RATCHET, "commitment": derived}
    return announced(opened.second, await opened.first.an_epoch(opened.first, *both(opened), **what))


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
async def the_secret_is_not_the_one_that_was_promised(opened: Table) -> Told:
    first, second = opened.first, opened.second
    epoch = await first.an_epoch(first, *both(opened), **new(opened))
    return announced(second, epoch, lambda: first.a_packet(epoch, bytes(32), second))


# Packets


@lie(ErrorCode.CERTIFICATE_UNKNOWN, members=3)
async def a_packet_is_of_another_than_the_announcer(opened: Table) -> Told:
    first, second, third = opened.first, opened.second, opened.third
    epoch = await first.an_epoch(first, *both(opened), **new(opened))
    await third.reads(opened.meeting)
    return announced(second, epoch, lambda: third.a_packet(epoch, SECRET, second))


@lie(ErrorCode.SIGNATURE_INVALID)
async def a_packet_was_changed_on_its_way(opened: Table) -> Told:
    first, second = opened.first, opened.second
    epoch = await first.an_epoch(first, *both(opened), **new(opened))

    async def changed() -> bytes:
        data = await first.a_packet(epoch, SECRET, second)
        return data[:34] + bytes(63) + b"\x01" + data[98:]

    return announced(second, epoch, changed)


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
async def a_packet_is_for_another_meeting(opened: Table) -> Told:
    first, second = opened.first, opened.second
    epoch = await first.an_epoch(first, *both(opened), **new(opened))
    away = fresh(IdKind.MEETING)
    return announced(second, epoch, lambda: first.a_packet(epoch, SECRET, second, meeting=away))


@lie(ErrorCode.MEETINGS_EPOCH_REFUSED)
async def a_packet_says_inside_that_it_is_of_another_epoch(opened: Table) -> Told:
    first, second = opened.first, opened.second
    epoch = await first.an_epoch(first, *both(opened), **new(opened))
    other = await first.an_epoch(first, *both(opened), **(new(opened) | {"commitment": bytes(32)}))
    return announced(second, epoch, lambda: first.a_packet(other, SECRET, second, epoch=epoch.entry_id))


# What is kept


async def called(by: Seat, opened: Table, **changes: Any) -> Signed:
    me, now = by.core.me, by.core.clock.now_ms()
    made = Meeting(
        fresh(IdKind.MEETING), opened.talk, me.person, me.device, [me.person], now, now, **by.head()
    )
    return await by.signs(SignedType.MEETING, made.value() | changes)


async def act(by: Seat, opened: Table, what: ChairAct, after: Signed | None = None, **changes: Any) -> Signed:
    """The first act of a meeting, or the one after another."""
    me = by.core.me
    n, previous = (
        (1, opened.first.kept.entry_id) if after is None else (after.value()["n"] + 1, after.entry_id)
    )
    entry = ChairEntry(opened.meeting, n, previous, me.person, me.device, what, None, **by.head())
    return await by.signs(SignedType.CHAIR_ACT, entry.value() | changes)


@lie(ErrorCode.CERTIFICATE_UNKNOWN)
async def the_server_calls_a_meeting(opened: Table) -> Told:
    value = (await called(opened.first, opened)).value()
    return logged(opened.second, "meeting", opened.second.face.signed_by_log(SignedType.MEETING, value))


@lie(ErrorCode.SYNC_ID_REUSED)
async def another_meeting_comes_under_the_id_of_one_there_is(opened: Table) -> Told:
    signed = await called(opened.first, opened, meeting=opened.meeting)
    return logged(opened.second, "meeting", signed.to_bytes())


@lie(ErrorCode.MEETINGS_NOT_ADMITTED)
async def an_outsider_calls_a_meeting(opened: Table) -> Told:
    return logged(opened.second, "meeting", (await called(opened.third, opened)).to_bytes())


@lie(ErrorCode.CERTIFICATE_UNKNOWN)
async def the_server_acts_as_chair(opened: Table) -> Told:
    value = (await act(opened.first, opened, ChairAct.LOCK)).value()
    return logged(opened.second, "meeting_act", opened.second.face.signed_by_log(SignedType.CHAIR_ACT, value))


@lie(ErrorCode.CERTIFICATE_REVOKED)
async def a_chair_acts_after_his_device_was_revoked(opened: Table) -> Told:
    first, second, world = opened.first, opened.second, opened.ring.world
    world.city.operate(world.revocation(first.core))
    await second.core.directory.catch_up()
    late = await act(first, opened, ChairAct.LOCK, **second.head())
    return logged(second, "meeting_act", late.to_bytes())


@lie(ErrorCode.MEETINGS_ACT_REFUSED)
async def a_member_acts_who_is_no_chair(opened: Table) -> Told:
    return logged(opened.second, "meeting_act", (await act(opened.second, opened, ChairAct.LOCK)).to_bytes())


@lie(ErrorCode.MEETINGS_ACT_REFUSED)
async def an_act_before_is_left_out(opened: Table) -> Told:
    one = await act(opened.first, opened, ChairAct.LOCK)
    two = await act(opened.first, opened, ChairAct.UNLOCK, one)
    return logged(opened.second, "meeting_act", two.to_bytes())


@lie(ErrorCode.MEETINGS_ACT_REFUSED)
async def a_chair_is_put_out(opened: Table) -> Told:
    me = opened.first.core.me.person
    return logged(
        opened.second, "meeting_act", (await act(opened.first, opened, ChairAct.REMOVE, target=me)).to_bytes()
    )


@lie(ErrorCode.MEETINGS_ENDED)
async def an_act_follows_the_end(opened: Table) -> Told:
    end = await act(opened.first, opened, ChairAct.END)
    assert await opened.second.logged("meeting_act", end.to_bytes()) == []
    after = await act(opened.first, opened, ChairAct.UNLOCK, end)
    return logged(opened.second, "meeting_act", after.to_bytes())


@lie(ErrorCode.SYNC_ID_REUSED)
async def another_act_comes_in_a_place_that_is_taken(opened: Table) -> Told:
    one = await act(opened.first, opened, ChairAct.LOCK)
    assert await opened.second.logged("meeting_act", one.to_bytes()) == []
    return logged(opened.second, "meeting_act", (await act(opened.first, opened, ChairAct.END)).to_bytes())


@lie(ErrorCode.MEETINGS_UNKNOWN)
async def an_act_is_of_a_meeting_there_is_not(opened: Table) -> Told:
    away = await act(opened.first, opened, ChairAct.LOCK, meeting=fresh(IdKind.MEETING))
    return logged(opened.second, "meeting_act", away.to_bytes())


@lie(ErrorCode.MEETINGS_ACT_REFUSED)
async def an_outsider_is_made_chair(opened: Table) -> Told:
    heir = opened.third.core.me.person
    signed = await act(opened.first, opened, ChairAct.HAND_OVER, target=heir)
    return logged(opened.second, "meeting_act", signed.to_bytes())
