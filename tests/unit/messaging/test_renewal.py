"""After a store was copied back, every device of its conversations hears from this one in a new channel, once."""

from __future__ import annotations

import pytest

from client.messaging.renewal import KIND
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.log_double import LI, WANG
from tests.unit.messaging.talk import ZHAO, Talk, Talker, group

pytestmark = pytest.mark.expects_logs("an earlier one")


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def waiting(talker: Talker) -> list[str]:
    return sorted(state.object for state in await talker.outbox.states() if state.kind == KIND)


async def copied_back(talker: Talker) -> None:
    await talker.copied_back.unknown_act(10)


async def test_each_conversation_has_one_renewal_waiting_however_often_the_store_was_copied_back(
    talk: Talk,
) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    first, second = await group(wang, li), await group(wang, li)
    await copied_back(wang)
    assert await waiting(wang) == sorted((first, second))
    await wang.copied_back.unknown_act(20)
    assert await waiting(wang) == sorted((first, second))


async def test_a_device_of_two_conversations_is_reached_once(talk: Talk) -> None:
    wang, li, zhao = talk.person(WANG), talk.person(LI), talk.person(ZHAO)
    await group(wang, li, zhao)
    await group(wang, li)
    await wang.channel.open_again()
    await copied_back(wang)
    await wang.sends()
    reached = [device for _, devices in wang.channel.sent for device in devices]
    assert sorted(reached) == sorted((li.device, zhao.device))
    assert wang.channel.renewed == 2
    assert await wang.pending() == []


async def test_a_conversation_that_i_am_out_of_is_left_alone(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await li.conversations.leave(made)
    await li.sends()
    await copied_back(li)
    await li.channel.open_again()
    await li.sends()
    assert li.channel.sent == []


async def test_a_renewal_says_nothing_to_the_server_and_shows_nothing(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    texts = await wang.texts(made)
    await copied_back(wang)
    posted = len(wang.line.posted)
    await wang.sends()
    assert len(wang.line.posted) == posted
    assert await wang.texts(made) == texts


@pytest.mark.expects_logs("an earlier one", "was refused")
async def test_a_refused_renewal_holds_back_nothing(talk: Talk) -> None:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await copied_back(wang)
    wang.channel.refusal = JinshuError(ErrorCode.MESSAGING_ROSTER_REFUSED)
    await wang.conversations.send_text(made, "在吗", None)
    await wang.sends()
    assert await waiting(wang) == []
    await li.follows()
    assert (await li.texts(made))[-1] == "在吗"
