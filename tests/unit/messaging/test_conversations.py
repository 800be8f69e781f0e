"""What a person does in conversations, as the pages ask it of `Conversations`: rows after each act, and what waits in the outbox."""

from __future__ import annotations

import pytest

from client.core.events import ConversationsChanged
from client.messaging.rows import Delivery, MessageKind, MessageRow
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.log_double import LI, WANG
from tests.unit.messaging.talk import ZHAO, Talk, Talker, code_of, group


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def row_of(talker: Talker, conversation: str, text: str) -> MessageRow:
    [found] = [row for row in await talker.rows(conversation) if row.text == text]
    return found


async def test_what_is_said_stands_in_the_conversation_before_it_is_sent(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    wang.events.clear()
    await wang.conversations.send_text(made, "请阅", None)
    row = await row_of(wang, made, "请阅")
    assert (row.delivery, row.n, row.mine) == (Delivery.PENDING, None, True)
    assert ConversationsChanged((made,)) in wang.events
    assert len(await wang.pending()) == 1


async def test_a_full_disk_keeps_neither_the_row_nor_the_act(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    wang.store.fails = OSError("the disk is full")
    with pytest.raises(OSError, match="full"):
        await wang.conversations.send_text(made, "请阅", None)
    assert await wang.texts(made) == ["工作组"]
    assert await wang.pending() == []


async def test_everybody_reads_the_newest_wording_and_nothing_of_what_was_recalled(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    for text in ("三点开会", "作废"):
        await wang.says(made, text)
    await wang.conversations.edit((await row_of(wang, made, "三点开会")).id, "四点开会")
    await wang.conversations.recall((await row_of(wang, made, "作废")).id)
    await wang.sends()
    for each in (wang, li):
        await each.follows()
        assert await each.texts(made) == ["工作组", "四点开会", ""]
        assert [row.edited for row in await each.rows(made)] == [False, True, False]
        assert [row.recalled for row in await each.rows(made)] == [False, False, True]
        assert await each.conversations.search("三点") == ()
        assert [row.text for row in await each.conversations.search("四点")] == ["四点开会"]


async def test_nobody_words_what_another_said(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "三点开会")
    await li.follows()
    said = (await row_of(li, made, "三点开会")).id
    assert await code_of(li.conversations.edit(said, "四点")) is ErrorCode.MESSAGING_UNKNOWN
    assert await code_of(li.conversations.recall(said)) is ErrorCode.MESSAGING_UNKNOWN


@pytest.mark.expects_logs("was refused")
async def test_a_refused_recall_gives_the_message_back_and_shows_the_refused_change(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "留着")
    await wang.follows()
    await wang.conversations.recall((await row_of(wang, made, "留着")).id)
    wang.line.refusal = JinshuError(ErrorCode.MESSAGING_ROSTER_REFUSED)
    await wang.sends()
    assert not (await row_of(wang, made, "留着")).recalled
    [change] = [row for row in await wang.rows(made) if row.kind is MessageKind.CHANGE]
    await wang.conversations.discard(change.id)
    assert await wang.texts(made) == ["工作组", "留着"]
    assert await wang.outbox.states() == ()


async def test_reading_is_told_once_for_all_that_was_read(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    for text in ("一", "二", "三"):
        await wang.says(made, text)
    await li.follows()
    [shown] = await li.conversations.rows()
    assert shown.unread == 3
    for _ in range(2):
        await li.conversations.mark_read(made)
    assert len(await li.pending()) == 1
    await li.sends()
    await wang.follows()
    assert {row.delivery for row in await wang.rows(made)} == {Delivery.READ}
    [shown] = await li.conversations.rows()
    assert shown.unread == 0


async def test_a_draft_stays_until_its_text_is_sent(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.conversations.save_draft(made, "写到一半")
    await wang.says(made, "写到一半")
    assert await wang.conversations.draft(made) == ""


async def test_the_last_name_that_was_given_is_the_name(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.conversations.rename(made, "防汛专班")
    await wang.sends()
    await li.follows()
    assert [row.title for row in await li.conversations.rows("防汛")] == ["防汛专班"]
    assert await li.conversations.rows("工作组") == ()


async def test_those_who_have_enrolled_can_be_written_to_and_nobody_else(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    talk.city.revoke(li.device)
    talk.person(ZHAO)
    assert [choice.id for choice in await wang.conversations.people()] == [ZHAO]


async def test_nothing_is_said_in_a_conversation_that_is_not_here(talk: Talk) -> None:
    wang = talk.person(WANG)
    unknown = wang.conversations.send_text("cnv_unknown", "请阅", None)
    assert await code_of(unknown) is ErrorCode.MESSAGING_UNKNOWN
