"""Conversations of two and three through real clients and the real server (D8, C14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.core.events import LinkState
from client.messaging.rows import Delivery, MessageKind
from tests.integration.messaging.talkers import Hall
from tests.support.cable import Cable
from tests.support.waiting import until


async def test_two_people_talk(hall: Hall, tmp_path: Path) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "")
    assert await first.conversations.start((second.person,), "") == talk
    await first.says(talk, "明天的会议改到下午三点")
    await second.sees_conversation(talk)
    await second.sees(talk, "明天的会议改到下午三点")
    await second.says(talk, "收到")
    await first.sees(talk, "明天的会议改到下午三点", "收到")
    (row,) = await second.conversations.rows()
    assert (row.title, row.unread) == ("甲", 1)
    await second.conversations.mark_read(talk)

    async def read() -> bool:
        return (await first.messages(talk))[0].delivery is Delivery.READ

    await until(read)
    mine = (await first.messages(talk))[0]
    await first.conversations.edit(mine.id, "明天的会议改到下午四点")
    await second.sees(talk, "明天的会议改到下午四点", "收到")
    assert [row.text for row in await second.conversations.search("下午四")] == ["明天的会议改到下午四点"]
    await first.conversations.recall(mine.id)
    await second.sees(talk, "", "收到")
    file = tmp_path / "会议材料.pdf"
    file.write_bytes(b"%PDF" + bytes(3_000_000))
    await second.conversations.send_file(talk, file)
    await first.sees(talk, "", "收到", "会议材料.pdf")
    sent = (await first.messages(talk))[-1]
    assert sent.kind is MessageKind.FILE
    saved = tmp_path / "saved.pdf"
    await first.conversations.save_file(sent.id, saved)
    assert saved.read_bytes() == file.read_bytes()

    async def the_same_pictures() -> bool:
        """The CA may have published between two glances: then both see the next ones as soon as both know it."""
        shown = await first.conversations.emoji(second.person)
        return shown == await second.conversations.emoji(first.person)

    await until(the_same_pictures)


@pytest.mark.expects_logs
async def test_three_people_one_of_them_offline(hall: Hall, cable: Cable) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    third = await hall.joined("丙", "fgw.leader", cable.address)
    await hall.in_step()
    talk = await first.conversations.start((second.person, third.person), "防汛工作组")
    await third.sees_conversation(talk)
    await cable.sever()
    await until(lambda: third.core.link.state is LinkState.OFFLINE)
    await first.says(talk, "值班表已更新")
    await second.sees(talk, "防汛工作组", "值班表已更新")
    await second.says(talk, "好的")
    await third.says(talk, "我在现场，稍后回复")
    assert (await first.messages(talk))[1].delivery is Delivery.SENT
    await cable.mend()
    third.core.link.nudge()
    whole = ("防汛工作组", "值班表已更新", "好的", "我在现场，稍后回复")
    await third.sees(talk, *whole)

    async def delivered() -> bool:
        return (await first.messages(talk))[1].delivery is Delivery.DELIVERED

    await until(delivered)
    await first.sees(talk, *whole)
    await second.sees(talk, *whole)


@pytest.mark.expects_logs
async def test_what_arrived_while_its_author_was_away_is_told_when_he_is_back(
    hall: Hall, cable: Cable
) -> None:
    first = await hall.joined("甲", "fgw.clerk", cable.address)
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "")
    # The other's link is asleep: he takes nothing until it is nudged.
    await second.core.tasks.stop()
    await first.says(talk, "请查收")

    async def sent() -> bool:
        return [row.delivery for row in await first.messages(talk)] == [Delivery.SENT]

    await until(sent)
    await cable.sever()
    await until(lambda: first.core.link.state is LinkState.OFFLINE)
    await second.core.catch_up()
    await second.core.pull.acknowledge()
    await cable.mend()
    first.core.link.nudge()

    async def delivered() -> bool:
        return [row.delivery for row in await first.messages(talk)] == [Delivery.DELIVERED]

    await until(delivered)


@pytest.mark.expects_logs
async def test_a_file_that_has_not_left_is_taken_back(hall: Hall, cable: Cable, tmp_path: Path) -> None:
    first = await hall.joined("甲", "fgw.clerk", cable.address)
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "")
    await first.says(talk, "在吗")
    await second.sees(talk, "在吗")
    await cable.sever()
    await until(lambda: first.core.link.state is LinkState.OFFLINE)
    file = tmp_path / "发错了.pdf"
    file.write_bytes(bytes(100_000))
    await first.conversations.send_file(talk, file)
    row = (await first.messages(talk))[-1]
    assert (row.delivery, row.file is not None and row.file.progress) == (Delivery.PENDING, 0)
    await first.conversations.cancel(row.id)
    assert await first.texts(talk) == ["在吗"]
    assert list(first.core.paths.blobs.iterdir()) == []
    await first.says(talk, "发错了，稍后重发")
    await cable.mend()
    first.core.link.nudge()
    await second.sees(talk, "在吗", "发错了，稍后重发")


async def test_who_was_removed_reads_no_more_and_who_came_later_reads_from_then(hall: Hall) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    third = await hall.joined("丙", "fgw.leader")
    await hall.in_step()
    talk = await first.conversations.start((second.person,), "工作组")
    await first.says(talk, "第一条")
    await second.sees(talk, "工作组", "第一条")
    await first.conversations.add_members(talk, (third.person,))
    await first.says(talk, "第二条")
    await third.sees(talk, "第二条")
    await first.conversations.remove_member(talk, second.person)
    await first.says(talk, "第三条")
    await third.sees(talk, "第二条", "第三条")

    async def gone() -> bool:
        return not await second.conversations.rows()

    await until(gone)
    assert await second.texts(talk) == ["工作组", "第一条", "第二条"]
