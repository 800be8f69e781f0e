"""Rosters and messages on their way, each service by itself: real rows and ratchets in memory, no server, no disk."""

from __future__ import annotations

import pytest

from client.core.keys import ratchets
from client.messaging import conversation_store, message_store
from client.messaging.outgoing_acts import Draft
from client.messaging.rows import Delivery
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.features import MESSAGES_2
from protocol.identifiers import IdKind
from protocol.messaging.payloads import Roster, read_message
from protocol.wire.messaging import MessageRequest, RosterRequest
from tests.unit.core.log_double import LI, WANG
from tests.unit.messaging.talk import ZHAO, Talk, Talker, code_of, group


@pytest.fixture
def talk() -> Talk:
    return Talk()


def messages(talker: Talker) -> list[bytes]:
    """The signed messages that got to the server, one each time."""
    bodies = [body for path, body in talker.line.posted if path.endswith("/messages")]
    return [MessageRequest.model_validate_json(body).message for body in bodies]


async def sealed_for(talker: Talker, conversation: str) -> int:
    """How many messages the session of a conversation has encrypted."""
    found = await talker.store.read(lambda c: ratchets.outbound(c, conversation))
    return 0 if found is None else found.count


async def test_what_one_writes_the_other_reads(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "请阅。")
    await li.follows()
    assert await li.texts(made) == ["工作组", "请阅。"]
    assert li.notices == []
    assert await wang.pending() == []


