"""A site without and with `messages/2`, and one that switches in mid-conversation: real clients at the real server (C44)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from client.messaging import message_store
from client.messaging.rows import Delivery
from protocol.crypto.signature import Signed, SignedType
from protocol.features import CONTENTS_2, MESSAGES_2
from protocol.messaging.payloads import read_message
from tests.integration.messaging.talkers import Hall, Talker
from tests.support.waiting import until

FORMS = {MESSAGES_2.name, CONTENTS_2.name}
OLD, NEW = SignedType.MESSAGE, SignedType.COMMITTED_MESSAGE
SHORT, LONG = "好", "请各单位于今天下午五点前把值班表报到办公室，" * 4


async def switched(hall: Hall, *features: str) -> None:
    """Exactly these of the two are on, and every client has seen it."""
    off = FORMS - set(features)
    arguments = [*(("--on", name) for name in features), *(("--off", name) for name in off)]
    await asyncio.to_thread(hall.city.switch, *(part for pair in arguments for part in pair))
    for talker in hall.talkers:
        await until(lambda talker=talker: talker.core.directory.features & FORMS == set(features))  # type: ignore[misc]


async def signed(talker: Talker, talk: str) -> list[Signed]:
    """The messages of a conversation as this client keeps them, in order."""
    found = []
    for row in await talker.messages(talk):
        kept = await talker.core.store.read(lambda c, row=row: message_store.find(c, row.id))  # type: ignore[misc]
        assert kept is not None
        assert kept.signed is not None
        found.append(Signed.parse(kept.signed))
    return found


async def lengths(talker: Talker, talk: str) -> list[int]:
    return [len(read_message(each).ciphertext) for each in await signed(talker, talk)]


async def test_a_new_site_commits_and_pads_from_the_beginning(hall: Hall, tmp_path: Path) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    assert first.core.directory.features >= FORMS
    talk = await first.conversations.start((second.person,), "")
    await first.says(talk, SHORT)
    await first.says(talk, LONG)
    await second.sees(talk, SHORT, LONG)
    assert [each.type for each in await signed(second, talk)] == [NEW, NEW]
    # Of one length, within the index of the ratchet: the server cannot tell the two apart.
    one, other = await lengths(second, talk)
    assert abs(one - other) <= 1
    # What was committed to is edited, read, recalled and answered as ever.
    (mine, _) = await first.messages(talk)
    await first.conversations.edit(mine.id, LONG)
    await second.sees(talk, LONG, LONG)
    await second.conversations.mark_read(talk)

    async def read() -> bool:
        return (await first.messages(talk))[0].delivery is Delivery.READ

    await until(read)
    await first.conversations.recall(mine.id)
    await second.sees(talk, "", LONG)
    # A file: its blob says as little.
    file = tmp_path / "值班表.txt"
    file.write_bytes(b"x" * 100_001)
    await second.conversations.send_file(talk, file)
    await first.sees(talk, "", LONG, file.name)
    sent = (await first.messages(talk))[-1]
    saved = tmp_path / "saved.txt"
    await first.conversations.save_file(sent.id, saved)
    assert saved.read_bytes() == file.read_bytes()
    (blob,) = read_message((await signed(first, talk))[-1]).blobs
    assert (hall.city.server_dir / "blobs" / blob).stat().st_size == 8 + 100_352 + 16


async def test_a_site_that_switches_in_mid_conversation_loses_nothing(hall: Hall, tmp_path: Path) -> None:
    first = await hall.joined("甲", "fgw.clerk")
    second = await hall.joined("乙", "czj.clerk")
    await hall.in_step()
    await switched(hall)
    talk = await first.conversations.start((second.person,), "")
    await first.says(talk, SHORT)
    await first.says(talk, LONG)
    await second.sees(talk, SHORT, LONG)
    assert [each.type for each in await signed(second, talk)] == [OLD, OLD]
    short, long = await lengths(second, talk)
    assert long > short + 200
    file = tmp_path / "值班表.txt"
    file.write_bytes(b"x" * 100_001)
    await first.conversations.send_file(talk, file)
    await second.sees(talk, SHORT, LONG, file.name)
    (blob,) = read_message((await signed(second, talk))[-1]).blobs
    assert (hall.city.server_dir / "blobs" / blob).stat().st_size == 8 + 100_001 + 16
    # On: in the same conversation, in the same session of the ratchet.
    await switched(hall, MESSAGES_2.name, CONTENTS_2.name)
    await first.says(talk, "开启之后")
    await second.says(talk, "收到")
    for talker in (first, second):
        await talker.sees(talk, SHORT, LONG, file.name, "开启之后", "收到")
        assert [each.type for each in await signed(talker, talk)] == [OLD, OLD, OLD, NEW, NEW]
    # What was said in the old form is changed in the new one.
    mine = (await first.messages(talk))[0]
    await first.conversations.edit(mine.id, "改过")
    await second.sees(talk, "改过", LONG, file.name, "开启之后", "收到")
    # Off again: both forms stay readable, and the old one is written.
    await switched(hall)
    await second.says(talk, "关闭之后")
    for talker in (first, second):
        await talker.sees(talk, "改过", LONG, file.name, "开启之后", "收到", "关闭之后")
        assert [each.type for each in await signed(talker, talk)] == [OLD, OLD, OLD, NEW, NEW, OLD]
        saved = tmp_path / f"{talker.person}.txt"
        await talker.conversations.save_file((await talker.messages(talk))[2].id, saved)
        assert saved.read_bytes() == file.read_bytes()
    # One who comes with a fresh client reads what was said from then on, and the others read him.
    third = await hall.joined("丙", "fgw.leader")
    await hall.in_step()
    await switched(hall, MESSAGES_2.name)
    group = await first.conversations.start((second.person, third.person), "工作组")
    await third.sees_conversation(group)
    await third.says(group, "我来了")
    for talker in (first, second, third):
        await talker.sees(group, "工作组", "我来了")
        assert [each.type for each in await signed(talker, group)] == [NEW, NEW]
