"""The session (C19): a nonce signed by the device buys a token for 15 minutes, renewed before it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from client.core.clock import Clock
from protocol.errors import ErrorCode, JinshuError

# Renewed this long before the end, so that a slow request does not outlive its token.
_MARGIN_SECONDS: Final = 60.0
_MAX_SKEW_MS: Final = 5 * 60 * 1000


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """What the server gave: the text, how long it lasts, and what time it thinks it is."""

    text: str
    seconds: float
    server_time: int


class Session:
    """Holds the one token; many requests at once renew it once."""

    def __init__(
        self, clock: Clock, sign_in: Callable[[], Awaitable[Token]], on_skew: Callable[[int], None]
    ) -> None:
        self._clock = clock
        self._sign_in = sign_in
        self._on_skew = on_skew
        self._token: str | None = None
        self._until = 0.0
        self._turn = asyncio.Lock()

    async def token(self) -> str:
        """A token that is good for a while."""
        async with self._turn:
            if self._token is not None and self._clock.monotonic() < self._until:
                return self._token
            token = await self._sign_in()
            if token.seconds <= 0:
                raise JinshuError(ErrorCode.SESSION_EXPIRED)
            self._token = token.text
            # A short token is used for half its life rather than never.
            self._until = self._clock.monotonic() + max(token.seconds - _MARGIN_SECONDS, token.seconds / 2)
            skew = token.server_time - self._clock.now_ms()
            if abs(skew) > _MAX_SKEW_MS:
                self._on_skew(skew)
            return self._token

    def drop(self, token: str | None = None) -> None:
        """Forget the token (or that one, if it is still the current): the server no longer takes it."""
        if token is None or token == self._token:
            self._token = None
