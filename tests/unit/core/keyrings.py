"""Keyrings for tests: one that works in memory, one like a desktop without any."""

from __future__ import annotations

from protocol.errors import ErrorCode, JinshuError


class MemoryKeyring:
    """Keeps secrets for as long as it lives."""

    backend = "memory"
    available = True

    def __init__(self) -> None:
        self._secrets: dict[str, bytes] = {}

    def put(self, service: str, secret: bytes) -> None:
        self._secrets[service] = secret

    def get(self, service: str) -> bytes | None:
        return self._secrets.get(service)

    def remove(self, service: str) -> None:
        self._secrets.pop(service, None)


class FailingKeyring:
    """What a headless machine has."""

    backend = "fail"
    available = False

    def put(self, service: str, secret: bytes) -> None:
        raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE)

    def get(self, service: str) -> bytes | None:
        raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE)

    def remove(self, service: str) -> None:
        raise JinshuError(ErrorCode.KEYS_KEYRING_UNAVAILABLE)
