"""What carries a meeting's media: the interface of the embedded SFU and of whatever may replace it (C24)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from protocol.errors import ErrorCode, JinshuError

# (meeting, participant); a participant is a device id.
Lost: TypeAlias = Callable[[str, str], None]


class MeetingBackend(Protocol):
    """Forwards packets between the participants of meetings; it holds no key that opens them."""

    @property
    def transports(self) -> int:
        """How many offers a join takes and how many answers it returns: 1 embedded, 2 with Janus."""
        ...

    async def start(self) -> None:
        """Be ready for joins."""
        ...

    async def stop(self) -> None:
        """End everything; nobody is reported as lost."""
        ...

    async def prepare(self, meeting: str) -> None:
        """Somebody will join soon: whatever takes long to be ready may begin now."""
        ...

    async def join(self, meeting: str, participant: str, offers: Sequence[str]) -> Sequence[str]:
        """SDP answers to the offers of one participant, who replaces an earlier self of the same name.

        Raises:
            JinshuError: `meetings.offer_refused`, an offer is not in the agreed form; `meetings.unavailable`, nobody can answer
                now.
        """
        ...

    async def leave(self, meeting: str, participant: str) -> None:
        """Forget a participant; nothing happens when there is none."""
        ...

    async def silence(self, meeting: str, participant: str, silenced: bool) -> None:
        """The chair's mute: audio of this participant is forwarded to nobody while it holds."""
        ...

    async def close(self, meeting: str) -> None:
        """End a meeting for everybody; nobody is reported as lost."""
        ...

    def on_lost(self, callback: Lost) -> None:
        """Have `callback(meeting, participant)` called when nothing was heard for 3 s or the connection ended."""
        ...


class NoMeetings:
    """A server that carries no media: everything about meetings works but joining."""

    transports = 1

    async def start(self) -> None:
        return

    async def stop(self) -> None:
        return

    async def prepare(self, meeting: str) -> None:
        del meeting

    async def join(self, meeting: str, participant: str, offers: Sequence[str]) -> Sequence[str]:
        del participant, offers
        raise JinshuError(ErrorCode.MEETINGS_UNAVAILABLE, meeting=meeting)

    async def leave(self, meeting: str, participant: str) -> None:
        del meeting, participant

    async def silence(self, meeting: str, participant: str, silenced: bool) -> None:
        del meeting, participant, silenced

    async def close(self, meeting: str) -> None:
        del meeting

    def on_lost(self, callback: Lost) -> None:
        del callback
