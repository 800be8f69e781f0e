"""What a server, helped by a member, puts into the channel between two devices: keys, prekeys and what is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from client.core.store.conversations import OLM_SESSIONS, OUTBOUND
from protocol import payload
from protocol.crypto import cbor
from protocol.crypto.envelope import EnvelopeInfo, Purpose, seal
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.directory.records import Device
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import ChannelKey, LeftOut, Prekey
from tests.security.forging import key_message, olm, own_key, packet_around, through_olm
from tests.security.lies_of_conversations import Stage, Told, lie, tells
from tests.security.ring import Talker, message
from tests.support.small_city import b64

DAY = 24 * 3600 * 1000


def logged(on: Stage) -> Device:
    """The second's device as the first knows it."""
    found = on.first.core.directory.state.device_by_id(on.second.device)
    assert found is not None
    return found


async def honest_packet(on: Stage) -> bytes:
    """A packet as the first sends it."""
    session = message(on.first.posted()[-1]).session
    plain = key_message(on.talk, session, await own_key(on.first, on.talk), on.second.device)
    return await through_olm(on.first, on.second, on.talk, session, plain)


# What comes


@lie(ErrorCode.SIGNATURE_INVALID)
async def a_packet_is_signed_by_the_servers_own_key(on: Stage) -> Told:
    own = SigningKey.generate()

    async def made() -> bytes:
        packet = Signed.parse(await honest_packet(on))
        return sign(own, packet.cert_hash, SignedType.KEY_PACKET, packet.value()).to_bytes()

    return tells(on, made, kind="packet")


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def a_member_hands_on_a_packet_as_it_was(on: Stage) -> Told:
    async def made() -> bytes:
        packet = Signed.parse(await honest_packet(on))
        return await on.third.signs(SignedType.KEY_PACKET, packet.value())

    return tells(on, made, kind="packet")


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def the_names_inside_a_packet_are_not_those_outside(on: Stage) -> Told:
    session = message(on.first.posted()[-1]).session

    async def made() -> bytes:
        key = await own_key(on.first, on.talk)
        plain = key_message(on.talk, session, key, on.second.device, {"to": on.third.device})
        return await through_olm(on.first, on.second, on.talk, session, plain)

    return tells(on, made, kind="packet")


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def a_key_comes_under_the_name_of_another_session(on: Stage) -> Told:
    session = message(on.first.posted()[-1]).session[::-1]

    async def made() -> bytes:
        plain = key_message(on.talk, session, await own_key(on.first, on.talk), on.second.device)
        return await through_olm(on.first, on.second, on.talk, session, plain)

    return tells(on, made, kind="packet")


@lie(ErrorCode.MESSAGING_UNREADABLE)
async def what_one_device_encrypted_comes_from_another(on: Stage) -> Told:
    """The second has written to the third, who therefore answers in the middle of a channel."""
    await on.second.says(on.talk, "我也在")
    await on.third.follows()

    async def made() -> bytes:
        kind, body = await olm(on.third, on.second, b"")
        assert kind == 1
        inside = cbor.encode({"v": 1, "type": kind, "body": body})
        return await packet_around(on.first, on.second, on.talk, "session", inside)

    return tells(on, made, kind="packet")


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def what_was_for_another_device_is_sealed_to_this_one(on: Stage) -> Told:
    """By the way meetings take: the channel without a packet around it."""
    sender = on.second.core.directory.state.device_by_id(on.first.device)
    assert sender is not None
    info = EnvelopeInfo(Purpose.DEVICE_CHANNEL, on.talk, on.first.device, on.second.device, 0)

    async def told() -> Sequence[ErrorCode]:
        plain = cbor.encode({"v": 1, "key": bytes(32), "to": on.third.device})
        kind, body = await olm(on.first, on.second, plain)
        sealed = seal(logged(on).encryption_key, info, cbor.encode({"v": 1, "type": kind, "body": body}))
        try:
            await on.second.core.channel.open(on.talk, sender, sealed, {"key": payload.octets(32)})
        except JinshuError as error:
            return [error.code]
        return []

    return told


# What is asked for


