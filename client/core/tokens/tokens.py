"""Tokens (UKeys) of this computer: which are there, a secret sealed to a key that never leaves one and opened with its PIN, and
signatures by a key that was made in one."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from client.core.clock import Clock
from client.core.tokens.known_drivers import check_driver, known_drivers
from client.core.tokens.process import BACKEND, TokenProcess
from client.core.tokens.rows import (
    PinState,
    RsaPadding,
    TokenKey,
    TokenName,
    TokenRow,
    TokenSeal,
    TokenUse,
)
from protocol.crypto.keys import VerifyingKey
from protocol.errors import ErrorCode, JinshuError

_log = logging.getLogger(__name__)
# Of the core's clock. Cards take seconds for a decryption, and some a minute and more for two primes.
_ASK_SECONDS: Final = 60.0
_MAKE_SECONDS: Final = 300.0
_ID_BYTES: Final = 16
_MOST_TOKENS: Final = 64  # of one driver
_EXPONENT: Final = 65537
_BITS: Final = range(2048, 4097)
# An uncompressed point of P-256 (SEC 1 §2.3.3), and the DER OCTET STRING around it that CKA_EC_POINT should be.
_POINT_BYTES: Final = 65
_OCTETS: Final = bytes([4, _POINT_BYTES])


class Tokens:
    """Each act has a process of its own, which ends with it and with whatever was logged in there."""

    def __init__(
        self,
        clock: Clock,
        entropy: Callable[[int], bytes],
        known: Callable[[], tuple[str, ...]] = known_drivers,
        backend: str = BACKEND,
    ) -> None:
        self._clock = clock
        self._entropy = entropy
        self._known = known
        self._backend = backend

    async def found(self, driver: str = "", use: TokenUse = TokenUse.OPEN) -> tuple[TokenRow, ...]:
        """The tokens that are plugged in, each once.

        Args:
            driver: the path of a PKCS #11 module; none: those in known places, of which one that fails hides no other.
            use: those that cannot do this are left out.

        Raises:
            JinshuError: `keys.token_driver_*`, of a driver that was named.
        """
        if driver:
            return await self._rows(driver, use)
        rows: list[TokenRow] = []
        for each in await asyncio.to_thread(self._known):
            try:
                seen = await self._rows(each, use)
            except JinshuError as error:
                _log.info("a driver of tokens was passed over: %s %s", Path(each).name, error.code.value)
                continue
            # One token may be seen through several drivers, as a vendor's and OpenSC's.
            rows += [row for row in seen if not any(row.name.is_same(known.name) for known in rows)]
        return tuple(rows)

    async def seal(
        self, row: TokenRow, pin: str, label: str, secret: bytes, *, last_try: bool = False
    ) -> TokenSeal:
        """Make a key in a token, encrypt a secret to it, and see that the token opens it.

        Keys the token holds under the same label from before are taken away once it does.

        Args:
            label: what the key is called in the token (CKA_LABEL).
            secret: 32 bytes.
            last_try: the PIN is tried even if a wrong one would lock it.

        Raises:
            JinshuError: `keys.token_*`.
        """
        key = self._entropy(_ID_BYTES).hex()
        login = {"token": row.name.value(), "pin": pin, "last_try": last_try}
        async with self._process(row.driver) as process:
            made = await process.ask(_MAKE_SECONDS, "make_rsa", key=key, label=label, **login)
            kind, sealed = self._encrypted(made, secret, row.driver)
            seal = TokenSeal(row.driver, row.name, key, kind, sealed.hex())
            if not hmac.compare_digest(await self._opened(process, seal, login), secret):
                raise JinshuError(ErrorCode.KEYS_TOKEN_UNSUITABLE)
            await process.ask(_ASK_SECONDS, "discard", label=label, keep=[key], **login)
        return seal

    async def open(self, seal: TokenSeal, pin: str, *, last_try: bool = False) -> bytes:
        """The secret a seal holds.

        Raises:
            JinshuError: `keys.token_*`: absent, other, wrong_pin, last_try, pin_locked, pin_unset, key_missing, failed, driver_*.
        """
        login = {"token": seal.token.value(), "pin": pin, "last_try": last_try}
        async with self._process(seal.driver) as process:
            return await self._opened(process, seal, login)

    async def state(self, seal: TokenSeal) -> PinState:
        """How the PIN of a seal's token stands; nothing is tried.

        Raises:
            JinshuError: `keys.token_absent`, `keys.token_other` or `keys.token_driver_*`.
        """
        return await self._pin_state(seal.driver, seal.token, TokenUse.OPEN)

    async def make_signing_key(
        self,
        row: TokenRow,
        pin: str,
        label: str,
        first: Callable[[bytes], bytes],
        *,
        keep: tuple[str, ...] = (),
        last_try: bool = False,
    ) -> tuple[TokenKey, bytes]:
        """Make a P-256 key in a token that signs there, and see that it does.

        Args:
            label: what the key is called in the token (CKA_LABEL); others the token holds under it are taken away once the new
                one has signed, but for those with an id (CKA_ID, hex) in `keep`.
            first: from the new key's SubjectPublicKeyInfo, the message it signs at once.
            last_try: the PIN is tried even if a wrong one would lock it.

        Returns:
            The key, and its signature of that message (r ‖ s, 64 bytes).

        Raises:
            JinshuError: `keys.token_*`; `keys.token_cannot_sign`, the token has no such keys or would give them away.
        """
        name = self._entropy(_ID_BYTES).hex()
        login = {"token": row.name.value(), "pin": pin, "last_try": last_try}
        async with self._process(row.driver) as process:
            made = await process.ask(_MAKE_SECONDS, "make_ec", key=name, label=label, **login)
            key = TokenKey(row.driver, row.name, name, _spki(made, row.driver))
            signature = await self._signed(process, key, login, first(key.public_spki))
            await process.ask(_ASK_SECONDS, "discard", label=label, keep=[name, *keep], **login)
        return key, signature

    async def sign(self, key: TokenKey, pin: str, message: bytes, *, last_try: bool = False) -> bytes:
        """ECDSA with SHA-256 by a key in a token, as r ‖ s, 64 bytes; checked with its public half before it is given.

        Raises:
            JinshuError: `keys.token_*`: absent, other, wrong_pin, last_try, pin_locked, pin_unset, no_seal_key,
                foreign_signature, failed, driver_*.
        """
        login = {"token": key.token.value(), "pin": pin, "last_try": last_try}
        async with self._process(key.driver) as process:
            return await self._signed(process, key, login, message)

    async def signing_state(self, key: TokenKey) -> PinState:
        """How the PIN of a signing key's token stands; nothing is tried.

        Raises:
            JinshuError: `keys.token_absent`, `keys.token_other` or `keys.token_driver_*`.
        """
        return await self._pin_state(key.driver, key.token, TokenUse.SIGN)

    async def _pin_state(self, driver: str, token: TokenName, use: TokenUse) -> PinState:
        rows = await self._rows(driver, use)
        for row in rows:
            if row.name.is_same(token):
                return row.pin
        code = ErrorCode.KEYS_TOKEN_OTHER if rows else ErrorCode.KEYS_TOKEN_ABSENT
        raise JinshuError(code, token=token.label)

    @asynccontextmanager
    async def _process(self, driver: str) -> AsyncIterator[TokenProcess]:
        await asyncio.to_thread(check_driver, driver)
        process = TokenProcess(driver, self._clock, self._backend)
        try:
            yield process
        finally:
            await process.aclose()

    async def _rows(self, driver: str, use: TokenUse) -> tuple[TokenRow, ...]:
        async with self._process(driver) as process:
            said = await process.ask(_ASK_SECONDS, "list", use=use.value)
        try:
            return tuple(
                TokenRow(driver, TokenName.parse(each), PinState(each["pin"])) for each in said[:_MOST_TOKENS]
            )
        except (ValueError, KeyError, TypeError):
            raise _failed(driver) from None

    async def _opened(self, process: TokenProcess, seal: TokenSeal, login: dict[str, Any]) -> bytes:
        said = await process.ask(
            _ASK_SECONDS, "open", key=seal.key, padding=seal.padding.value, sealed=seal.sealed, **login
        )
        try:
            return bytes.fromhex(said)
        except (ValueError, TypeError):
            raise _failed(seal.driver) from None

    async def _signed(
        self, process: TokenProcess, key: TokenKey, login: dict[str, Any], message: bytes
    ) -> bytes:
        digest = hashlib.sha256(message).hexdigest()
        said = await process.ask(_ASK_SECONDS, "sign", key=key.key, digest=digest, **login)
        try:
            signature = bytes.fromhex(said)
        except (ValueError, TypeError):
            raise _failed(key.driver) from None
        try:
            # A driver's word is not taken for it: what goes into a document is verified first.
            VerifyingKey(key.public_spki).verify(signature, message)
        except JinshuError:
            raise JinshuError(ErrorCode.KEYS_TOKEN_FOREIGN_SIGNATURE) from None
        return signature

    def _encrypted(self, made: Any, secret: bytes, driver: str) -> tuple[RsaPadding, bytes]:
        try:
            modulus, exponent = int(made["modulus"], 16), int(made["exponent"], 16)
            kind = RsaPadding(made["padding"])
            if modulus.bit_length() not in _BITS or exponent != _EXPONENT:
                raise JinshuError(ErrorCode.KEYS_TOKEN_UNSUITABLE)
            public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        except (ValueError, KeyError, TypeError):
            raise _failed(driver) from None
        # SHA-1: see RsaPadding.
        oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        return kind, public.encrypt(secret, oaep if kind is RsaPadding.OAEP else padding.PKCS1v15())


def _spki(point: Any, driver: str) -> bytes:
    """SubjectPublicKeyInfo of a CKA_EC_POINT, hex: a DER OCTET STRING (PKCS #11 v2.40 §2.3.3), or the bare point as some drivers have it."""
    try:
        octets = bytes.fromhex(point)
        if len(octets) == len(_OCTETS) + _POINT_BYTES:
            octets = octets.removeprefix(_OCTETS)
        if len(octets) != _POINT_BYTES:
            raise ValueError(len(octets))
        # Refuses what does not lie on the curve.
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)
    except (ValueError, TypeError):
        raise _failed(driver) from None
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _failed(driver: str) -> JinshuError:
    return JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_FAILED, file=Path(driver).name)
