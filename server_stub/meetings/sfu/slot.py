"""One slot of a receiver: a stream of its own that never ends, whoever is shown in it (C24)."""

from __future__ import annotations

import secrets
from typing import Final

from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.history import History
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.offers import Line
from server_stub.meetings.sfu.packets import Head
from server_stub.meetings.sfu.postbox import Outlet, Postbox
from server_stub.meetings.sfu.reports import Sent
from server_stub.meetings.sfu.rewriting import Rewriter
from server_stub.meetings.sfu.vp8 import Vp8


class Slot:
    """`show` says what is to be seen; the change comes with the new source's next key frame, sound changes with the next packet."""

    def __init__(self, line: Line, ssrc: int, rtx_ssrc: int, postbox: Postbox) -> None:
        self.mid = line.mid
        self.video = line.video
        self.ids = line.ids
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.outlet: Outlet | None = None
        self.retransmitted = 0
        self._payload_type = line.payload_type
        self._rtx_payload_type = line.rtx_payload_type
        self._postbox = postbox
        # The lower half: a wrap soon after the start would break the receiver's guess of SRTP's roll-over counter.
        start = secrets.randbelow(0x8000)
        self._rewriter = Rewriter(
            _VIDEO_CLOCK if line.video else _AUDIO_CLOCK, start, secrets.randbits(32), secrets.randbits(15)
        )
        self._rtx_sequence = secrets.randbelow(0x8000)
        self._history: History | None = None
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

    def forward(self, source: Incoming, head: Head, vp8: Vp8, body: bytes, lead: int, now: float) -> None:
        """A packet of a source that is or will be shown here; `body` begins with `lead` bytes of extensions."""
        outlet = self.outlet
        if outlet is None:
            return
        if source is not self._current:
            if source is not self._pending or (self.video and not vp8.key):
                return
            self._cut(source, head, vp8, now)
        numbers = self._rewriter.rewrite(head.sequence, head.timestamp, vp8.picture, now)
        if numbers is None:
            return
        sequence, timestamp, picture = numbers
        picture_at = lead + vp8.picture_at if vp8.picture_at else 0
        header = (0x90 if lead else 0x80, head.marker | self._payload_type, sequence, timestamp, self.ssrc)
        self._postbox.post(outlet, header, body, picture_at, picture)
        self._packets += 1
        self._octets += len(body) - lead
        if self._history is not None:
            self._history.keep((sequence, timestamp, head.marker, body, lead, picture_at, picture))

    def again(self, sequence: int) -> None:
        """Send a packet again, with its number before the payload (RFC 4588 §4), unless it is no longer there."""
        kept = None if self._history is None else self._history.find(sequence)
        if kept is None or self.outlet is None:
            return
        body = kept.body[: kept.lead] + sequence.to_bytes(2, "big") + kept.body[kept.lead :]
        header = (
            0x90 if kept.lead else 0x80,
            kept.marker | self._rtx_payload_type,
            self._rtx_sequence,
            kept.timestamp,
            self.rtx_ssrc,
        )
        self._rtx_sequence = self._rtx_sequence + 1 & 0xFFFF
        self._postbox.post(
            self.outlet, header, body, kept.picture_at + 2 if kept.picture_at else 0, kept.picture
        )
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

    def _cut(self, source: Incoming, head: Head, vp8: Vp8, now: float) -> None:
        if self._current is not None:
            self._current.unwatch(self)
        self._current, self._pending = source, None
        self._rewriter.cut(head.sequence, head.timestamp, vp8.picture, now)
        if self.video and self._history is None:
            self._history = History()


_VIDEO_CLOCK: Final = 90_000
_AUDIO_CLOCK: Final = 48_000
