"""Signals (C20): what the server says of this moment, unnumbered and never stored; missing one costs nothing but time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Protocol

from client.core.sync.pull import LogEvent
from protocol.errors import JinshuError

_log = logging.getLogger(__name__)


class SignalHandler(Protocol):
    """What an area does with signals of one kind."""

    @property
    def kind(self) -> str: ...

    async def take(self, body: Mapping[str, object]) -> None:
        """Believe nothing of it that is not signed; what cannot be read is passed over.

        Raises:
            JinshuError: it was not what it should be.
        """
        ...


class Signals:
    """Hands each signal to the area that knows its kind; one that nobody knows is a newer server's."""

    def __init__(self) -> None:
        self._handlers: dict[str, SignalHandler] = {}

    def register(self, handler: SignalHandler) -> None:
        """Say who takes signals of `handler.kind`; before the core starts."""
        if handler.kind in self._handlers:
            raise ValueError(f"two handlers for signals of kind {handler.kind}")
        self._handlers[handler.kind] = handler

    async def deliver(self, event: LogEvent) -> None:
        handler = self._handlers.get(event.kind)
        if handler is None:
            return
        try:
            await handler.take(event.body)
        except JinshuError as error:
            _log.warning("a signal of kind %s was passed over: %s", event.kind, error.code.value)
