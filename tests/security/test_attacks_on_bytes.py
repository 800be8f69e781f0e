"""The seven attacks of 2022 (domain/messaging.md §2.5): turned bits, and replay, reorder and another history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from client.core.keys import ratchets
from protocol.crypto.files import ciphertext_size
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.contents import ContentKind, pack
from tests.security.forging import (
    place,
    refused,
    unreadable,
)
from tests.security.ring import altered, fresh_message, message, ring
from tests.support.waiting import until

pytestmark = pytest.mark.expects_logs


async def test_7_no_bit_of_a_message_or_packet_can_be_turned() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        await first.says(talk, "原话")
        entry = first.posted()[-1]
        before = await second.belief()
        n = await place(second, talk)
        for at in range(0, len(entry), 7):
            turned = bytearray(entry)
            turned[at] ^= 1 << at % 8
            assert await second.told("message", bytes(turned), n)
            assert await second.belief() == before
        # Inside the author's own signature: whoever has only that.
        ciphertext = message(entry).ciphertext
        texts = await second.texts(talk)
        for at in range(0, len(ciphertext), 11):
            turned = bytearray(ciphertext)
            turned[at] ^= 1 << at % 8
            value = altered(entry, id=fresh_message(), ciphertext=bytes(turned), parents=[])
            data = await first.signs(SignedType.MESSAGE, value)
            await unreadable(second, talk, data, ErrorCode.MESSAGING_UNREADABLE)
        assert [text for text in await second.texts(talk) if text] == texts


async def test_7_no_bit_of_a_sealed_key_can_be_turned() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        await made.group(first, second, third)
        packet = next(each for each in first.packets() if each.to == second.device)
        before = await second.belief()
        for at in range(0, len(packet.sealed), 101):
            turned = bytearray(packet.sealed)
            turned[at] ^= 0x10
            data = await first.signs(SignedType.KEY_PACKET, replace(packet, sealed=bytes(turned)).value())
            [code] = await second.told("packet", data)
            assert code is (ErrorCode.ENVELOPE_CANNOT_OPEN if at else ErrorCode.WIRE_UNKNOWN_TYPE)
        assert await second.belief() == before


async def test_7_no_bit_of_a_file_can_be_turned(tmp_path: Path) -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        file = tmp_path / "材料.txt"
        file.write_bytes(bytes(200_000))
        await first.conversations.send_file(talk, file)
        await first.core.outbox.drained()
        await second.follows()
        row = (await second.conversations.newest(talk, 9)).rows[-1]
        [blob] = message(first.posted()[-1]).blobs
        await second.core.blobs.fetch(blob, ciphertext_size(200_000))
        kept = second.core.blobs._files.path(blob)
        whole = kept.read_bytes()
        saved = tmp_path / "saved"
        for at in (0, 1, 40, len(whole) // 2, len(whole) - 1):
            turned = bytearray(whole)
            turned[at] ^= 1
            kept.write_bytes(bytes(turned))
            with pytest.raises(JinshuError) as caught:
                await second.conversations.save_file(row.id, saved)
            assert caught.value.code in (
                ErrorCode.BLOBS_DAMAGED,
                ErrorCode.WIRE_UNKNOWN_TYPE if at == 0 else ErrorCode.BLOBS_DAMAGED,
            )
            assert not saved.exists()
        kept.write_bytes(whole[: 1 << 16])
        with pytest.raises(JinshuError, match=ErrorCode.BLOBS_DAMAGED.value):
            await second.conversations.save_file(row.id, saved)
        kept.write_bytes(whole)
        await second.conversations.save_file(row.id, saved)
        assert saved.read_bytes() == file.read_bytes()


async def test_replay_reorder_and_another_history() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        await first.says(talk, "第二条")
        await first.says(talk, "第三条")
        _, old, middle, last = first.posted()
        # The same bytes at another place; the same ciphertext under another name.
        await refused(second, talk, old, ErrorCode.SYNC_ID_REUSED)
        again = await first.signs(SignedType.MESSAGE, altered(old, id=fresh_message(), parents=[]))
        # It has its place, so that its author silences nobody else, and says nothing.
        await unreadable(second, talk, again, ErrorCode.MESSAGING_REPLAYED)
        # The third before the second.
        n = await place(second, talk)
        before = await second.belief()
        assert await second.told("message", last, n + 1) == [ErrorCode.MESSAGING_HIDDEN]
        assert await second.belief() == before
        # The server leaves the second out and gives its place to the third, whose author had seen it.
        await first.follows()
        await first.says(talk, "看过第二条的第四条")
        aware = first.posted()[-1]
        assert Signed.parse(middle).entry_id in message(aware).parents
        await refused(second, talk, aware, ErrorCode.MESSAGING_HIDDEN)
        assert await second.texts(talk) == ["工作组", "第一条", ""]
        # The honest order still goes in.
        for offset, data in enumerate((middle, last, aware)):
            assert await second.told("message", data, n + offset) == []
        whole = ["工作组", "第一条", "", "第二条", "第三条", "看过第二条的第四条"]
        assert await second.texts(talk) == whole


async def test_two_histories_are_found_out_by_the_next_message() -> None:
    """The server shows the second and the third different messages at one place (equivocation)."""
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        n = await place(second, talk)
        await first.says(talk, "同意")
        honest = first.posted()[-1]
        core = first.core
        content = pack(ContentKind.TEXT, text="不同意", reply_to=None)
        ciphertext, _ = await core.store.write(
            lambda c: ratchets.megolm_encrypt(c, talk, content, core.entropy)
        )
        other = await first.signs(
            SignedType.MESSAGE, altered(honest, id=fresh_message(), ciphertext=ciphertext)
        )
        assert await second.told("message", honest, n) == []
        assert await third.told("message", other, n) == []
        await third.conversations.send_text(talk, "收到", None)
        third.core.outbox.wake()
        # An honest server knows no such parent, and has it sent again until it does; this one may do with it as it likes.
        await until(lambda: bool(third.posted()))
        reply = third.posted()[-1]
        assert Signed.parse(other).entry_id in message(reply).parents
        packet = next(each for each in third.packets() if each.to == second.device)
        assert await second.told("packet", await third.signs(SignedType.KEY_PACKET, packet.value())) == []
        await refused(second, talk, reply, ErrorCode.MESSAGING_HIDDEN)
