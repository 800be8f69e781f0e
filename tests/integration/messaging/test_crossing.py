"""Two change the members of a conversation at the same time: both changes are there in the end, and all agree (C14)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import Connection

from client.core.events import Event
from client.core.sync.acts import Act
from client.messaging import conversation_store, message_store
from client.messaging.outgoing_acts import Draft, MessageActs
from tests.security.ring import Ring, Talker, ring

pytestmark = pytest.mark.expects_logs


@pytest_asyncio.fixture
async def hall() -> AsyncIterator[Ring]:
    async with ring() as made:
        yield made


async def members(talker: Talker, talk: str) -> set[str]:
    known = await talker.core.store.read(lambda c: conversation_store.conversation(c, talk))
    assert known is not None
    return set(known.members)


async def test_one_leaves_while_another_is_added(hall: Ring) -> None:
    first, second, third = await hall.three()
    talk = await hall.group(first, second)
    await first.conversations.add_members(talk, (third.person,))
    await first.core.outbox.drained()
    # The second has not heard of it.
    await second.conversations.leave(talk)
    await second.follows()
    await second.drains()
    for talker in (first, second, third):
        await talker.follows()
        assert await members(talker, talk) == {first.person, third.person}
    await first.says(talk, "只有我们了")
    for talker in (first, second, third):
        await talker.follows()
        assert talker.notices == []
    assert (await third.texts(talk))[-1] == "只有我们了"
    assert "只有我们了" not in await second.texts(talk)
    assert await second.conversations.rows() == ()


async def test_who_was_removed_meanwhile_changes_nothing_more(hall: Ring) -> None:
    first, second, third = await hall.three()
    talk = await hall.group(first, second, third)
    await first.conversations.remove_member(talk, second.person)
    await first.core.outbox.drained()
    await second.conversations.leave(talk)
    await second.follows()
    await second.drains()
    assert await second.core.outbox.states() == ()
    assert second.notices == []
    for talker in (first, second, third):
        await talker.follows()
        assert await members(talker, talk) == {first.person, third.person}


async def test_what_got_there_before_a_crash_is_not_refused_to_who_was_removed_since(hall: Ring) -> None:
    """The reply was lost with the client, and its act is still there; the log brings the message, and then the removal."""
    first, second, third = await hall.three()
    talk = await hall.group(first, second, third)
    sent: list[Act] = []
    send = MessageActs.send

    async def noted(self: MessageActs, act: Act) -> object:
        sent.append(act)
        return await send(self, act)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(MessageActs, "send", noted)
        await second.says(talk, "还没有回执")
    await second.core.tasks.stop()
    message = Draft.parse(sent[0].body).id

    def as_before_the_reply(connection: Connection) -> list[Event]:
        message_store.amend(connection, message, standing=message_store.PENDING, refusal=None)
        return []

    await second.core.outbox.queue(sent, as_before_the_reply)
    await first.conversations.remove_member(talk, second.person)
    await first.core.outbox.drained()
    await second.follows()
    second.core.tasks.start("outbox", second.core.outbox.run(second.core.tasks))
    await second.drains()
    assert await second.core.outbox.states() == ()
    kept = await second.core.store.read(lambda c: message_store.find(c, message))
    assert kept is not None
    assert (kept.standing, kept.refusal) == (message_store.SETTLED, None)
    await third.follows()
    assert "还没有回执" in await third.texts(talk)
