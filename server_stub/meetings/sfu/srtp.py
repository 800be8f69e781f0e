"""The only file that calls libsrtp itself: packets are opened and protected where they lie, without a copy more (slots.md §5).

pylibsrtp's own methods copy each packet three times, which is half of what forwarding costs.
"""

# ruff: noqa: SLF001  (the session's handle is private there)

from __future__ import annotations

from typing import Any, Final

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

# A received datagram; ours are at most 1500 bytes, and a larger one is read in part and then fails to open.
ROOM: Final = 2048
_OK: Final = lib.srtp_err_status_ok
_protect: Final = lib.srtp_protect


class Arena:
    """A piece of memory for `count` packets of `ROOM` bytes each."""

    def __init__(self, count: int) -> None:
        self._memory = ffi.new("char[]", count * ROOM)
        self._places = [self._memory + index * ROOM for index in range(count)]
        self._length = ffi.new("int *")
        self.view = memoryview(ffi.buffer(self._memory)).cast("B")

    @property
    def address(self) -> int:
        """For system calls."""
        return int(ffi.cast("uintptr_t", self._memory))

    def open_rtp(self, session: Any, size: int) -> bytes | None:
        """The packet in the first place, opened; None when it is none or was changed on the way."""
        return self._open(lib.srtp_unprotect, session, size)

    def open_rtcp(self, session: Any, size: int) -> bytes | None:
        return self._open(lib.srtp_unprotect_rtcp, session, size)

    def protect_rtp(self, session: Any, place: int, size: int) -> int:
        """Protect the packet in a place where it lies; its new length, 0 when that could not be done."""
        length = self._length
        length[0] = size
        if _protect(session, self._places[place], length) != _OK:
            return 0
        protected: int = length[0]
        return protected

    def protect_rtcp(self, session: Any, packet: bytes) -> bytes:
        """An RTCP packet, protected in the first place; empty when that could not be done."""
        self.view[: len(packet)] = packet
        self._length[0] = len(packet)
        if lib.srtp_protect_rtcp(session, self._memory, self._length) != _OK:
            return b""
        return bytes(self.view[: self._length[0]])

    def _open(self, call: Any, session: Any, size: int) -> bytes | None:
        length = self._length
        length[0] = size
        if call(session, self._memory, length) != _OK:
            return None
        return bytes(self.view[: length[0]])


def handle_of(session: Session) -> Any:
    """What libsrtp calls a session; keep the session itself as long as this is used."""
    return session._srtp[0]
