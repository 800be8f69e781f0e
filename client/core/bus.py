"""The core's one place to announce events; subscribers run on the core thread and must not block."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from client.core.events import Event

_log = logging.getLogger(__name__)


class EventBus:
    """Subscribers in order of subscription; one that fails does not silence the next."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[Event], None]] = []

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback` with each event from now on; the result ends that."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def publish(self, event: Event) -> None:
        for callback in tuple(self._subscribers):
            try:
                callback(event)
            except Exception:
                _log.exception("a subscriber failed on %s", type(event).__name__)

    def publish_all(self, events: Iterable[Event]) -> None:
        for event in events:
            self.publish(event)
