"""A second device of a person keeps in step, and whoever comes back reads from then on (C2, C5)."""

from __future__ import annotations

import pytest

from tests.integration.messaging.talkers import Hall, Talker
from tests.support.waiting import until


async def consent(old: Talker, new: Talker) -> None:
    """Make a further device one of mine."""
    device = new.core.me.device
    await until(lambda: old.core.directory.has_device(device))
    for waiting in await old.core.principals.unconfirmed_members():
        if waiting.device == device:
            await old.core.principals.confirm_member(waiting)
    await until(lambda: device in old.core.directory.state.holders(old.person))


@pytest.mark.expects_logs
async def test_a_second_device_keeps_in_step(hall: Hall) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "")
    await first.says(talk, "第一条")
    await second.sees(talk, "第一条")
    other = await hall.enrolled("甲二", first.person)
    await consent(first, other)
    await other.sees_conversation(talk)
    await hall.in_step()
    await second.says(talk, "第二条")
    await other.sees(talk, "第二条")
    # What is read on one device is read on the other.
    assert [row.unread for row in await other.conversations.rows()] == [1]
    await first.sees(talk, "第一条", "第二条")
    await first.conversations.mark_read(talk)

    async def read() -> bool:
        return [row.unread for row in await other.conversations.rows()] == [0]

    await until(read)
    await other.says(talk, "从另一台电脑回复")
    await first.sees(talk, "第一条", "第二条", "从另一台电脑回复")
    await second.sees(talk, "第一条", "第二条", "从另一台电脑回复")
    assert (await first.messages(talk))[-1].mine


async def test_who_comes_back_reads_from_then_on(hall: Hall) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "组")
    await second.sees(talk, "组")
    await first.conversations.remove_member(talk, second.person)
    await first.says(talk, "他不在时说的话")
    await first.sees(talk, "组", "他不在时说的话")
    await first.conversations.add_members(talk, (second.person,))
    await first.says(talk, "欢迎回来")
    await second.sees(talk, "组", "欢迎回来")
    await second.says(talk, "谢谢")
    await first.sees(talk, "组", "他不在时说的话", "欢迎回来", "谢谢")
