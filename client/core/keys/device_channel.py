"""The certified channel between two devices: Olm inside an HPKE (X-Wing) seal, signed by the sender's certificate key (D8).

Whoever records a packet has to break both; whoever forges one needs the device's key. Nothing but the key of a session
its sender made is ever taken from it: no device asks another for keys (attacks 4 and 5 of 2022).

How it works (PROTOCOL.md §6, KEY_PACKET). Sending: the device claims a prekey of the other from the server if it has no
session to write with, encrypts with Olm (`ratchets.py`), seals that to the other's X-Wing key of the week
(`channel_keys.py`), and signs the packet with the key of its certificate. Receiving goes the other way and verifies
first: the signature, then the seal, then Olm; the names inside must be those outside.

Rules:
- Two layers with different lifetimes: Olm gives each packet a key of its own; the weekly X-Wing key keeps what was
  recorded closed to a later quantum computer once its private half is deleted.
- A session from before the store was opened only reads (`load`, `retire`), unless the very process that closed the
  store opens it again: the mark `close` writes says so (DECISIONS 27).
- A device whose keys are validly signed and cannot be used is left out and named in a signed statement; the others get
  their packets (C46).

What must be kept in step: `load` and `close` around every opening of the store; `_turn` around what publishes or
replaces this device's keys (`renew`, `maintain`); `ChannelPort`, which is what conversations see of this class.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from client.core.clock import Clock
from client.core.identity.keystore import Keystore
from client.core.keys import ratchets
from client.core.keys.channel_keys import ChannelKeys
from client.core.keys.left_out import LeftOutStatements
from client.core.server_requests import ServerRequests
from client.core.store import settings
from client.core.store.store_port import StorePort
from client.core.sync.copied_back import CopiedBack
from client.core.trust.directory import Directory
from protocol import payload
from protocol.crypto import cbor
from protocol.crypto.envelope import EnvelopeInfo, Purpose, seal
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.log import Leaf, LeafKind, OlmIdentity
from protocol.directory.records import Device
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.messaging.payloads import KeyPacket, Prekey
from protocol.wire.base import Empty
from protocol.wire.messaging import ClaimReply, ClaimRequest, PacketsRequest, PrekeysReply, PrekeysRequest

_log = logging.getLogger(__name__)
_FEW_LEFT: Final = 20
_REPLACES: Final = 3  # the protocol version in which a server takes prekeys in the place of those it has
_CLOSED_AS: Final = "channel.closed_as"
_ROOM_KEY: Final = "room-key"
_OLM: Final[Mapping[str, payload.Shape]] = {"type": payload.integer, "body": payload.any_octets}
_KEY: Final[Mapping[str, payload.Shape]] = {
    "kind": payload.one_of(_ROOM_KEY),
    "conversation": payload.text,
    "session": payload.text,
    "key": payload.text,
    "to": payload.text,
}


class DeviceChannel:
    """Gives this device an Olm identity, keeps prekeys at the server, and carries session keys to single devices."""

    def __init__(
        self,
        store: StorePort,
        keystore: Keystore,
        directory: Directory,
        api: ServerRequests,
        clock: Clock,
        entropy: Callable[[int], bytes],
        on_left_out: Callable[[str], None],
        copied_back: CopiedBack,
    ) -> None:
        self._store = store
        self._keystore = keystore
        self._directory = directory
        self._api = api
        self._clock = clock
        self._entropy = entropy
        self._on_left_out = on_left_out
        self._copied_back = copied_back
        self._closed_as = b""  # what stands in the store that this process closed
        self._retiring_due = False
        self._reached: set[str] = set()
        self._turn = asyncio.Lock()
        # Devices with keys that are validly signed and cannot be used, since the start.
        self.left_out: frozenset[str] = frozenset()
        self._statements = LeftOutStatements(keystore, directory, api, clock)
        self._weekly = ChannelKeys(store, keystore, api, clock, entropy, self._lacking)

    async def load(self) -> None:
        """The store was opened. Unless it is the very one that this process closed, its sessions only read."""
        closed_as = await self._store.read(lambda c: settings.get(c, _CLOSED_AS, b""))
        if closed_as and closed_as == self._closed_as:
            return
        self._reached.clear()
        self._retiring_due = True
        # A full disk is no reason to keep anybody from reading; before anything is written it is tried again.
        with suppress(SQLAlchemyError):
            await self.retire()

    async def retire(self) -> None:
        """Write with none of the sessions from before the store was opened; before anything is written with one."""
        if self._retiring_due:
            await self._store.write(ratchets.retire_sessions)
            self._retiring_due = False

    async def close(self) -> None:
        """The store is about to be closed: it is marked, so that it is known again. If it cannot be, it is not known again."""
        self._closed_as = b""
        if self._retiring_due:
            return
        mark = self._entropy(16)
        with suppress(SQLAlchemyError):
            await self._store.write(lambda c: settings.put(c, _CLOSED_AS, mark))
            self._closed_as = mark

    @property
    def reached(self) -> frozenset[str]:
        """Devices that were sent something in a session begun since the store was opened."""
        return frozenset(self._reached)

    async def renew(self) -> None:
        """Have others use only keys of this device that this store has, if it was copied back.

        Raises:
            JinshuError: `network.*`.
        """
        async with self._turn:
            own = self._directory.state.device_by_id(self._keystore.me.device)
            if own is None or not own.curve25519 or not self._copied_back.gap.keys_due:
                return
            key = await self._weekly.due(own.curve25519, anew=True)
            # A server of before hands out the lost ones too; whoever gets one begins anew when he or we next start.
            await self._refill(key, replace=await self._api.server_protocol() >= _REPLACES)
            await self._weekly.published()
            await self._copied_back.keys_are_new()

    async def maintain(self) -> None:
        """Log this device's Olm identity once, make its key of the week, and refill its prekeys when few are left.

        Raises:
            JinshuError: `network.*`; tried again later. `keys.unusable`: others can seal nothing to this device.
        """
        await self.renew()
        async with self._turn:
            me = self._keystore.me
            own = self._directory.state.device_by_id(me.device)
            if own is None:
                return
            if not own.curve25519:
                await self._identify()
            own = self._directory.state.device_by_id(me.device)
            key = await self._weekly.due(own.curve25519) if own is not None and own.curve25519 else None
            left = await self._publish((), key)
            if key is not None:
                await self._weekly.published()
            if left < _FEW_LEFT:
                await self._refill()
            if own is not None and not own.usable:
                # Others leave this device out: its owner is the one who can mend it.
                raise JinshuError(ErrorCode.KEYS_UNUSABLE, device=me.device)

    async def send_key(self, conversation: str, session: str, devices: Iterable[Device]) -> frozenset[str]:
        """Send the outbound session's key to devices; returns those it went to. A device without prekeys is left for
        the next message, and so is one whose keys cannot be used: it keeps nothing from the others (C46).

        Raises:
            JinshuError: `network.*` or `messaging.*`.
        """
        await self.retire()
        wanted = {device.id: device for device in devices if device.curve25519}
        await self._open_channels(conversation, wanted)
        await self._weekly.learn(wanted.values())
        packets: list[bytes] = []
        reached: set[str] = set()
        for device in wanted.values():
            packet = await self._packet(conversation, session, device)
            if packet is not None:
                packets.append(packet)
                reached.add(device.id)
        if packets:
            await self._api.post("/conversations/packets", PacketsRequest(packets=packets), Empty)
        self._reached |= reached
        await self._statements.send()
        return frozenset(reached)

    async def open_packet(self, data: bytes) -> tuple[KeyPacket, Device, bytes]:
        """Check a packet's signature and take off its seal; returns it, its sender and the Olm message inside.

        Raises:
            JinshuError: `certificate.*`, `signature.invalid`, `messaging.wrong_sender` or `envelope.cannot_open`.
        """
        signed = Signed.parse(data, SignedType.KEY_PACKET)
        packet = KeyPacket.parse(signed.value(), tolerant=self._lacking())
        sender = self._directory.state.active_signer(signed.cert_hash)
        verify(signed, sender.verifying_key, SignedType.KEY_PACKET)
        if (packet.device, packet.to) != (sender.id, self._keystore.me.device):
            raise RemoteProtocolError(ErrorCode.MESSAGING_WRONG_SENDER, device=packet.device)
        info = _info(packet.conversation, packet.device, packet.to)
        return packet, sender, await self._weekly.open(info, packet.sealed)

    def take_key(self, connection: Connection, packet: KeyPacket, sender: Device, inside: bytes) -> None:
        """Decrypt the Olm message and keep the session key in it, as its sender's and nobody else's.

        Raises:
            JinshuError: `messaging.unreadable`, `messaging.wrong_sender` or `wire.malformed`.
        """
        plain = self._decrypt(connection, sender, inside)
        key = payload.check(cbor.decode(plain), _KEY)
        named = (key["conversation"], key["session"], key["to"])
        if named != (packet.conversation, packet.session, packet.to):
            raise RemoteProtocolError(ErrorCode.MESSAGING_WRONG_SENDER, device=packet.device)
        ratchets.keep_inbound(
            connection, packet.session, key["key"], packet.conversation, sender.id, self._entropy
        )

    async def seal(
        self, object_id: str, devices: Iterable[Device], content: Mapping[str, Any]
    ) -> dict[str, bytes]:
        """The same content for several devices, each by its own channel; devices without prekeys, or whose keys cannot be
        used, are left out.

        Raises:
            JinshuError: `network.*` or `messaging.*`.
        """
        await self.retire()
        wanted = {device.id: device for device in devices if device.curve25519}
        await self._open_channels(object_id, wanted)
        await self._weekly.learn(wanted.values())
        me, now = self._keystore.me.device, self._clock.now_ms()

        def encrypt(connection: Connection) -> dict[str, bytes]:
            made = {}
            for name in wanted:
                if ratchets.has_channel(connection, name):
                    plain = cbor.encode({"v": 1, **content, "to": name})
                    kind, body = ratchets.olm_encrypt(connection, name, plain, now, self._entropy)
                    made[name] = cbor.encode({"v": 1, "type": kind, "body": body})
            return made

        inside = await self._store.write(encrypt)
        found = {name: self._weekly.public_of(wanted[name]) for name in inside}
        keys = {name: key for name, key in found.items() if key is not None}
        self._leave_out(object_id, found.keys() - keys.keys())
        await self._statements.send()

        def close() -> dict[str, bytes]:
            return {name: seal(key, _info(object_id, me, name), inside[name]) for name, key in keys.items()}

        return await asyncio.to_thread(close)

    async def open(
        self, object_id: str, sender: Device, sealed: bytes, shapes: Mapping[str, payload.Shape]
    ) -> dict[str, Any]:
        """What `seal` closed for this device, checked for shape; the ratchet has moved when this returns.

        Raises:
            JinshuError: `envelope.cannot_open`, `messaging.unreadable`, `messaging.wrong_sender` or `wire.malformed`.
        """
        me = self._keystore.me.device
        inside = await self._weekly.open(_info(object_id, sender.id, me), sealed)
        plain = await self._store.write(lambda c: self._decrypt(c, sender, inside))
        content = payload.check(cbor.decode(plain), {**shapes, "to": payload.text})
        if content.pop("to") != me:
            raise RemoteProtocolError(ErrorCode.MESSAGING_WRONG_SENDER, device=sender.id)
        return content

    def _decrypt(self, connection: Connection, sender: Device, inside: bytes) -> bytes:
        """Decrypt an Olm message. A sender that begins a channel may have lost its store: what it was given before, and the
        keys it had at the server, may be gone with it."""
        olm = payload.check(cbor.decode(inside), _OLM)
        now = self._clock.now_ms()
        plain, begun = ratchets.olm_decrypt(
            connection, sender.id, sender.curve25519, olm["type"], olm["body"], now, self._entropy
        )
        if begun:
            ratchets.unshare(connection, sender.id)
            self._weekly.forget(sender.id)
        return plain

    async def _identify(self) -> None:
        # It may stand there already: a device that is locked while it waits for the reply does not hear of it.
        await self._directory.catch_up()
        own = self._directory.state.device_by_id(self._keystore.me.device)
        if own is None or own.curve25519:
            return
        account = await self._store.write(lambda c: ratchets.account(c, self._entropy))
        me, now = self._keystore.me, self._clock.now_ms()
        identity = OlmIdentity(
            me.device, account.curve25519_key.to_bytes(), _ed25519(account.ed25519_key.to_base64()), now
        )
        signed = await self._keystore.sign(SignedType.OLM_IDENTITY, identity.value())
        await self._directory.publish(Leaf(LeafKind.OLM, signed.to_bytes(), me.certificate), ())

    async def _refill(self, channel_key: bytes | None = None, *, replace: bool = False) -> None:
        one_time, fallback = await self._store.write(lambda c: ratchets.fresh_prekeys(c, self._entropy))
        me, now = self._keystore.me, self._clock.now_ms()
        own = self._directory.state.device_by_id(me.device)
        assert own is not None
        signed: list[bytes] = []
        for key in (*one_time, fallback):
            prekey = Prekey(me.device, own.curve25519, key, key == fallback, now)
            signed.append((await self._keystore.sign(SignedType.PREKEY, prekey.value())).to_bytes())
        await self._publish(signed, channel_key, replace=replace)

    async def _publish(
        self, prekeys: Iterable[bytes], channel_key: bytes | None = None, *, replace: bool = False
    ) -> int:
        request = PrekeysRequest(prekeys=list(prekeys), channel_key=channel_key)
        if replace:
            request = PrekeysRequest(prekeys=request.prekeys, channel_key=channel_key, replace=True)
        return (await self._api.post("/conversations/prekeys", request, PrekeysReply)).left

    async def _open_channels(self, object_id: str, devices: Mapping[str, Device]) -> None:
        missing = await self._store.read(
            lambda c: [name for name in sorted(devices) if not ratchets.has_channel(c, name)]
        )
        if not missing:
            return
        reply = await self._api.post(
            "/conversations/prekeys/claim", ClaimRequest(devices=missing), ClaimReply
        )
        now = self._clock.now_ms()
        for data in reply.prekeys:
            device, prekey = self._checked(data, devices)

            def begin(connection: Connection, device: Device = device, prekey: Prekey = prekey) -> None:
                ratchets.open_channel(
                    connection, device.id, device.curve25519, prekey.key, now, self._entropy
                )

            try:
                await self._store.write(begin)
            except JinshuError as error:
                if error.code is not ErrorCode.MESSAGING_NO_PREKEY:
                    raise
                # Signed by the device itself and good for nothing: its own fault, which must not become everybody's.
                self._leave_out(object_id, [device.id])

    def _lacking(self) -> bool:
        """Whether the site has switched on what this version cannot read: keys of others may then say more (C41)."""
        return bool(self._directory.lacking)

    def _checked(self, data: bytes, wanted: Mapping[str, Device]) -> tuple[Device, Prekey]:
        """A prekey counts only by its device's own signature, and for the identity in the log."""
        signed = Signed.parse(data, SignedType.PREKEY)
        prekey = Prekey.parse(signed.value(), tolerant=self._lacking())
        device = wanted.get(prekey.device)
        if device is None or signed.cert_hash != device.cert_hash or prekey.identity != device.curve25519:
            raise RemoteProtocolError(ErrorCode.MESSAGING_WRONG_SENDER, device=prekey.device)
        verify(signed, device.verifying_key, SignedType.PREKEY)
        return device, prekey

    async def _packet(self, conversation: str, session: str, device: Device) -> bytes | None:
        me, now, public = self._keystore.me, self._clock.now_ms(), self._weekly.public_of(device)
        if public is None:
            self._leave_out(conversation, [device.id])
            return None

        def encrypt(connection: Connection) -> dict[str, Any] | None:
            if not ratchets.has_channel(connection, device.id):
                return None
            plain = cbor.encode(
                {
                    "v": 1,
                    "kind": _ROOM_KEY,
                    "conversation": conversation,
                    "session": session,
                    "key": ratchets.current_key(connection, conversation, self._entropy),
                    "to": device.id,
                }
            )
            kind, body = ratchets.olm_encrypt(connection, device.id, plain, now, self._entropy)
            return {"v": 1, "type": kind, "body": body}

        inside = await self._store.write(encrypt)
        if inside is None:
            _log.warning("a device of a conversation has no prekeys: %s", device.id)
            return None
        info = _info(conversation, me.device, device.id)
        sealed = seal(public, info, cbor.encode(inside))
        packet = KeyPacket(conversation, me.device, device.id, session, sealed, now)
        return (await self._keystore.sign(SignedType.KEY_PACKET, packet.value())).to_bytes()

    def _leave_out(self, object_id: str, devices: Iterable[str]) -> None:
        self._statements.add(object_id, devices)
        for device in sorted(set(devices) - self.left_out):
            _log.warning("a device whose keys cannot be used is left out: %s", device)
            self._on_left_out(device)
        self.left_out |= set(devices)


def _info(conversation: str, sender: str, recipient: str) -> EnvelopeInfo:
    return EnvelopeInfo(Purpose.DEVICE_CHANNEL, conversation, sender, recipient, 0)


def _ed25519(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
