"""What came of a stream lately, so that it can be sent again (RFC 4588): kept once, whoever got it."""

from __future__ import annotations

from typing import Final

from server_stub.meetings.sfu.burst import Packet

# At 1.5 Mbit/s these are three seconds of video: as long as any receiver still asks.
_SIZE: Final = 512


class History:
    """The last 512 packets by the publisher's number."""

    def __init__(self) -> None:
        self._kept: list[Packet | None] = [None] * _SIZE

    def keep(self, packet: Packet) -> None:
        self._kept[packet.sequence % _SIZE] = packet

    def find(self, sequence: int) -> Packet | None:
        kept = self._kept[sequence % _SIZE]
        return kept if kept is not None and kept.sequence == sequence else None

    def forget(self) -> None:
        """The publisher is gone; slots may still know of us."""
        self._kept = [None] * _SIZE
