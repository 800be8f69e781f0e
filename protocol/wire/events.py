"""The log a device follows (C20)."""

from __future__ import annotations

from typing import Any

from protocol.wire.base import Count, Reply, Request


class WireEvent(Reply):
    """One entry of a device's log; the WebSocket pushes the same."""

    n: Count
    kind: str
    body: dict[str, Any]


class EventsReply(Reply):
    """A page, the number of the newest event, and the highest that this device ever acknowledged (0: not said)."""

    events: list[WireEvent]
    latest: Count
    acknowledged: Count = 0


class ResyncReply(Reply):
    """Where the device's log goes on, with everything it may read from the beginning; and what it had acknowledged."""

    after: Count
    acknowledged: Count = 0


class Acknowledgement(Request):
    """Everything up to n is on the device's disk."""

    n: Count
