"""Changes the server does not take: they are undone, shown, and hold nothing back for ever; and devices nobody confirmed."""

from __future__ import annotations

import pytest

from client.core.keys import ratchets
from client.messaging.rows import Delivery, MessageKind
from protocol.crypto.signature import SignedType
from protocol.errors import ErrorCode
from protocol.messaging.contents import ContentKind, pack
from tests.security.forging import place
from tests.security.lies_of_conversations import ciphertext
from tests.security.ring import Ring, Talker, altered, fresh_message, message, ring


async def removed(made: Ring) -> tuple[Talker, Talker, str]:
    """The second was taken out of a group, and has not heard of it."""
    first, second, third = await made.three()
    talk = await made.group(first, second, third)
    await second.says(talk, "我的话")
    await first.says(talk, "请看")
    await second.follows()
    await first.follows()
    await first.conversations.remove_member(talk, second.person)
    await first.core.outbox.drained()
    return first, second, talk


@pytest.mark.expects_logs("was refused")
async def test_a_refused_edit_is_undone_and_stands_there_until_it_is_given_up() -> None:
    async with ring() as made:
        _, second, talk = await removed(made)
        mine = next(row for row in (await second.conversations.newest(talk, 9)).rows if row.mine)
        await second.conversations.edit(mine.id, "改过的话")
        await second.core.outbox.drained()
        rows = (await second.conversations.newest(talk, 9)).rows
        assert next(row for row in rows if row.id == mine.id).text == "我的话"
        change = rows[-1]
        assert (change.kind, change.text, change.delivery) == (
            MessageKind.CHANGE,
            "改过的话",
            Delivery.REFUSED,
        )
        assert change.refusal == ErrorCode.MESSAGING_NOT_A_MEMBER.value
        assert change.reply is not None
        assert change.reply.message == mine.id
        await second.conversations.discard(change.id)
        assert await second.core.outbox.states() == ()
        assert (await second.conversations.newest(talk, 9)).rows[-1].id != change.id


@pytest.mark.expects_logs("was refused")
async def test_a_refused_mark_holds_nothing_back() -> None:
    async with ring() as made:
        first, second, talk = await removed(made)
        await second.conversations.mark_read(talk)
        await second.core.outbox.drained()
        assert await second.core.outbox.states() == ()
        await first.conversations.add_members(talk, (second.person,))
        await first.core.outbox.drained()
        await second.follows()
        await second.says(talk, "我回来了")
        await first.follows()
        assert (await first.texts(talk))[-1] == "我回来了"


async def test_what_comes_from_a_device_that_only_the_ca_vouches_for_is_marked() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        added = await made.joined(made.world.city.second_clerk)
        await made.ready(added)
        await first.core.directory.catch_up()
        # An honest server gives it nothing of the conversation; a lying one hands it the roster, and helps it speak.
        directory, core = added.core.directory, added.core
        await directory.catch_up()
        roster = message(first.posted()[-1]).roster
        session = await core.store.write(
            lambda c: ratchets.begin_outbound(
                c, talk, roster, added.device, core.clock.now_ms(), core.entropy
            )
        )
        wanted = directory.state.device_by_id(first.device)
        assert wanted is not None
        assert await core.channel.send_key(talk, session.session, [wanted]) == {first.device}
        said = await ciphertext(added, talk, pack(ContentKind.TEXT, text="我是他的新电脑", reply_to=None))
        value = altered(
            first.posted()[-1],
            id=fresh_message(),
            person=added.person,
            device=added.device,
            session=session.session,
            ciphertext=said,
            parents=[],
            log_size=directory.size,
            log_root=directory.root,
        )
        await first.follows()
        n = await place(first, talk)
        assert await first.told("message", await added.signs(SignedType.MESSAGE, value), n) == []
        last = (await first.conversations.newest(talk, 9)).rows[-1]
        assert (last.person, last.text, last.unvouched) == (second.person, "我是他的新电脑", True)
        others = (await first.conversations.newest(talk, 9)).rows[:-1]
        assert not any(row.unvouched for row in others)
        members = {row.person: row for row in await first.conversations.members(talk)}
        assert (members[second.person].devices, members[second.person].unvouched) == (2, 1)
        assert members[third.person].unvouched == 0
