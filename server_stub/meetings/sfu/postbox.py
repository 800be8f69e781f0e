"""Packets on their way out: written and protected in one piece of memory, sent together when it is worth it."""

from __future__ import annotations

import socket
from struct import Struct
from typing import Final

from pylibsrtp import Session

from server_stub.meetings.sfu.many import Letter, ManySender, Receiver
from server_stub.meetings.sfu.packets import HEADER
from server_stub.meetings.sfu.srtp import ROOM, Arena, handle_of

# A frame of ten packets to fifty receivers: cut in two, it would go out in twice as many segmented messages.
_MOST: Final = 512
_pack_header: Final = Struct("!BBHII").pack_into
_pack_picture: Final = Struct("!H").pack_into
# With tag, UDP and IP it must fit into the 1500 bytes of a network, or it would be cut into fragments.
_LONGEST: Final = 1452


class Outlet:
    """One receiver's way out: his SRTP session and where he is."""

    __slots__ = ("handle", "receiver", "session")

    def __init__(self, session: Session, address: tuple[str, int]) -> None:
        self.session = session  # which frees what the handle names when it goes
        self.handle = handle_of(session)
        self.receiver = Receiver(address)


class Postbox:
    """Of one socket. `flush` must follow `post` before anything else is awaited."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._arena = Arena(_MOST)
        self._view = self._arena.view
        self._protect = self._arena.protect_rtp
        self._small = Arena(1)
        self._letters: list[Letter] = []
        self._many = ManySender(sock, self._arena.address, _MOST) if ManySender.available(sock) else None
        self.sent = 0
        self.failed = 0

    def post(
        self,
        to: Outlet,
        header: tuple[int, int, int, int, int],
        body: bytes,
        picture_at: int = 0,
        picture: int = 0,
    ) -> int:
        """An RTP packet: first two bytes, number, time and SSRC; then extensions and payload; a 15-bit picture id written over
        `body` at `picture_at` unless that is 0. Answers its length in the clear."""
        size = HEADER + len(body)
        if size > _LONGEST:
            self.failed += 1
            return 0
        if len(self._letters) == _MOST:
            self.flush()
        letters = self._letters
        place = len(letters)
        at = place * ROOM
        view = self._view
        _pack_header(view, at, *header)
        at += HEADER
        view[at : at + len(body)] = body
        if picture_at:
            _pack_picture(view, at + picture_at, 0x8000 | picture)
        protected = self._protect(to.handle, place, size)
        if protected:
            letters.append((to.receiver, place, protected))
        else:
            self.failed += 1
        return size

    def flush(self) -> None:
        if not self._letters:
            return
        letters, self._letters = self._letters, []
        taken = self._many.send(letters) if self._many is not None else self._send_each(letters)
        self.sent += taken
        self.failed += len(letters) - taken

    def post_rtcp(self, to: Outlet, packet: bytes) -> None:
        """At once: what asks for something must not wait."""
        protected = self._small.protect_rtcp(to.handle, packet)
        if protected:
            self.send(protected, to.receiver.address)

    def send(self, datagram: bytes, address: tuple[str, int]) -> None:
        """Anything else; what cannot be sent now is lost like any packet."""
        try:
            self._sock.sendto(datagram, address)
        except OSError:
            self.failed += 1

    def _send_each(self, letters: list[Letter]) -> int:
        taken = 0
        for receiver, place, size in letters:
            try:
                self._sock.sendto(self._view[place * ROOM : place * ROOM + size], receiver.address)
            except OSError:
                continue
            taken += 1
        return taken
