"""How well a publisher's packets arrive, for the receiver reports he gets (RFC 3550 §6.4.1, A.3, A.8)."""

from __future__ import annotations

from typing import Final

from server_stub.meetings.sfu.packets import distance

_JUMP: Final = 3000
_LOST_MOST: Final = (1 << 23) - 1


class Reception:
    """Sans I/O; `now` in monotonic seconds."""

    def __init__(self, clock_rate: int) -> None:
        self._clock_rate = clock_rate
        self._base = self._highest = 0  # not wrapped
        self._received = 0
        self._before = (0, 0)  # expected and received at the last report
        self._transit: float | None = None
        self._jitter = 0.0
        self._report: tuple[int, float] | None = None

    @property
    def received(self) -> int:
        return self._received

    def packet(self, sequence: int, timestamp: int, now: float) -> None:
        if self._received == 0:
            self._base = self._highest = sequence
        ahead = distance(sequence, self._highest & 0xFFFF)
        if abs(ahead) > _JUMP:
            # Began anew: what was lost in the jump was never sent.
            self._base = self._highest = sequence
            self._received, self._before, self._transit = 0, (0, 0), None
        elif ahead > 0:
            self._highest += ahead
        self._received += 1
        transit = now * self._clock_rate - timestamp
        if self._transit is not None:
            self._jitter += (min(abs(transit - self._transit), self._clock_rate) - self._jitter) / 16
        self._transit = transit

    def sender_report(self, ntp: int, now: float) -> None:
        """The 64-bit time of the publisher's own report."""
        self._report = (ntp >> 16 & 0xFFFFFFFF, now)

    def block(self, ssrc: int, now: float) -> bytes:
        """The 24 bytes of a report block about the time since the last one."""
        expected = self._highest - self._base + 1
        lost = max(0, min(expected - self._received, _LOST_MOST))
        recently = expected - self._before[0]
        missed = max(0, recently - (self._received - self._before[1]))
        fraction = min(255, (missed << 8) // recently) if recently > 0 else 0
        self._before = (expected, self._received)
        last, delay = 0, 0
        if self._report is not None:
            last, delay = self._report[0], int((now - self._report[1]) * 65_536) & 0xFFFFFFFF
        return (
            ssrc.to_bytes(4, "big")
            + bytes((fraction,))
            + lost.to_bytes(3, "big")
            + (self._highest & 0xFFFFFFFF).to_bytes(4, "big")
            + int(self._jitter).to_bytes(4, "big")
            + last.to_bytes(4, "big")
            + delay.to_bytes(4, "big")
        )
