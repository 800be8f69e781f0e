"""The private keys of this device: signing key, X-Wing key, seal keys; they leave the store only as
signatures and opened seals."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

from sqlalchemy import Connection

from client.core.store import keys as table
from client.core.store import settings
from client.core.store.store_port import StorePort
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.errors import ErrorCode, JinshuError

_DEVICE: Final = "device"
_XWING: Final = "xwing"
_RECOVERY: Final = "recovery"
_SEAL: Final = "seal:"
_IDENTITY: Final = "identity"


@dataclass(frozen=True, slots=True)
class Me:
    """Who this device is, once the CA has said so."""

    person: str
    device: str
    label: str
    certificate: bytes

    @property
    def cert_hash(self) -> bytes:
        return sha256(self.certificate).digest()


@dataclass(frozen=True, slots=True)
class RecoveryPublic:
    """The public halves of this person's recovery code: seeds are wrapped to one, consent is checked by the
    other."""

    xwing: bytes
    signing_spki: bytes

    @property
    def spki_hash(self) -> bytes:
        return sha256(self.signing_spki).digest()


class Keystore:
    """Read into memory when the store opens, forgotten when it closes; while closed every use raises
    profile.locked."""

    def __init__(self, store: StorePort) -> None:
        self._store = store
        self._signing: SigningKey | None = None
        self._xwing: XWingPrivateKey | None = None
        self._me: Me | None = None
        self._device: tuple[str, str] | None = None

    async def create(self, device: str, label: str, signing: SigningKey, xwing: XWingPrivateKey) -> None:
        """Keep the keys of a new device, before anybody hears of their public halves."""

        def write(connection: Connection) -> None:
            table.keep_own_key(connection, _DEVICE, signing.private_bytes(), signing.public_spki)
            table.keep_own_key(connection, _XWING, xwing.seed, bytes(xwing.public))
            settings.put(connection, _IDENTITY, {"device": device, "label": label})

        await self._store.write(write)
        await self.load()

    async def certify(self, certificate: bytes, person: str) -> None:
        """Keep what the CA signed for this device."""

        def write(connection: Connection) -> None:
            found = table.own_key(connection, _DEVICE)
            if found is None:
                raise JinshuError(ErrorCode.PROFILE_DAMAGED)
            table.keep_own_key(connection, _DEVICE, found[0], found[1], certificate)
            identity = settings.get(connection, _IDENTITY)
            settings.put(connection, _IDENTITY, {**identity, "person": person})

        await self._store.write(write)
        await self.load()

    async def load(self) -> None:
        """Take the keys into memory; the store is open."""
        device, xwing, identity = await self._store.read(_own)
        if device is None or xwing is None or device[0] is None or xwing[0] is None:
            return
        self._signing = SigningKey.from_private_bytes(device[0])
        self._xwing = XWingPrivateKey(xwing[0])
        self._device = (identity["device"], identity["label"])
        if device[2] is not None:
            self._me = Me(identity["person"], identity["device"], identity["label"], device[2])

    def forget(self) -> None:
        self._signing = self._xwing = self._me = self._device = None

    @property
    def me(self) -> Me:
        if self._me is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._me

    @property
    def certified(self) -> bool:
        return self._me is not None

    @property
    def device(self) -> tuple[str, str] | None:
        """(id, label) of the device keys there are, certified or not."""
        return self._device

    @property
    def signing_key(self) -> SigningKey:
        if self._signing is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._signing

    @property
    def xwing(self) -> XWingPrivateKey:
        if self._xwing is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._xwing

    async def sign(self, kind: SignedType, value: Any) -> Signed:
        """Sign as this device."""
        return sign(self.signing_key, self.me.cert_hash, kind, value)

    async def keep_recovery(self, public: RecoveryPublic) -> None:
        """Remember whom to wrap the person's seeds to besides his devices."""
        await self._store.write(
            lambda connection: table.keep_own_key(
                connection, _RECOVERY, None, public.xwing, public.signing_spki
            )
        )

    async def recovery(self) -> RecoveryPublic | None:
        found = await self._store.read(lambda connection: table.own_key(connection, _RECOVERY))
        if found is None or found[2] is None:
            return None
        return RecoveryPublic(found[1], found[2])

    async def add_seal_key(self, seal: str, key: SigningKey) -> None:
        """Keep a seal's key made on this device; it is never copied to another (C5)."""
        await self._store.write(
            lambda connection: table.keep_own_key(
                connection, _SEAL + seal, key.private_bytes(), key.public_spki
            )
        )

    async def certify_seal(self, seal: str, certificate: bytes) -> None:
        key = await self.seal_key(seal)
        await self._store.write(
            lambda connection: table.keep_own_key(
                connection, _SEAL + seal, key.key.private_bytes(), key.key.public_spki, certificate
            )
        )

    async def seal_key(self, seal: str) -> SealKey:
        """The key of `seal` on this device.

        Raises:
            JinshuError: keys.no_key.
        """
        found = await self._store.read(lambda connection: table.own_key(connection, _SEAL + seal))
        if found is None or found[0] is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=seal)
        return SealKey(seal, SigningKey.from_private_bytes(found[0]), found[2])

    async def seals(self) -> tuple[str, ...]:
        """The seals this device has keys for, certified or not."""
        names = await self._store.read(table.own_key_names)
        return tuple(name.removeprefix(_SEAL) for name in names if name.startswith(_SEAL))


@dataclass(frozen=True, slots=True)
class SealKey:
    """One seal's key on this device; `certificate` is None until the CA has answered."""

    seal: str
    key: SigningKey
    certificate: bytes | None


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """Fresh keys of a device that is about to enrol."""

    signing: SigningKey
    xwing: XWingPrivateKey

    @classmethod
    def generate(cls) -> Self:
        return cls(SigningKey.generate(), XWingPrivateKey.generate())


KeyRow = tuple[bytes | None, bytes, bytes | None] | None


def _own(connection: Connection) -> tuple[KeyRow, KeyRow, dict[str, str]]:
    identity = settings.get(connection, _IDENTITY, {})
    return table.own_key(connection, _DEVICE), table.own_key(connection, _XWING), identity
