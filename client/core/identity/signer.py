"""This device as an author, for services that sign: who it is, its signature, its clock and its randomness behind one port.

A service takes a `Signer` (or only an `Identity`, where it signs nothing) and not the whole client, so that a test gives it one
with a key, a time and a randomness of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from client.core.clock import Clock
from client.core.identity.keystore import Keystore, Me
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.identifiers import IdKind, new_id

ID_BYTES: Final = 16


class Identity(Protocol):
    """Who this device is."""

    @property
    def me(self) -> Me:
        """The person and the device, as the CA certified them.

        Raises:
            JinshuError: `profile.locked`.
        """
        ...


class Signer(Identity, Protocol):
    """Everything that makes a signed payload this device's own."""

    async def sign(self, kind: SignedType, value: Any) -> Signed:
        """Sign a payload's value as this device.

        Raises:
            JinshuError: `profile.locked`.
        """
        ...

    def sign_at_once(self, kind: SignedType, value: Any) -> Signed:
        """The same where nothing may be awaited: inside a transaction of the store.

        Raises:
            JinshuError: `profile.locked`; the transaction is undone by it.
        """
        ...

    def now_ms(self) -> int:
        """The time to be signed, in milliseconds UTC."""
        ...

    def entropy(self, count: int) -> bytes:
        """So many random bytes."""
        ...

    def new_id(self, kind: IdKind) -> str:
        """A name nothing else bears."""
        ...


class DeviceSigner:
    """The `Signer` of a running client: the keystore's key, the core's clock and the core's randomness."""

    def __init__(self, keystore: Keystore, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._keystore = keystore
        self._clock = clock
        self._entropy = entropy

    @property
    def me(self) -> Me:
        return self._keystore.me

    async def sign(self, kind: SignedType, value: Any) -> Signed:
        return await self._keystore.sign(kind, value)

    def sign_at_once(self, kind: SignedType, value: Any) -> Signed:
        return sign(self._keystore.signing_key, self._keystore.me.cert_hash, kind, value)

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def entropy(self, count: int) -> bytes:
        return self._entropy(count)

    def new_id(self, kind: IdKind) -> str:
        return new_id(kind, self._entropy(ID_BYTES))
