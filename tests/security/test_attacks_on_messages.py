"""The seven attacks of 2022 (domain/messaging.md §2.5): four to six, of kinds and of keys nobody asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from client.core.keys import ratchets
from client.core.store.conversations import INBOUND
from client.messaging.incoming_events import MessageEvents, PacketEvents, RosterEvents
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.messaging.contents import ContentKind, pack
from tests.security.forging import (
    key_message,
    olm,
    own_key,
    packet_around,
    through_olm,
    unreadable,
)
from tests.security.ring import altered, fresh_message, message, ring
from tests.support.small_city import fresh
from tests.unit.messaging.stores import count

pytestmark = pytest.mark.expects_logs
OUTSIDE = (SignedType.ROSTER, SignedType.MESSAGE, SignedType.KEY_PACKET)
KINDS = {"roster": SignedType.ROSTER, "message": SignedType.MESSAGE, "packet": SignedType.KEY_PACKET}


async def test_4_one_kind_of_event_is_never_taken_for_another() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        await made.group(first, second, third)
        before = await second.belief()
        entry = first.posted()[0]
        for kind, wanted in KINDS.items():
            for outside in OUTSIDE:
                if outside is wanted:
                    continue
                data = await first.signs(outside, Signed.parse(entry).value())
                assert await second.told(kind, data, 9) == [ErrorCode.SIGNATURE_WRONG_TYPE]
        for kind in ("message", "packet", "roster"):
            assert await second.told(kind, b"", 9) == [ErrorCode.WIRE_MALFORMED]
        assert await second.told("room-key", entry, 9) == []  # kept for a version that knows what it is
        assert await second.belief() == before


async def test_4_olm_where_megolm_is_expected_and_megolm_where_olm_is() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        keys = await count(second.core.store, INBOUND)
        entry = first.posted()[0]
        session = message(entry).session
        # An Olm message stands where a Megolm message should.
        _, body = await olm(first, second, pack(ContentKind.TEXT, text="假", reply_to=None))
        value = altered(entry, id=fresh_message(), ciphertext=body, parents=[])
        await unreadable(
            second, talk, await first.signs(SignedType.MESSAGE, value), ErrorCode.MESSAGING_UNREADABLE
        )
        # A Megolm message stands where an Olm message should.
        for kind in (0, 1, 2):
            inside = cbor.encode({"v": 1, "type": kind, "body": message(entry).ciphertext})
            data = await packet_around(first, second, talk, session, inside)
            assert await second.told("packet", data) == [ErrorCode.MESSAGING_UNREADABLE]
        # A key comes in a message of the conversation, or as plain content, or a text comes as a key.
        key = await own_key(first, talk)
        room_key = key_message(talk, session, key, second.device)
        core = first.core
        ciphertext, _ = await core.store.write(
            lambda c: ratchets.megolm_encrypt(c, talk, room_key, core.entropy)
        )
        value = altered(entry, id=fresh_message(), ciphertext=ciphertext, parents=[])
        await unreadable(
            second, talk, await first.signs(SignedType.MESSAGE, value), ErrorCode.MESSAGING_UNKNOWN_KIND
        )
        data = await packet_around(first, second, talk, session, room_key)
        assert await second.told("packet", data) == [ErrorCode.WIRE_MALFORMED]
        text = pack(ContentKind.TEXT, text="假", reply_to=None)
        data = await through_olm(first, second, talk, session, text)
        assert await second.told("packet", data) == [ErrorCode.WIRE_MALFORMED]
        assert await count(second.core.store, INBOUND) == keys


async def test_4_the_names_inside_the_channel_are_those_outside() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        session, key = message(first.posted()[0]).session, await own_key(first, talk)
        keys = await count(second.core.store, INBOUND)
        elsewhere = fresh(IdKind.CONVERSATION)
        lies: tuple[dict[str, object], ...] = (
            {"to": third.device},
            {"conversation": elsewhere},
            {"session": session[::-1]},
        )
        for changes in lies:
            plain = key_message(talk, session, key, second.device, changes)
            data = await through_olm(first, second, talk, session, plain)
            assert await second.told("packet", data) == [ErrorCode.MESSAGING_WRONG_SENDER]
        # The outer seal is for one conversation, one sender and one recipient.
        packet = first.packets()[0]
        to_second = next(each for each in first.packets() if each.to == second.device)
        to_third = next(each for each in first.packets() if each.to == third.device)
        swapped = replace(to_third, to=second.device)
        moved = replace(to_second, conversation=elsewhere)
        for each in (swapped, moved, replace(packet, to=second.device, sealed=b"\x01" + bytes(1200))):
            data = await first.signs(SignedType.KEY_PACKET, each.value())
            assert await second.told("packet", data) == [ErrorCode.ENVELOPE_CANNOT_OPEN]
        # Another member passes the packet on as his own.
        stolen = replace(to_second, device=third.device)
        data = await third.signs(SignedType.KEY_PACKET, stolen.value())
        assert await second.told("packet", data) == [ErrorCode.ENVELOPE_CANNOT_OPEN]
        assert await second.told("packet", await third.signs(SignedType.KEY_PACKET, to_second.value())) == [
            ErrorCode.MESSAGING_WRONG_SENDER
        ]
        assert await count(second.core.store, INBOUND) == keys


async def test_5_nobody_forwards_the_key_of_a_session_he_did_not_make() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        await third.says(talk, "我也在")
        await second.follows()
        entry = first.posted()[0]
        session = message(entry).session
        key = await own_key(first, talk)  # what the third got as well
        data = await through_olm(third, second, talk, session, key_message(talk, session, key, second.device))
        # Nor does he speak with another's session, though he can read what is in it.
        value = altered(entry, person=third.person, device=third.device, id=fresh_message(), parents=[])
        own = await third.signs(SignedType.MESSAGE, value)
        await unreadable(second, talk, own, ErrorCode.MESSAGING_NO_SESSION)
        # What he forwards is a key under his own name: the maker's stays beside it, and speaks for the maker alone.
        assert await second.told("packet", data) == []
        chosen = select(INBOUND.c.device).where(INBOUND.c.session == session)
        held = await second.core.store.read(lambda c: set(c.execute(chosen).scalars()))
        assert held == {first.device, third.device}


async def test_5_a_key_that_came_forwarded_first_does_not_keep_its_makers_out() -> None:
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        await third.says(talk, "我也在")
        await second.follows()
        session, key = message(first.posted()[0]).session, await own_key(first, talk)
        await second.core.store.write(lambda c: c.execute(INBOUND.delete()))
        await first.says(talk, "密钥还没有到")
        await second.follows()

        async def read() -> tuple[str, str | None]:
            row = (await second.conversations.newest(talk, 500)).rows[-1]
            return row.text, row.unreadable

        assert await read() == ("", ErrorCode.MESSAGING_NO_SESSION.value)
        plain = key_message(talk, session, key, second.device)
        assert await second.told("packet", await through_olm(third, second, talk, session, plain)) == []
        assert await read() == ("", ErrorCode.MESSAGING_NO_SESSION.value)
        assert await second.told("packet", await through_olm(first, second, talk, session, plain)) == []
        assert await read() == ("密钥还没有到", None)


async def test_6_no_path_takes_a_secret_or_a_backup_key_from_the_wire() -> None:
    """Conversations know three kinds of events, and the channel one kind of content: a session's key from its maker."""
    assert {each.kind for each in (RosterEvents, PacketEvents, MessageEvents)} == KINDS.keys()
    assert {kind.value for kind in ContentKind} == {"text", "file", "edit", "recall", "title", "read"}
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        session, key = message(first.posted()[0]).session, await own_key(first, talk)
        slots, before = second.core.paths.slots.read_bytes(), await second.belief()
        for kind in (
            "secret-send",
            "secret-request",
            "backup-key",
            "forwarded-room-key",
            "room-key-request",
            "seed",
        ):
            plain = key_message(talk, session, key, second.device, {"kind": kind})
            data = await through_olm(first, second, talk, session, plain)
            assert await second.told("packet", data) == [ErrorCode.WIRE_MALFORMED]
        plain = key_message(talk, session, key, second.device, {"secret": bytes(32)})
        data = await through_olm(first, second, talk, session, plain)
        assert await second.told("packet", data) == [ErrorCode.WIRE_MALFORMED]
        second.face.heard.clear()
        assert await second.belief() == before
        assert second.core.paths.slots.read_bytes() == slots
        assert second.face.heard == []  # and it answers nobody
