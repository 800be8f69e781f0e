"""A lying server against the chairs of meetings (C26): what no chair did in turn is refused, and what one did stands."""

from __future__ import annotations

from typing import Any

import pytest

from client.meetings import chair_acts, ledger
from client.meetings.ports import ports_of
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from protocol.meetings.payloads import ChairAct, ChairEntry, Meeting
from tests.security.sittings import Seat, Table, table
from tests.support.small_city import fresh

pytestmark = pytest.mark.expects_logs
Patch = pytest.MonkeyPatch


async def an_act(by: Seat, opened: Table, n: int, previous: bytes, what: ChairAct, **more: Any) -> Signed:
    me = by.core.me
    entry = ChairEntry(
        opened.meeting, n, previous, me.person, me.device, what, more.pop("target", None), **by.head()
    )
    return await by.signs(SignedType.CHAIR_ACT, entry.value() | more)


async def state(seat: Seat, meeting: str) -> object:
    kept = await seat.core.store.read(lambda c: ledger.find(c, meeting))
    return None if kept is None else kept.chair


async def test_acts_that_no_chair_did_in_turn_are_refused(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await first.reads(opened.meeting)
        called, chair = first.kept.entry_id, first.core.me
        act = await an_act(first, opened, 1, called, ChairAct.LOCK)
        after = await an_act(first, opened, 2, act.entry_id, ChairAct.UNLOCK)
        before = await state(second, opened.meeting)
        refused = ErrorCode.MEETINGS_ACT_REFUSED
        lies = [
            (await an_act(second, opened, 1, called, ChairAct.LOCK), refused),
            (await an_act(third, opened, 1, called, ChairAct.END), refused),
            (
                await an_act(second, opened, 1, called, ChairAct.END, person=chair.person, device=chair.device),
                ErrorCode.CERTIFICATE_UNKNOWN,
            ),
            (after, refused),
            (await an_act(first, opened, 1, bytes(32), ChairAct.LOCK), refused),
            (
                await an_act(first, opened, 1, called, ChairAct.HAND_OVER, target=third.core.me.person),
                refused,
            ),
            (
                await an_act(first, opened, 1, called, ChairAct.END, meeting=fresh(IdKind.MEETING)),
                ErrorCode.MEETINGS_UNKNOWN,
            ),
            (
                await an_act(first, opened, 1, called, ChairAct.LOCK, log_root=bytes(32)),
                ErrorCode.DIRECTORY_SPLIT_VIEW,
            ),
        ]  # fmt: skip
        for signed, code in lies:
            assert await second.logged("meeting_act", signed.to_bytes()) == [code]
            by_log = second.face.signed_by_log(SignedType.CHAIR_ACT, signed.value())
            assert await second.logged("meeting_act", by_log) != []
            assert await state(second, opened.meeting) == before
        assert await second.logged("meeting_act", act.to_bytes()) == []
        other = await an_act(first, opened, 1, called, ChairAct.END)
        assert await second.logged("meeting_act", other.to_bytes()) == [ErrorCode.SYNC_ID_REUSED]
        assert await second.logged("meeting_act", act.to_bytes()) == []
        assert await second.logged("meeting_act", after.to_bytes()) == []


async def test_who_is_no_chair_does_not_even_ask(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        second = opened.second
        await second.reads(opened.meeting)
        for act in (ChairAct.LOCK, ChairAct.END):
            with pytest.raises(JinshuError) as refused:
                await chair_acts.act(ports_of(second.core), opened.meeting, act)
            assert refused.value.code is ErrorCode.MEETINGS_ACT_REFUSED
        assert not [path for _, path, _ in second.face.heard if path.endswith("/acts")]


async def test_meetings_are_called_by_members_of_the_conversation(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second, third = opened.first, opened.second, opened.third
        await first.reads(opened.meeting)

        async def called(by: Seat, **changes: Any) -> bytes:
            me, now = by.core.me, by.core.clock.now_ms()
            made = Meeting(
                fresh(IdKind.MEETING), opened.talk, me.person, me.device, [me.person], now, now, **by.head()
            )
            return (await by.signs(SignedType.MEETING, made.value() | changes)).to_bytes()

        first_me, third_me = first.core.me, third.core.me
        not_admitted = ErrorCode.MEETINGS_NOT_ADMITTED
        lies = [
            (await called(third), not_admitted),
            (await called(first, chairs=[first_me.person, third_me.person]), not_admitted),
            (await called(first, conversation=fresh(IdKind.CONVERSATION)), not_admitted),
            (await called(first, meeting=opened.meeting), ErrorCode.SYNC_ID_REUSED),
            (
                await called(third, person=first_me.person, device=first_me.device, chairs=[first_me.person]),
                ErrorCode.CERTIFICATE_UNKNOWN,
            ),
            (
                second.face.signed_by_log(SignedType.MEETING, Signed.parse(await called(first)).value()),
                ErrorCode.CERTIFICATE_UNKNOWN,
            ),
        ]
        before = await second.core.store.read(ledger.all_of)
        for data, code in lies:
            assert await second.logged("meeting", data) == [code]
            assert await second.core.store.read(ledger.all_of) == before
        assert await second.logged("meeting", await called(first)) == []


async def test_what_a_chair_did_outlives_his_device(monkeypatch: Patch) -> None:
    async with table(monkeypatch) as opened:
        first, second = opened.first, opened.second
        await first.reads(opened.meeting)
        act = await first.acts(ChairAct.LOCK)
        world = opened.ring.world
        world.city.operate(world.revocation(first.core))
        await second.core.directory.catch_up()
        assert await second.logged("meeting_act", act.to_bytes()) == []
        await second.reads(opened.meeting)
        assert second.kept.chair.locked
