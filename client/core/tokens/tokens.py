"""Tokens (UKeys) of this computer: which are there, a secret sealed to a key that never leaves one, and opened with its PIN."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from client.core.clock import Clock
from client.core.tokens.known_drivers import check_driver, known_drivers
from client.core.tokens.process import BACKEND, TokenProcess
from client.core.tokens.rows import PinState, RsaPadding, TokenName, TokenRow, TokenSeal
from protocol.errors import ErrorCode, JinshuError

_log = logging.getLogger(__name__)
# Of the core's clock. Cards take seconds for a decryption, and some a minute and more for two primes.
_ASK_SECONDS: Final = 60.0
_MAKE_SECONDS: Final = 300.0
_ID_BYTES: Final = 16
_MOST_TOKENS: Final = 64  # of one driver
_EXPONENT: Final = 65537
_BITS: Final = range(2048, 4097)


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

    async def found(self, driver: str = "") -> tuple[TokenRow, ...]:
        """The tokens that are plugged in, each once.

        Args:
            driver: the path of a PKCS #11 module; none: those in known places, of which one that fails hides no other.

        Raises:
            JinshuError: `keys.token_driver_*`, of a driver that was named.
        """
        if driver:
            return await self._rows(driver)
        rows: list[TokenRow] = []
        for each in await asyncio.to_thread(self._known):
            try:
                seen = await self._rows(each)
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
            await process.ask(_ASK_SECONDS, "discard", label=label, keep=key, **login)
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
        rows = await self._rows(seal.driver)
        for row in rows:
            if row.name.is_same(seal.token):
                return row.pin
        code = ErrorCode.KEYS_TOKEN_OTHER if rows else ErrorCode.KEYS_TOKEN_ABSENT
        raise JinshuError(code, token=seal.token.label)

    @asynccontextmanager
    async def _process(self, driver: str) -> AsyncIterator[TokenProcess]:
        await asyncio.to_thread(check_driver, driver)
        process = TokenProcess(driver, self._clock, self._backend)
        try:
            yield process
        finally:
            await process.aclose()

    async def _rows(self, driver: str) -> tuple[TokenRow, ...]:
        async with self._process(driver) as process:
            said = await process.ask(_ASK_SECONDS, "list")
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


def _failed(driver: str) -> JinshuError:
    return JinshuError(ErrorCode.KEYS_TOKEN_DRIVER_FAILED, file=Path(driver).name)
