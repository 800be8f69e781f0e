"""What comes out of the SFU's state machines (`Meeting`, `Seat`, `Link`), which do no I/O: packets into a `Transmit`, all else as
values in a queue. Both are given to the machines by the I/O around them (`Exchange`), which carries out what is in the queue after
each input or burst of inputs, in its order.

Connections are named by their ICE ufrag: a participant who comes anew has another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from server_stub.meetings.sfu.burst import Copy
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.rewriting import Offsets


class Source(Protocol):
    """A stream with packets to spread."""

    def spread(self, now: float) -> None:
        """`now`: monotonic seconds, from which the packets' abs-send-time is made."""
        ...


class Transmit(Protocol):
    """Where packets are written (str0m's `Transmit`, but a buffer): a value for each copy would cost a third more."""

    def due(self, source: Source) -> None:
        """It has packets and is to be spread once, when the burst of datagrams that brought them is read to its end."""
        ...

    def post(
        self, to: Outlet, ssrc: int, payload_type: int, offsets: Offsets, copies: Sequence[Copy]
    ) -> None:
        """RTP packets for one receiver."""
        ...

    def post_rtcp(self, to: Outlet, packet: bytes) -> None:
        """A compound RTCP packet for one receiver."""
        ...


@dataclass(frozen=True, slots=True)
class SendText:
    """A message for the data channels of these connections; where one is not open or full, it is lost."""

    to: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class SendSlotMap:
    """The same for a map of slots; where it is lost, `Seat.slot_map_unsent` with this version is the next input."""

    to: str
    text: str
    version: int


@dataclass(frozen=True, slots=True)
class SeatClosed:
    """The connection's participant is out of the meeting: its transports are to be closed. `lost`: he was not asked to go, and the
    server is to hear of it."""

    ufrag: str
    lost: bool


@dataclass(frozen=True, slots=True)
class WakeAt:
    """A meeting's `wake_at` is now this moment (monotonic seconds), earlier than it was."""

    at: float


Output: TypeAlias = SendText | SendSlotMap | SeatClosed | WakeAt
