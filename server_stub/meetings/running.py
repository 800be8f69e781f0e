"""Which meetings somebody is in, told to the members who are not: one that was entered early, or goes on after its time, is running."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.wire.meetings import RunningSignal
from server_stub.stream import Bell


class RunningMeetings:
    """Tells each device of a member once that a meeting runs, and once that it does not."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._told: dict[str, set[str]] = {}  # meeting -> devices that were told

    def tell(self, meeting: str, devices: Iterable[str]) -> None:
        """Somebody is in the meeting; `devices` are those of its members."""
        told = self._told.setdefault(meeting, set())
        news = set(devices) - told
        told |= news
        self._signal(meeting, news, running=True)

    def over(self, meeting: str) -> None:
        """The last one went."""
        self._signal(meeting, self._told.pop(meeting, set()), running=False)

    def _signal(self, meeting: str, devices: Iterable[str], *, running: bool) -> None:
        body = RunningSignal(meeting=meeting, running=running).model_dump(mode="json")
        self._bell.signal(devices, "meeting_running", body)
