"""One slot of a receiver: a stream of its own that never ends, whoever is shown in it (C24)."""

from __future__ import annotations

import secrets
from typing import Final

from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.burst import Burst, copy_of
from server_stub.meetings.sfu.extensions import send_time
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.offers import Line
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.outputs import Transmit
from server_stub.meetings.sfu.reports import Sent
from server_stub.meetings.sfu.rewriting import Rewriter


class Slot:
    """Sans I/O; `now` in monotonic seconds. `show` says what is to be seen; the change comes with the new source's next key frame,
    sound changes with the next packet."""

    def __init__(self, line: Line, ssrc: int, rtx_ssrc: int, transmit: Transmit) -> None:
        self.mid = line.mid
        self.video = line.video
        self.ids = line.ids
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.outlet: Outlet | None = None
        self.retransmitted = 0
        self._payload_type = line.payload_type
        self._rtx_payload_type = line.rtx_payload_type
        self._transmit = transmit
        # The lower half: a wrap soon after the start would break the receiver's guess of SRTP's roll-over counter.
        start = secrets.randbelow(0x8000)
        self._rewriter: Rewriter[Incoming] = Rewriter(
            _VIDEO_CLOCK if line.video else _AUDIO_CLOCK, start, secrets.randbits(32), secrets.randbits(15)
        )
        self._rtx_sequence = secrets.randbelow(0x8000)
        self._current: Incoming | None = None
        self._pending: Incoming | None = None
        self._keys = Bucket(4, 0.5)
        self._packets = 0
        self._octets = 0

    def show(self, source: Incoming | None, now: float) -> None:
        """Another source, or none."""
        if source is (self._pending or self._current):
            return
        for old in (self._pending, self._current if source is None else None):
            if old is not None and old is not source:
                old.unwatch(self)
        if source is None:
            self._current = self._pending = None
        elif source is self._current:
            self._pending = None
        else:
            self._pending = source
            source.watch(self)
            if self.video:
                source.want_key(now)

    def forward(self, source: Incoming, burst: Burst, now: float) -> None:
        """Packets of a source that is or will be shown here."""
        outlet = self.outlet
        if outlet is None:
            return
        if source is not self._current:
            begun = self._begin(source, burst, now)
            if begun is None:
                return
            burst = begun
        packets = burst.packets
        last = packets[-1]
        if self._rewriter.follow(packets[0].sequence, last.sequence, last.timestamp, last.picture, now):
            self._post(outlet, burst)
            return
        for one in burst.singly():
            packet = one.packets[0]
            if self._rewriter.rewrite(packet.sequence, packet.timestamp, packet.picture, now) is not None:
                self._post(outlet, one)

    def again(self, sequence: int, now: float) -> None:
        """Send a packet again, with its number before the payload (RFC 4588 §4), unless it is no longer there."""
        cut = self._rewriter.origin(sequence)
        if cut is None or cut.source.history is None or self.outlet is None:
            return
        packet = cut.source.history.find(sequence - cut.offsets.sequence & 0xFFFF)
        if packet is None:
            return
        copy = copy_of(packet, self.ids, send_time(now), sequence.to_bytes(2, "big"))
        offsets = cut.offsets._replace(sequence=self._rtx_sequence - packet.sequence)
        self._rtx_sequence = self._rtx_sequence + 1 & 0xFFFF
        self._transmit.post(self.outlet, self.rtx_ssrc, self._rtx_payload_type, offsets, [copy])
        self.retransmitted += 1

    def want_key(self, now: float) -> None:
        """The receiver asked; whoever asks too often is not listened to, for key frames are paid by everybody."""
        if self._current is not None and self.video and self._keys.take(now):
            self._current.want_key(now)

    def sent(self, now: float) -> Sent | None:
        """For a sender report; None before the first packet."""
        at = self._rewriter.sent_at
        if at is None:
            return None
        rate = _VIDEO_CLOCK if self.video else _AUDIO_CLOCK
        timestamp = self._rewriter.timestamp + round((now - at) * rate) & 0xFFFFFFFF
        return Sent(self.ssrc, timestamp, self._packets, self._octets)

    def _begin(self, source: Incoming, burst: Burst, now: float) -> Burst | None:
        """Change to the source, with its next key frame if it is a picture; what of the burst is shown, None if nothing."""
        if source is not self._pending:
            return None
        packets = burst.packets
        index = next((at for at, packet in enumerate(packets) if packet.key or not self.video), None)
        if index is None:
            return None
        if self._current is not None:
            self._current.unwatch(self)
        self._current, self._pending = source, None
        first = packets[index]
        self._rewriter.cut(source, first.sequence, first.timestamp, first.picture, now)
        return burst.since(index)

    def _post(self, outlet: Outlet, burst: Burst) -> None:
        self._transmit.post(
            outlet, self.ssrc, self._payload_type, self._rewriter.offsets, burst.copies(self.ids)
        )
        self._packets += len(burst.packets)
        self._octets += burst.octets


_VIDEO_CLOCK: Final = 90_000
_AUDIO_CLOCK: Final = 48_000
