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
OK: Final[int] = lib.srtp_err_status_ok
# Of a handle, a place and a length; answers OK or an error. Called for every copy, hence bare.
protect_rtp: Final[Any] = lib.srtp_protect
protect_rtcp: Final[Any] = lib.srtp_protect_rtcp


class Arena:
    """A piece of memory for `count` packets of `ROOM` bytes each. `places` and `length` are what libsrtp is called with: where a
    packet begins, and its size, which it changes."""

    def __init__(self, count: int) -> None:
        self._memory = ffi.new("char[]", count * ROOM)
        self.length: Any = ffi.new("int *")
        self.places: list[Any] = [self._memory + at * ROOM for at in range(count)]
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

    def _open(self, call: Any, session: Any, size: int) -> bytes | None:
        length = self.length
        length[0] = size
        if call(session, self._memory, length) != OK:
            return None
        return bytes(self.view[: length[0]])


def handle_of(session: Session) -> Any:
    """What libsrtp calls a session; keep the session itself as long as this is used."""
    return session._srtp[0]
