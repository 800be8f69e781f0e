"""The seven attacks of 2022 on encrypted groups (domain/messaging.md §2.5): the first three, of members, devices and names.

Each tells a real client a lie, and asserts the code it is named by and that nothing of it is believed or shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from client.core.store.conversations import INBOUND, OLM_SESSIONS
from client.messaging import conversation_store
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from protocol.messaging.payloads import Prekey, Roster
from tests.security.forging import place
from tests.security.ring import Talker, altered, ring
from tests.support.small_city import b64, fresh
from tests.unit.messaging.stores import count

pytestmark = pytest.mark.expects_logs


async def newest(talker: Talker, talk: str) -> tuple[bytes, Roster]:
    found = await talker.core.store.read(lambda c: conversation_store.newest_roster(c, talk))
    assert found is not None
    return found


async def following(talker: Talker, talk: str, **changes: Any) -> dict[str, Any]:
    """A roster after the newest."""
    entry_id, roster = await newest(talker, talk)
    return replace(roster, n=roster.n + 1, previous=entry_id, **changes).value()


async def test_1_the_server_puts_a_ghost_into_the_roster() -> None:
    async with ring() as made:
        first, second, ghost = await made.three()
        talk = await made.group(first, second)
        _, roster = await newest(second, talk)
        wider = sorted([*roster.members, ghost.person])
        n, before = await place(second, talk), await second.belief()
        honest = await following(second, talk, members=wider)
        lies = [
            (second.face.signed_by_log(SignedType.ROSTER, honest), ErrorCode.CERTIFICATE_UNKNOWN),
            # The ghost signs for itself, or in the manager's name.
            (
                await ghost.signs(SignedType.ROSTER, honest | {"person": ghost.person}),
                ErrorCode.MESSAGING_ROSTER_REFUSED,
            ),
            (await ghost.signs(SignedType.ROSTER, honest), ErrorCode.CERTIFICATE_UNKNOWN),
            # A member who manages nothing helps.
            (
                await second.signs(SignedType.ROSTER, honest | {"person": second.person}),
                ErrorCode.MESSAGING_ROSTER_REFUSED,
            ),
            # The manager's own roster of before, or one of another chain.
            (
                await first.signs(SignedType.ROSTER, honest | {"n": roster.n, "previous": roster.previous}),
                ErrorCode.MESSAGING_ROSTER_REFUSED,
            ),
            (
                await first.signs(SignedType.ROSTER, honest | {"previous": bytes(32)}),
                ErrorCode.MESSAGING_ROSTER_REFUSED,
            ),
        ]
        for data, code in lies:
            assert await second.told("roster", data, n) == [code]
            assert await second.belief() == before
        await second.says(talk, "只给我们两个人")
        assert {packet.to for packet in second.packets()} == {first.device}
        # The server hands the ghost everything it has: the roster, and what was said in it.
        entries = [Signed.parse(data) for data in (*first.posted(), *second.posted())]
        for signed in entries:
            assert await ghost.told("message", signed.to_bytes(), 2) == [ErrorCode.MESSAGING_UNKNOWN]
        for packet in second.packets():
            data = await second.signs(SignedType.KEY_PACKET, packet.value())
            assert await ghost.told("packet", data) == [ErrorCode.MESSAGING_WRONG_SENDER]
        assert await ghost.texts(talk) == []
        assert await count(ghost.core.store, INBOUND) == 0


async def test_2_the_server_adds_a_device() -> None:
    """A device that only the CA vouches for gets no key; one that nobody vouches for cannot even speak."""
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second)
        added = await made.joined(made.world.city.second_clerk)
        await made.ready(added)
        await first.core.directory.catch_up()
        assert first.core.directory.has_device(added.device)
        first.face.heard.clear()
        await first.conversations.add_members(talk, (third.person,))
        await first.says(talk, "新的密钥")
        assert {packet.to for packet in first.packets()} == {third.device}
        # A certificate of the server's own making, and a key the log does not know.
        key = SigningKey.generate()
        stranger = certificate_hash(second.face.trust.log_certificate)
        value = altered(first.posted()[-1], person=second.person, device=second.device)
        n = await place(third, talk) + 1 if await third.conversations.rows() else 2
        before = await third.belief()
        forged = sign(key, stranger, SignedType.MESSAGE, value).to_bytes()
        assert await third.told("message", forged, n) == [ErrorCode.CERTIFICATE_UNKNOWN]
        own = await third.signs(SignedType.MESSAGE, value)
        assert await third.told("message", own, n) == [ErrorCode.CERTIFICATE_UNKNOWN]
        assert await third.belief() == before


@pytest.mark.parametrize(
    "whose", ["another device's", "the server's own", "for another identity", "for the caller"]
)
async def test_2_the_server_gives_a_prekey_that_is_not_the_devices(whose: str) -> None:
    async with ring() as made:
        first, second, third = await made.three()
        wanted = second.core.directory.state.device_by_id(second.device)
        assert wanted is not None
        now = made.world.city.clock.now
        prekey = Prekey(second.device, wanted.curve25519, bytes(range(32)), False, now)
        honest = prekey.value()
        code = ErrorCode.MESSAGING_WRONG_SENDER
        if whose == "the server's own":
            own = SigningKey.generate()
            data = sign(own, wanted.cert_hash, SignedType.PREKEY, honest).to_bytes()
            code = ErrorCode.SIGNATURE_INVALID
        elif whose == "for another identity":
            data = await second.signs(SignedType.PREKEY, honest | {"identity": bytes(32)})
        elif whose == "for the caller":
            data = await first.signs(SignedType.PREKEY, honest | {"device": first.device})
        else:
            data = await third.signs(SignedType.PREKEY, honest)
        first.face.lie("/prekeys/claim$", lambda _honest: {"prekeys": [b64(data)]})
        talk = await first.conversations.start((second.person,), "")
        await first.says(talk, "不能发出去")
        [row] = (await first.conversations.newest(talk, 10)).rows
        assert row.refusal == code.value
        assert (first.posted(), first.packets()) == ([], [])
        assert await count(first.core.store, OLM_SESSIONS) == 0


async def test_3_a_name_can_never_be_taken_for_a_key() -> None:
    """An id has a kind before it and is no key's text; the roster and the channel know only ids."""
    async with ring() as made:
        first, second, third = await made.three()
        talk = await made.group(first, second, third)
        device = second.core.directory.state.device_by_id(second.device)
        assert device is not None
        keys = (device.curve25519, device.xwing, device.cert_hash)
        names = [text for key in keys for text in (key.hex(), b64(key), "dev" + b64(key))]
        packet = first.packets()[0]
        for name in names:
            value = packet.value() | {"to": name}
            assert await second.told("packet", await first.signs(SignedType.KEY_PACKET, value)) == [
                ErrorCode.WIRE_MALFORMED
            ]
            value = altered(first.posted()[-1]) | {"device": name, "id": fresh(IdKind.MESSAGE)}
            n = await place(second, talk)
            assert await second.told("message", await first.signs(SignedType.MESSAGE, value), n) == [
                ErrorCode.WIRE_MALFORMED
            ]
