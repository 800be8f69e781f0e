"""Writing, reading and folding cases on a client, in memory: a case of a procedure that stands in these tests alone."""

from __future__ import annotations

import pytest

from client.cases.rows import Standing
from client.core.sync.acts import ActStanding
from protocol.errors import ErrorCode, JinshuError
from tests.unit.cases.in_memory import CaseServer, Official, office
from tests.unit.core.log_double import City

pytestmark = pytest.mark.asyncio
Office = tuple[City, CaseServer, Official, Official]


def words(official: Official, case: object) -> list[str]:
    """What the entries of a case say, as far as this client opens them."""
    return [str((kept.fields or {}).get("opinion", "")) for kept in case.kept.values()]  # type: ignore[attr-defined]


async def lent() -> tuple[CaseServer, Official, Official, str]:
    _city, server, wang, li = await office()
    case = await wang.begins("三号柜")
    await wang.does(case, "lend", {"until": "周五"}, opinion="请按时归还")
    await wang.sends()
    await wang.follows()
    await li.follows()
    return server, wang, li, case


async def test_both_fold_the_same_and_open_what_was_sealed_to_their_post() -> None:
    _server, wang, li, case = await lent()
    mine, other = await wang.case(case), await li.case(case)
    assert (mine.file.phase, other.file.phase) == ("lent", "lent")
    assert mine.file.line_heads == other.file.line_heads
    assert other.file.procedure.name == "cupboard/1"
    assert words(li, other) == ["", "请按时归还"]
    assert li.rows.refreshed == [case, case]


async def test_what_was_written_is_seen_before_the_server_has_it() -> None:
    _city, server, wang, _li = await office()
    case = await wang.begins("三号柜")
    shown = await wang.case(case)
    assert shown.file.phase == "asked"
    assert {kept.standing for kept in shown.kept.values()} == {Standing.PENDING}
    assert not server.records
    await wang.sends()
    assert {kept.standing for kept in (await wang.case(case)).kept.values()} == {Standing.SETTLED}


async def test_what_the_case_does_not_allow_is_not_signed() -> None:
    _server, wang, _li, case = await lent()
    with pytest.raises(JinshuError) as refused:
        await wang.does(case, "lend", {"until": "周六"})
    assert refused.value.code is ErrorCode.DOCUMENTS_NOT_ALLOWED
    assert len((await wang.case(case)).kept) == 2


async def test_an_act_without_the_server_says_so() -> None:
    server, wang, li, case = await lent()
    li.is_online = False
    await li.does(case, "note", opinion="路上写的")
    li.is_online = True
    await li.sends()
    await wang.follows()
    newest = list((await wang.case(case)).entries.values())[-1]
    assert newest.offline
    assert len(server.records) == 3


async def test_two_who_write_side_by_side_are_both_heard() -> None:
    _server, wang, li, case = await lent()
    await wang.does(case, "note", opinion="甲说")
    await li.does(case, "note", opinion="乙说")
    for one in (wang, li):
        await one.sends()
    for one in (wang, li):
        await one.follows()
        assert sorted(words(one, await one.case(case))[2:]) == ["乙说", "甲说"]


@pytest.mark.expects_logs("was refused")
async def test_who_was_slower_is_refused_and_keeps_what_he_wrote() -> None:
    server, wang, li, case = await lent()
    await wang.does(case, "return")
    await wang.sends()
    await li.does(case, "note", opinion="还没有还")
    server.refuses = ErrorCode.DOCUMENTS_STALE_HEAD
    await li.sends()
    [refused] = (await li.case(case)).refused()
    assert (refused.refusal, (refused.fields or {})["opinion"]) == ("documents.stale_head", "还没有还")
    assert [state.state for state in await li.outbox.states()] == [ActStanding.REFUSED]


@pytest.mark.expects_logs("was refused")
async def test_a_refused_act_that_nobody_decided_is_forgotten() -> None:
    server, wang, li, case = await lent()
    await li.does(case, "return")
    server.refuses = ErrorCode.DOCUMENTS_STALE_HEAD
    await li.sends()
    assert not (await li.case(case)).refused()
    assert (await li.case(case)).file.phase == "lent"
    assert not await li.outbox.states()
    assert wang.rows.refreshed


async def test_what_an_entry_says_falsely_of_others_is_kept_under_its_fault() -> None:
    _server, wang, li, case = await lent()
    await wang.does(case, "note", opinion="最后一条")
    await wang.does(case, "note", opinion="又想起一条")
    await wang.sends()
    await li.follows()
    kept = list((await li.case(case)).kept.values())
    assert [each.fault for each in kept] == [None, None, "content.header_mismatch", None]


@pytest.mark.parametrize(
    ("twist", "code"),
    [
        ("ciphertext", ErrorCode.CONTENT_HEADER_MISMATCH),
        ("beside", ErrorCode.DOCUMENTS_HEAD_FIELD),
        ("skip", ErrorCode.DOCUMENTS_RECEIPT_CHAIN),
        ("receipt", ErrorCode.DOCUMENTS_RECEIPT_CHAIN),
    ],
)
async def test_what_a_server_twists_is_named(twist: str, code: ErrorCode) -> None:
    server, wang, li, case = await lent()
    await wang.does(case, "note", opinion="一")
    await wang.does(case, "note", opinion="二")
    await wang.sends()
    first, second = server.records[-2:]
    told = {
        "ciphertext": first.model_copy(update={"ciphertext": first.ciphertext[:-1] + b"\x00"}),
        "beside": first.model_copy(update={"number_entry": b"x"}),
        "skip": second,
        "receipt": first.model_copy(update={"receipt": second.receipt}),
    }[twist]
    with pytest.raises(JinshuError) as refused:
        await li.reads(3, told)
    assert refused.value.code is code
    await li.follows()
    assert words(li, await li.case(case))[2:] == ["一", "二"]


async def test_the_same_record_again_changes_nothing() -> None:
    server, _wang, li, case = await lent()
    before = await li.case(case)
    await li.reads(3, server.records[1])
    assert (await li.case(case)).kept == before.kept


async def test_a_case_that_names_rules_nobody_knows_is_held_back() -> None:
    """The reader's site has not defined them: a member cannot bring his own."""
    _city, server, wang, _li = await office()
    await wang.begins("三号柜")
    await wang.sends()
    other_city, _server, stranger, _other = await office()
    with pytest.raises(JinshuError):
        await stranger.reads(1, server.records[0])
    assert other_city.state.size
