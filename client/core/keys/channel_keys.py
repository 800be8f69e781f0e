"""This device's X-Wing key of the week, and those of others: what was sealed to one stays closed once its private half is gone.

A new key every week, the old private halves for 30 days more (packets wait for devices that are away), then forgotten. A device
that publishes none, or none recent enough, is sealed to by its bundle key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sqlalchemy import Connection, delete, select, update

from client.core.clock import Clock
from client.core.identity.keystore import Keystore
from client.core.server_requests import ServerRequests
from client.core.store.conversations import CHANNEL_KEYS
from client.core.store.store_port import StorePort
from protocol.crypto.envelope import EnvelopeInfo, open_envelope
from protocol.crypto.keys import XWingPrivateKey, XWingPublicKey, is_usable_xwing
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.messaging.payloads import ChannelKey
from protocol.wire.messaging import ChannelKeysReply, ClaimRequest

_DAY_MS: Final = 24 * 3600 * 1000
_WEEK_MS: Final = 7 * _DAY_MS
_KEPT_MS: Final = 30 * _DAY_MS
# A key made longer ago than this is of a device that was away, and its private half may be gone.
_OLDEST_MS: Final = _WEEK_MS + _KEPT_MS
_BATCH: Final = 500


class ChannelKeys:
    """Own keys in the store; those of others by their signatures, asked for once a day."""

    def __init__(
        self,
        store: StorePort,
        keystore: Keystore,
        api: ServerRequests,
        clock: Clock,
        entropy: Callable[[int], bytes],
        lacking: Callable[[], bool] = lambda: False,
    ) -> None:
        """`lacking`: whether the site has switched on what this version cannot read; keys may then say more (C41)."""
        self._store = store
        self._keystore = keystore
        self._api = api
        self._clock = clock
        self._entropy = entropy
        self._lacking = lacking
        self._known: dict[str, tuple[int, ChannelKey | None]] = {}  # device -> (asked at, its key)

    async def due(self, identity: bytes, *, anew: bool = False) -> bytes | None:
        """The signed CHANNEL_KEY that the server does not have yet: a new one when the last is a week old, or `anew`."""
        now = self._clock.now_ms()
        fresh = self._entropy(96)

        def chosen(connection: Connection) -> tuple[int, bytes, bool]:
            newest = select(CHANNEL_KEYS).order_by(CHANNEL_KEYS.c.made_at.desc()).limit(1)
            row = connection.execute(newest).first()
            if row is not None and now < row.made_at + _WEEK_MS and not (anew and now > row.made_at):
                return row.made_at, bytes(row.seed), bool(row.published)
            connection.execute(
                CHANNEL_KEYS.insert().values({"made_at": now, "seed": fresh, "published": False})
            )
            return now, fresh, False

        made_at, seed, published = await self._store.write(chosen)
        if published:
            return None
        public = bytes(XWingPrivateKey(seed).public)
        value = ChannelKey(self._keystore.me.device, identity, public, made_at).value()
        return (await self._keystore.sign(SignedType.CHANNEL_KEY, value)).to_bytes()

    async def published(self) -> None:
        """The server has the newest; private halves whose successor is 30 days old are forgotten."""
        limit = self._clock.now_ms() - _KEPT_MS

        def write(connection: Connection) -> None:
            connection.execute(update(CHANNEL_KEYS).values(published=True))
            made = list(connection.execute(select(CHANNEL_KEYS.c.made_at)).scalars())
            successor = max((at for at in made if at <= limit), default=None)
            if successor is not None:
                connection.execute(delete(CHANNEL_KEYS).where(CHANNEL_KEYS.c.made_at < successor))

        await self._store.write(write)

    async def learn(self, devices: Iterable[Device]) -> None:
        """Ask for the keys of devices that were not asked for today.

        Raises:
            JinshuError: `network.*`.
        """
        now = self._clock.now_ms()
        wanted = {each.id: each for each in devices if now >= self._asked_at(each.id) + _DAY_MS}
        names = sorted(wanted)
        for start in range(0, len(names), _BATCH):
            asked = names[start : start + _BATCH]
            reply = await self._api.post(
                "/conversations/channel-keys", ClaimRequest(devices=asked), ChannelKeysReply
            )
            found = [self._checked(data, wanted) for data in reply.keys]
            for name in asked:
                key = next((each for each in found if each.device == name), None)
                before = self._known.get(name, (0, None))[1]
                # A server that hands out an older key than before gains nothing by it.
                newest = max((each for each in (key, before) if each is not None), key=_at, default=None)
                self._known[name] = (now, newest)

    def forget(self, device: str) -> None:
        """A device may have another key by now: it is asked for when it is next needed."""
        if device in self._known:
            self._known[device] = (-_DAY_MS, self._known[device][1])

    def public_of(self, device: Device) -> XWingPublicKey | None:
        """What to seal to: the key of the week if it is recent, else the bundle's; None if neither can be used (C46)."""
        _, key = self._known.get(device.id, (0, None))
        recent = key is not None and key.at >= self._clock.now_ms() - _OLDEST_MS
        if key is not None and recent and is_usable_xwing(key.public):
            return XWingPublicKey(key.public)
        return device.encryption_key if device.usable else None

    async def open(self, info: EnvelopeInfo, sealed: bytes) -> bytes:
        """Open what was sealed to one of this device's keys, the newest first.

        Raises:
            JinshuError: `envelope.cannot_open`.
        """
        chosen = select(CHANNEL_KEYS.c.seed).order_by(CHANNEL_KEYS.c.made_at.desc())
        seeds = await self._store.read(lambda c: list(c.execute(chosen).scalars()))
        for seed in seeds:
            try:
                return open_envelope(XWingPrivateKey(bytes(seed)), info, sealed)
            except JinshuError as error:
                if error.code is not ErrorCode.ENVELOPE_CANNOT_OPEN:
                    raise
        return open_envelope(self._keystore.xwing, info, sealed)

    def _asked_at(self, device: str) -> int:
        return self._known[device][0] if device in self._known else -_DAY_MS

    def _checked(self, data: bytes, wanted: dict[str, Device]) -> ChannelKey:
        """A key counts only by its device's own signature and for the identity in the log."""
        signed = Signed.parse(data, SignedType.CHANNEL_KEY)
        key = ChannelKey.parse(signed.value(), tolerant=self._lacking())
        device = wanted.get(key.device)
        if device is None or (signed.cert_hash, key.identity) != (device.cert_hash, device.curve25519):
            raise RemoteProtocolError(ErrorCode.MESSAGING_WRONG_SENDER, device=key.device)
        verify(signed, device.verifying_key, SignedType.CHANNEL_KEY)
        return key


def _at(key: ChannelKey) -> int:
    return key.at
