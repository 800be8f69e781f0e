"""Which devices have a message, by the server's word: pushed, or asked for when the server is reached again."""

from __future__ import annotations

import asyncio

import pytest

from client.core.events import ConnectionChanged, ConversationsChanged, LinkState
from client.messaging.rows import Delivery
from protocol.errors import ErrorCode
from protocol.wire.messaging import DeliveryMark, DeliveryRequest
from tests.unit.core.log_double import LI, WANG
from tests.unit.messaging.talk import Talk, Talker, code_of, group


@pytest.fixture
def talk() -> Talk:
    return Talk()


async def comes_online(talker: Talker) -> None:
    """The link says so, and what that starts has ended."""
    talker.bus.publish(ConnectionChanged(LinkState.ONLINE))
    await asyncio.gather(*talker.tasks._tasks)


def asked(talker: Talker) -> list[list[str]]:
    bodies = [body for path, body in talker.line.posted if path.endswith("/delivered")]
    return [DeliveryRequest.model_validate_json(body).conversations for body in bodies]


async def standing(talker: Talker, conversation: str) -> Delivery:
    return (await talker.rows(conversation))[-1].delivery


async def said(talk: Talk) -> tuple[Talker, str]:
    wang, li = talk.person(WANG), talk.person(LI)
    made = await group(wang, li)
    await wang.says(made, "请阅")
    await wang.follows()
    return wang, made


async def test_a_pushed_mark_is_shown_once_the_others_all_have_it(talk: Talk) -> None:
    wang, made = await said(talk)
    assert await standing(wang, made) is Delivery.SENT
    wang.events.clear()
    await wang.delivery.take(DeliveryMark(conversation=made, person=LI, upto=3).model_dump())
    assert await standing(wang, made) is Delivery.DELIVERED
    assert wang.events == [ConversationsChanged((made,))]


async def test_a_mark_that_says_nothing_new_disturbs_no_page(talk: Talk) -> None:
    wang, made = await said(talk)
    mark = DeliveryMark(conversation=made, person=LI, upto=3).model_dump()
    await wang.delivery.take(mark)
    wang.events.clear()
    await wang.delivery.take(mark)
    await wang.delivery.take(mark | {"upto": 1})
    assert wang.events == []
    assert await standing(wang, made) is Delivery.DELIVERED


async def test_a_mark_of_another_shape_is_refused(talk: Talk) -> None:
    wang, made = await said(talk)
    assert await code_of(wang.delivery.take({"conversation": made})) is ErrorCode.WIRE_MALFORMED


async def test_missed_marks_are_asked_for_when_the_server_is_reached_again(talk: Talk) -> None:
    wang, made = await said(talk)
    talk.server.marks.append(DeliveryMark(conversation=made, person=LI, upto=3))
    await comes_online(wang)
    assert asked(wang) == [[made]]
    assert await standing(wang, made) is Delivery.DELIVERED
    await comes_online(wang)
    assert asked(wang) == [[made]]  # nothing is open any more


async def test_a_server_that_does_not_answer_is_asked_the_next_time(talk: Talk) -> None:
    wang, made = await said(talk)
    talk.server.marks.append(DeliveryMark(conversation=made, person=LI, upto=3))
    wang.line.down = True
    await comes_online(wang)
    assert await standing(wang, made) is Delivery.SENT
    wang.line.down = False
    await comes_online(wang)
    assert await standing(wang, made) is Delivery.DELIVERED


async def test_a_link_that_breaks_asks_nothing(talk: Talk) -> None:
    wang, _ = await said(talk)
    wang.bus.publish(ConnectionChanged(LinkState.OFFLINE))
    assert not wang.tasks._tasks
    assert asked(wang) == []
