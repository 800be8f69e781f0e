"""What a member who helps the server can make, and what a victim makes of it."""

from __future__ import annotations

from client.core.keys import ratchets
from client.messaging import conversation_store
from protocol.crypto import cbor
from protocol.crypto.envelope import EnvelopeInfo, Purpose, seal
from protocol.crypto.signature import SignedType
from protocol.errors import ErrorCode
from protocol.messaging.payloads import KeyPacket
from tests.security.ring import Talker, message


async def place(talker: Talker, talk: str) -> int:
    """The next place of a conversation."""
    known = await talker.core.store.read(lambda c: conversation_store.conversation(c, talk))
    assert known is not None
    return known.last_n + 1


async def packet_around(sender: Talker, to: Talker, talk: str, session: str, inside: bytes) -> bytes:
    """A key packet with anything inside, sealed and signed as it should be."""
    device = sender.core.directory.state.device_by_id(to.device)
    assert device is not None
    info = EnvelopeInfo(Purpose.DEVICE_CHANNEL, talk, sender.device, to.device, 0)
    sealed = seal(device.encryption_key, info, inside)
    packet = KeyPacket(talk, sender.device, to.device, session, sealed, sender.core.clock.now_ms())
    return await sender.signs(SignedType.KEY_PACKET, packet.value())


async def olm(sender: Talker, to: Talker, plain: bytes) -> tuple[int, bytes]:
    """An Olm message of the sender's over its real channel."""
    core = sender.core
    return await core.store.write(
        lambda c: ratchets.olm_encrypt(c, to.device, plain, core.clock.now_ms(), core.entropy)
    )


async def through_olm(sender: Talker, to: Talker, talk: str, session: str, plain: bytes) -> bytes:
    kind, body = await olm(sender, to, plain)
    return await packet_around(sender, to, talk, session, cbor.encode({"v": 1, "type": kind, "body": body}))


def key_message(
    talk: str, session: str, key: str, device: str, changes: dict[str, object] | None = None
) -> bytes:
    named = {"v": 1, "kind": "room-key", "conversation": talk, "session": session, "key": key, "to": device}
    return cbor.encode(named | (changes or {}))


async def own_key(talker: Talker, talk: str) -> str:
    return await talker.core.store.read(lambda c: ratchets.current_key(c, talk, talker.core.entropy))


async def refused(talker: Talker, talk: str, data: bytes, code: ErrorCode) -> None:
    """A message is held by its code, and the conversation is as it was."""
    before = await talker.belief()
    assert await talker.told("message", data, await place(talker, talk)) == [code]
    assert await talker.belief() == before


async def unreadable(talker: Talker, talk: str, data: bytes, code: ErrorCode) -> None:
    """A message has its place, and nothing in it is shown."""
    texts = await talker.texts(talk)
    assert await talker.told("message", data, await place(talker, talk)) == []
    row = (await talker.conversations.newest(talk, 500)).rows[-1]
    assert (row.id, row.text, row.unreadable) == (message(data).id, "", code.value)
    assert await talker.texts(talk) == [*texts, ""]
