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
    """A page, and the number of the newest event."""

    events: list[WireEvent]
    latest: Count


class ResyncReply(Reply):
    """Where the device's log goes on, with everything it may read from the beginning."""

    after: Count


class Acknowledgement(Request):
    """Everything up to n is on the device's disk."""

    n: Count
