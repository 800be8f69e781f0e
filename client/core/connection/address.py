"""Where the server is, as the user types it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from protocol.errors import ErrorCode, JinshuError

DEFAULT_PORT: Final = 8443


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Host and port; the scheme is always TLS."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host`, `host:port` or `https://host:port/`.

        Raises:
            JinshuError: network.address_malformed.
        """
        plain = text.strip()
        try:
            parts = urlsplit(plain if "://" in plain else f"https://{plain}")
            port = parts.port or DEFAULT_PORT
        except ValueError:
            raise JinshuError(ErrorCode.NETWORK_ADDRESS_MALFORMED) from None
        extra = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        if parts.scheme != "https" or not parts.hostname or extra:
            raise JinshuError(ErrorCode.NETWORK_ADDRESS_MALFORMED)
        return cls(parts.hostname, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def https(self) -> str:
        return f"https://{self}/v1"

    @property
    def websocket(self) -> str:
        return f"wss://{self}/v1"
