"""The private keys of this device: signing key, X-Wing key, seal keys; they leave the store only as
signatures and opened seals. A seal's key may lie in a token instead: then the store knows only which."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Self

from sqlalchemy import Connection

from client.core.store import keys as table
from client.core.store import settings
from client.core.store.keys import OwnKey
from client.core.store.store_port import StorePort
from client.core.tokens.rows import TokenKey
from protocol.crypto.certificates import public_key_of
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.errors import ErrorCode, JinshuError

_DEVICE: Final = "device"
_XWING: Final = "xwing"
_RECOVERY: Final = "recovery"
_SEAL: Final = "seal:"
_ASKED: Final = "asked:"
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
            table.keep_own_key(connection, _DEVICE, OwnKey(signing.private_bytes(), signing.public_spki))
            table.keep_own_key(connection, _XWING, OwnKey(xwing.seed, bytes(xwing.public)))
            settings.put(connection, _IDENTITY, {"device": device, "label": label})

        await self._store.write(write)
        await self.load()

    async def certify(self, certificate: bytes, person: str) -> None:
        """Keep what the CA signed for this device."""

        def write(connection: Connection) -> None:
            found = table.own_key(connection, _DEVICE)
            if found is None:
                raise JinshuError(ErrorCode.PROFILE_DAMAGED)
            table.keep_own_key(connection, _DEVICE, found._replace(certificate=certificate))
            identity = settings.get(connection, _IDENTITY)
            settings.put(connection, _IDENTITY, {**identity, "person": person})

        await self._store.write(write)
        await self.load()

    async def load(self) -> None:
        """Take the keys into memory; the store is open."""
        device, xwing, identity = await self._store.read(_own)
        if device is None or xwing is None or device.private is None or xwing.private is None:
            return
        self._signing = SigningKey.from_private_bytes(device.private)
        self._xwing = XWingPrivateKey(xwing.private)
        self._device = (identity["device"], identity["label"])
        if device.certificate is not None:
            self._me = Me(identity["person"], identity["device"], identity["label"], device.certificate)

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
                connection, _RECOVERY, OwnKey(None, public.xwing, public.signing_spki)
            )
        )

    async def recovery(self) -> RecoveryPublic | None:
        found = await self._store.read(lambda connection: table.own_key(connection, _RECOVERY))
        if found is None or found.certificate is None:
            return None
        return RecoveryPublic(found.public, found.certificate)

    async def add_seal_key(self, seal: str, key: SigningKey) -> None:
        """Keep a seal's key made on this device; it is never copied to another (C5)."""
        await self._store.write(
            lambda connection: table.keep_own_key(connection, _SEAL + seal, _own_key_of(key))
        )

    async def ask_seal_key(self, seal: str, key: SigningKey | TokenKey) -> None:
        """Keep a key for which a certificate is asked in the place of the one there is, which serves until then."""
        await self._store.write(
            lambda connection: table.keep_own_key(connection, _ASKED + seal, _own_key_of(key))
        )

    async def drop_asked_seal_key(self, seal: str) -> None:
        """Forget the key that was asked for: the CA refused it."""
        await self._store.write(lambda connection: table.drop_own_key(connection, _ASKED + seal))

    async def certify_seal(self, seal: str, certificate: bytes) -> bool:
        """Keep the certificate of one of a seal's keys, and that key alone if it was asked for: the key before is then gone.

        Returns:
            Whether anything changed; False too for a certificate of a key that is not here.
        """
        spki = public_key_of(certificate)

        def write(connection: Connection) -> bool:
            asked = table.own_key(connection, _ASKED + seal)
            if asked is not None and asked.public == spki:
                table.keep_own_key(connection, _SEAL + seal, asked._replace(certificate=certificate))
                table.drop_own_key(connection, _ASKED + seal)
                return True
            key = table.own_key(connection, _SEAL + seal)
            if key is None or key.public != spki or key.certificate == certificate:
                return False
            table.keep_own_key(connection, _SEAL + seal, key._replace(certificate=certificate))
            return True

        return await self._store.write(write)

    async def seal_key(self, seal: str) -> SealKey:
        """The key of `seal` on this device, or the one in a token that this device knows of.

        Raises:
            JinshuError: `keys.no_key`; `keys.seal_key_damaged`, what is kept of a key in a token does not hang together.
        """
        found = await self._store.read(lambda connection: table.own_key(connection, _SEAL + seal))
        if found is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=seal)
        return _seal_key_of(seal, found)

    async def asked_seal_key(self, seal: str) -> SealKey | None:
        """The key that waits for its certificate in the place of the one there is.

        Raises:
            JinshuError: as `seal_key`.
        """
        found = await self._store.read(lambda connection: table.own_key(connection, _ASKED + seal))
        return None if found is None else _seal_key_of(seal, found)

    async def is_seal_key_asked(self, seal: str) -> bool:
        """Whether a key waits for its certificate in the place of the one there is, readable or not."""
        found = await self._store.read(lambda connection: table.own_key(connection, _ASKED + seal))
        return found is not None

    async def seals(self) -> tuple[str, ...]:
        """The seals this device has keys for, certified or not."""
        names = await self._store.read(table.own_key_names)
        return tuple(name.removeprefix(_SEAL) for name in names if name.startswith(_SEAL))


@dataclass(frozen=True, slots=True)
class SealKey:
    """One seal's key: on this device, or in a token that signs when it is plugged in and its PIN is given.

    `certificate` is None until the CA has answered.
    """

    seal: str
    key: SigningKey | TokenKey
    certificate: bytes | None

    @property
    def token(self) -> TokenKey | None:
        """Where it lies if it is in a token."""
        return self.key if isinstance(self.key, TokenKey) else None


@dataclass(frozen=True, slots=True)
class DeviceKeys:
    """Fresh keys of a device that is about to enrol."""

    signing: SigningKey
    xwing: XWingPrivateKey

    @classmethod
    def generate(cls) -> Self:
        return cls(SigningKey.generate(), XWingPrivateKey.generate())


def _own_key_of(key: SigningKey | TokenKey) -> OwnKey:
    if isinstance(key, TokenKey):
        return OwnKey(None, key.public_spki, token=key.facts())
    return OwnKey(key.private_bytes(), key.public_spki)


def _seal_key_of(seal: str, row: OwnKey) -> SealKey:
    if row.token is None:
        if row.private is None:
            raise JinshuError(ErrorCode.KEYS_NO_KEY, object=seal)
        return SealKey(seal, SigningKey.from_private_bytes(row.private), row.certificate)
    key = TokenKey.parse(row.token)
    # One key has one place; signatures are checked with the half that was certified.
    if row.private is not None or key.public_spki != row.public:
        raise JinshuError(ErrorCode.KEYS_SEAL_KEY_DAMAGED)
    return SealKey(seal, key, row.certificate)


def _own(connection: Connection) -> tuple[OwnKey | None, OwnKey | None, dict[str, str]]:
    identity = settings.get(connection, _IDENTITY, {})
    return table.own_key(connection, _DEVICE), table.own_key(connection, _XWING), identity