async def test_a_message_whose_reply_was_lost_goes_again_as_the_same_bytes(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    sealed = await sealed_for(wang, made)
    await wang.conversations.send_text(made, "一份", None)
    wang.line.deaf = True
    assert await code_of(wang.tries()) is ErrorCode.NETWORK_UNREACHABLE
    wang.line.deaf = False
    await wang.sends()
    first, again = messages(wang)[-2:]
    assert first == again
    assert await sealed_for(wang, made) == sealed + 1
    await li.follows()
    assert await li.texts(made) == ["工作组", "一份"]


async def test_a_message_that_did_not_get_there_is_encrypted_anew_for_the_roster_that_came_between(
    talk: Talk,
) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    made = await group(wang, li)
    await li.conversations.send_text(made, "给在座的", None)
    li.line.down = True
    await code_of(li.tries())
    li.line.down = False
    [act] = await li.pending()
    before = await li.store.read(lambda c: message_store.find(c, Draft.parse(act.body).id))
    await wang.conversations.add_members(made, (ZHAO,))
    await wang.sends()
    await li.follows()
    await li.sends()
    [sent] = [read_message(Signed.parse(each)) for each in messages(li)]
    assert before is not None
    assert before.id == sent.id
    assert before.roster not in (None, sent.roster)
    await zhao.follows()
    assert await zhao.texts(made) == ["给在座的"]


async def test_nothing_goes_into_a_conversation_that_i_was_put_out_of(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await li.conversations.send_text(made, "还在吗", None)
    await wang.conversations.remove_member(made, LI)
    await wang.sends()
    await li.follows()
    assert await code_of(li.tries()) is ErrorCode.MESSAGING_NOT_A_MEMBER
    assert messages(li) == []


async def test_an_earlier_try_that_got_there_is_not_sent_again_even_when_i_was_put_out_since(
    talk: Talk,
) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await li.conversations.send_text(made, "已到", None)
    li.line.deaf = True
    await code_of(li.tries())
    li.line.deaf = False
    await wang.follows()
    await wang.conversations.remove_member(made, LI)
    await wang.sends()
    await li.follows()
    sent = len(messages(li))
    assert await li.tries() is None
    assert len(messages(li)) == sent


async def test_a_server_that_has_the_message_in_other_bytes_has_it(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.conversations.send_text(made, "一次", None)
    wang.line.refusal = JinshuError(ErrorCode.SYNC_ID_REUSED)
    await wang.sends()
    assert await wang.pending() == []
    [row] = [row for row in await wang.rows(made) if row.text == "一次"]
    assert row.delivery is Delivery.SENT


async def test_a_fault_while_writing_leaves_the_ratchet_where_it_was(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "一")
    sealed = await sealed_for(wang, made)
    await wang.conversations.send_text(made, "二", None)
    wang.store.fails = OSError("the disk is full")
    with pytest.raises(OSError, match="full"):
        await wang.tries()
    assert await sealed_for(wang, made) == sealed
    [act] = await wang.pending()
    kept = await wang.store.read(lambda c: message_store.find(c, Draft.parse(act.body).id))
    assert kept is not None
    assert kept.signed is None
    await wang.sends()
    await li.follows()
    assert await li.texts(made) == ["工作组", "一", "二"]


@pytest.mark.expects_logs("was refused")
async def test_a_refused_message_is_shown_refused_and_holds_back_what_follows_until_it_is_tried_again(
    talk: Talk,
) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.conversations.send_text(made, "一", None)
    await wang.conversations.send_text(made, "二", None)
    wang.line.refusal = JinshuError(ErrorCode.MESSAGING_ROSTER_REFUSED)
    await wang.sends()
    rows = {row.text: row for row in await wang.rows(made)}
    assert rows["一"].delivery is Delivery.REFUSED
    assert rows["一"].refusal == ErrorCode.MESSAGING_ROSTER_REFUSED.value
    assert rows["二"].delivery is Delivery.PENDING
    await wang.conversations.retry(rows["一"].id)
    await wang.sends()
    await li.follows()
    assert await li.texts(made) == ["工作组", "一", "二"]


@pytest.mark.expects_logs("was refused")
async def test_a_refused_mark_of_reading_holds_nothing_back_and_leaves_nothing(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "请阅")
    await li.follows()
    await li.conversations.mark_read(made)
    li.line.refusal = JinshuError(ErrorCode.MESSAGING_ROSTER_REFUSED)
    await li.sends()
    assert await li.outbox.states() == ()
    await li.says(made, "收到")
    await wang.follows()
    assert (await wang.texts(made))[-1] == "收到"


@pytest.mark.parametrize("switched", [False, True])
async def test_the_form_of_a_message_is_the_one_the_site_has_switched_on(talk: Talk, switched: bool) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    if switched:
        talk.switch_on(MESSAGES_2.name)
    await wang.says(made, "请阅")
    wanted = SignedType.COMMITTED_MESSAGE if switched else SignedType.MESSAGE
    assert Signed.parse(messages(wang)[-1]).type is wanted
    await li.follows()
    assert (await li.texts(made))[-1] == "请阅"


async def test_a_roster_that_came_second_makes_the_same_change_to_the_first(talk: Talk) -> None:
    wang, other = talk.person(WANG), talk.person(WANG)
    li, zhao = talk.person(LI), talk.person(ZHAO)
    made = await group(wang, other, li)
    await wang.conversations.add_members(made, (ZHAO,))
    await other.conversations.remove_member(made, LI)
    await other.sends()
    assert (
        await code_of(wang.tries()) is ErrorCode.MESSAGING_ROSTER_OUTDATED
    )  # the first has not been read yet
    await wang.follows()
    await wang.sends()
    for each in (wang, other, zhao):
        await each.follows()
    known = await zhao.store.read(lambda c: conversation_store.conversation(c, made))
    assert known is not None
    assert set(known.members) == {WANG, ZHAO}
    assert li.notices == []


async def test_a_change_that_somebody_made_first_is_not_made_again(talk: Talk) -> None:
    wang, other = talk.person(WANG), talk.person(WANG)
    li = talk.person(LI)
    made = await group(wang, other, li)
    await wang.conversations.add_members(made, (ZHAO,))
    await other.conversations.add_members(made, (ZHAO,))
    await other.sends()
    await wang.follows()
    assert await wang.tries() is None
    rosters = [body for path, body in wang.line.posted if path.endswith("/rosters")]
    signed = Signed.parse(RosterRequest.model_validate_json(rosters[-1]).roster)
    assert Roster.parse(signed.value()).n == 2


async def test_what_i_may_no_longer_change_is_told_and_not_sent(talk: Talk) -> None:
    wang, other = talk.person(WANG), talk.person(WANG)
    li = talk.person(LI)
    made = await group(wang, other, li)
    await wang.conversations.add_members(made, (ZHAO,))
    await other.conversations.leave(made)
    await other.sends()
    await wang.follows()
    assert await wang.tries() is None
    assert wang.notices == [ErrorCode.MESSAGING_ROSTER_REFUSED]


def test_a_draft_reads_back_as_it_was_written() -> None:
    draft = Draft("msg_1", "cnv_1", b"plain", ("b" * 64,))
    assert Draft.parse(draft.to_bytes()) == draft


def test_ids_are_of_the_kind_that_is_asked_for(talk: Talk) -> None:
    signer = talk.person(WANG).signer
    assert signer.new_id(IdKind.ACT) != signer.new_id(IdKind.ACT)
    assert signer.new_id(IdKind.MESSAGE).startswith(IdKind.MESSAGE.value)
