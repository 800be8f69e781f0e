"""The platform's keyring behind an interface, so that the demo and the tests never touch the user's own."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import Protocol

from protocol.errors import ErrorCode, JinshuError

_log = logging.getLogger(__name__)
_ACCOUNT = "store"
# What `keyring` calls recommended: below are its stand-ins that keep nothing, or keep it in a plain file.
_RECOMMENDED = 1.0


class KeyringPort(Protocol):
    """One secret per service name."""

    @property
    def backend(self) -> str: ...

    @property
    def available(self) -> bool: ...

    def put(self, service: str, secret: bytes) -> None: ...

    def get(self, service: str) -> bytes | None: ...

    def remove(self, service: str) -> None: ...


class PlatformKeyring:
    """The real one: Windows Credential Manager, Secret Service, KWallet. Without any, every call fails
    closed."""

    def __init__(self) -> None:
        # Deferred: importing it scans entry points and, on Linux, loads the D-Bus libraries (start-up time).
        import keyring
        import keyring.errors

        self._keyring = keyring
        self._error: type[Exception] = keyring.errors.KeyringError

    @property
    def backend(self) -> str:
        return type(self._keyring.get_keyring()).__module__

    @property
    def available(self) -> bool:
        """Whether this desktop has a keyring that keeps secrets from others."""
        try:
            return float(self._keyring.get_keyring().priority) >= _RECOMMENDED
        except (self._error, RuntimeError) as error:  # backends say so when their service does not answer
            _log.info("no keyring: %s", type(error).__name__)
            return False

    def put(self, service: str, secret: bytes) -> None:
        try:
            self._keyring.set_password(service, _ACCOUNT, base64.b64encode(secret).decode("ascii"))
        except self._error as error:
            _log.warning("the keyring refused: %s", type(error).__name__)
            raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE) from None

    def get(self, service: str) -> bytes | None:
        try:
            text = self._keyring.get_password(service, _ACCOUNT)
            return None if text is None else base64.b64decode(text, validate=True)
        except (self._error, binascii.Error) as error:
            _log.warning("the keyring refused: %s", type(error).__name__)
            raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE) from None

    def remove(self, service: str) -> None:
        try:
            self._keyring.delete_password(service, _ACCOUNT)
        except self._error as error:
            _log.warning("the keyring kept its entry: %s", type(error).__name__)
