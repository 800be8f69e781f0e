"""Packets on their way out: written and protected in one piece of memory, sent together."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from struct import Struct
from typing import Final

from server_stub.clock import Clock
from server_stub.meetings.sfu.burst import Copy
from server_stub.meetings.sfu.many import EachSender, ManySender
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.outputs import Source
from server_stub.meetings.sfu.packets import HEADER
from server_stub.meetings.sfu.rewriting import Offsets
from server_stub.meetings.sfu.srtp import OK, ROOM, Arena, protect_rtcp, protect_rtp

_MOST: Final = 256
# With tag, UDP and IP it must fit into the 1500 bytes of a network, or it would be cut into fragments.
_LONGEST: Final = 1452
_write_head: Final = Struct("!BBHII").pack_into
_write_picture: Final = Struct("!H").pack_into


class Postbox:
    """Of one socket: what the machines' `Transmit` is here. `flush` must follow everything else before anything is awaited."""

    def __init__(self, sock: socket.socket, clock: Clock) -> None:
        self._sock = sock
        self._clock = clock
        self._arena = Arena(_MOST)
        self._place = 0
        self._reports = 0
        self._due: list[Source] = []
        fast = ManySender.available(sock)
        self._way: ManySender | EachSender = (ManySender if fast else EachSender)(sock, self._arena, _MOST)
        self.sent = 0
        self.failed = 0

    def due(self, source: Source) -> None:
        """It is to be spread with the next flush."""
        self._due.append(source)

    def post(
        self, to: Outlet, ssrc: int, payload_type: int, offsets: Offsets, copies: Sequence[Copy]
    ) -> None:
        """RTP packets to one receiver. This is what is done for every copy, so it is done in one piece."""
        if self._place + len(copies) > _MOST:
            self._push()
        view, places, length = self._arena.view, self._arena.places, self._arena.length
        handle, first_place = to.handle, self._place
        add_sequence, add_timestamp, add_picture = offsets
        place, sizes = first_place, []
        for first, marker, sequence, timestamp, body, picture_at, picture in copies:
            size = HEADER + len(body)
            if size > _LONGEST:
                continue
            at = place * ROOM
            _write_head(
                view,
                at,
                first,
                marker | payload_type,
                sequence + add_sequence & 0xFFFF,
                timestamp + add_timestamp & 0xFFFFFFFF,
                ssrc,
            )
            view[at + HEADER : at + size] = body
            if picture_at:
                _write_picture(view, at + HEADER + picture_at, 0x8000 | picture + add_picture & 0x7FFF)
            length[0] = size
            if protect_rtp(handle, places[place], length) == OK:
                sizes.append(length[0])
                place += 1
        self.failed += len(copies) - len(sizes)
        self._place = place
        self._way.add(to.receiver, first_place, sizes)

    def post_rtcp(self, to: Outlet, packet: bytes) -> None:
        if self._place == _MOST:
            self._push()
        arena, place = self._arena, self._place
        size = len(packet)
        arena.view[place * ROOM : place * ROOM + size] = packet
        arena.length[0] = size
        if protect_rtcp(to.handle, arena.places[place], arena.length) != OK:
            self.failed += 1
            return
        self._place += 1
        self._reports += 1
        self._way.add(to.receiver, place, [arena.length[0]])

    def flush(self) -> None:
        """Spread what is due and send all of it; what cannot be sent now is lost like any packet."""
        while self._due:
            self._due.pop(0).spread(self._clock.monotonic())
        self._push()

    def send(self, datagram: bytes, address: tuple[str, int]) -> None:
        """Anything else, at once."""
        try:
            self._sock.sendto(datagram, address)
        except OSError:
            self.failed += 1

    def _push(self) -> None:
        if self._place:
            count, self._place = self._place, 0
            reports, self._reports = self._reports, 0
            failed = count - self._way.send()
            self.failed += failed
            self.sent += max(0, count - reports - failed)