def writes(on: Stage, reply: str, honest: dict[str, Any], data: bytes) -> Told:
    """The server answers a question of the first's with `data`; what becomes of the message that needed the answer."""

    async def told() -> Sequence[ErrorCode]:
        first = on.first
        first.face.lie(f"/conversations/{reply}$", lambda _honest: honest | {_LISTS[reply]: [b64(data)]})
        on.ring.world.city.clock.advance(2 * DAY)
        await first.core.store.write(lambda c: c.execute(OUTBOUND.delete()))
        await first.says(on.talk, "不能发出去")
        row = (await first.conversations.newest(on.talk, 500)).rows[-1]
        if row.refusal is None:
            return []
        await first.conversations.discard(row.id)
        return [ErrorCode(row.refusal)]

    return told


_LISTS = {"prekeys/claim": "prekeys", "channel-keys": "keys"}


async def alone(on: Stage) -> Stage:
    """A conversation of the first with the second, to whose device there is no channel yet."""
    talk = await on.first.conversations.start((on.second.person,), "")
    await on.first.core.outbox.drained()
    await on.first.core.store.write(lambda c: c.execute(OLM_SESSIONS.delete()))
    return replace(on, talk=talk)


def prekey(on: Stage, identity: bytes | None = None) -> dict[str, Any]:
    device, now = logged(on), on.ring.world.city.clock.now
    return Prekey(device.id, identity or device.curve25519, bytes(range(32)), False, now).value()


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def a_prekey_is_for_another_identity(on: Stage) -> Told:
    data = await on.second.signs(SignedType.PREKEY, prekey(on, bytes(32)))
    return writes(await alone(on), "prekeys/claim", {}, data)


@lie(ErrorCode.SIGNATURE_INVALID)
async def a_prekey_is_the_servers_own(on: Stage) -> Told:
    data = sign(SigningKey.generate(), logged(on).cert_hash, SignedType.PREKEY, prekey(on)).to_bytes()
    return writes(await alone(on), "prekeys/claim", {}, data)


def weekly(on: Stage, identity: bytes | None = None) -> dict[str, Any]:
    device, public = logged(on), bytes(XWingPrivateKey.generate().public)
    now = on.ring.world.city.clock.now
    return ChannelKey(device.id, identity or device.curve25519, public, now).value()


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def a_key_of_the_week_is_for_another_identity(on: Stage) -> Told:
    data = await on.second.signs(SignedType.CHANNEL_KEY, weekly(on, bytes(32)))
    return writes(on, "channel-keys", {}, data)


@lie(ErrorCode.SIGNATURE_INVALID)
async def a_key_of_the_week_is_the_servers_own(on: Stage) -> Told:
    data = sign(SigningKey.generate(), logged(on).cert_hash, SignedType.CHANNEL_KEY, weekly(on)).to_bytes()
    return writes(on, "channel-keys", {}, data)


# What is said of devices that were left out


def states(on: Stage, signer: Talker, **changes: Any) -> Told:
    """A member signs that the first sent the victim's device nothing, with other fields."""

    async def made() -> bytes:
        at = on.first.core.clock.now_ms()
        honest = LeftOut(on.talk, on.first.device, [on.second.device], at)
        return await signer.signs(SignedType.LEFT_OUT, replace(honest, **changes).value())

    return tells(on, made, kind="left_out")


@lie(ErrorCode.SIGNATURE_INVALID)
async def a_statement_is_signed_by_the_servers_own_key(on: Stage) -> Told:
    own = SigningKey.generate()
    cert_hash = on.first.core.me.cert_hash

    async def made() -> bytes:
        said = LeftOut(on.talk, on.first.device, [on.second.device], on.first.core.clock.now_ms())
        return sign(own, cert_hash, SignedType.LEFT_OUT, said.value()).to_bytes()

    return tells(on, made, kind="left_out")


@lie(ErrorCode.MESSAGING_WRONG_SENDER)
async def a_member_states_what_another_left_out(on: Stage) -> Told:
    return states(on, on.third)


@lie(ErrorCode.WIRE_MALFORMED)
async def a_device_is_left_out_twice(on: Stage) -> Told:
    return states(on, on.first, left_out=[on.second.device, on.second.device])


@lie(ErrorCode.WIRE_MALFORMED)
async def a_statement_names_no_device(on: Stage) -> Told:
    return states(on, on.first, left_out=[])
