"""The only subscriber of the core's event bus: one queued call into the Qt thread, equal news told once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import QObject
from shiboken6 import isValid

from client.ui.base.gui_thread import gui_thread

E = TypeVar("E")


class EventSource(Protocol):
    """client.core.bus.EventBus as the interface sees it; callbacks run on the core thread."""

    def subscribe(self, callback: Callable[[Any], None], /) -> Callable[[], None]: ...


def _coalescing_key(event: object) -> Hashable:
    """Type and `key` of an event that has one, else the frozen event itself."""
    key = getattr(event, "key", None)
    return (type(event), event if key is None else key)


class Bridge(QObject):
    """Hands the core's events to listeners on the Qt thread.

    Between two turns of the Qt loop, any number of events costs one queued call; of events of the same type with
    the same `key` (or that are equal) only the newest arrives, in the place of the first.
    """

    def __init__(self, source: EventSource, parent: QObject) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, object] = {}
        self._listeners: dict[type, list[tuple[QObject, Callable[[Any], object]]]] = {}
        self._letter_box = gui_thread()
        self._unsubscribe = source.subscribe(self._on_event)

    def listen(self, owner: QObject, event_type: type[E], callback: Callable[[E], object]) -> None:
        """Call `callback` on the Qt thread for each such event, until `owner` is destroyed."""
        self._listeners.setdefault(event_type, []).append((owner, callback))

    def close(self) -> None:
        """Hear nothing more; call it before the core stops."""
        self._unsubscribe()
        with self._lock:
            self._waiting.clear()

    def _on_event(self, event: object) -> None:
        with self._lock:
            first = not self._waiting
            self._waiting[_coalescing_key(event)] = event
        if first:
            self._letter_box.call(self._hand_out)

    def _hand_out(self) -> None:
        with self._lock:
            events = list(self._waiting.values())
            self._waiting.clear()
        for event in events:
            listeners = [entry for entry in self._listeners.get(type(event), ()) if isValid(entry[0])]
            self._listeners[type(event)] = listeners
            for owner, callback in tuple(listeners):
                if isValid(owner):
                    callback(event)
