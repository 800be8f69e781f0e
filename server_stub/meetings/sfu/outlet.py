"""A receiver's way out: where his datagrams go and with which SRTP session they are protected. Values; nothing is sent here."""

from __future__ import annotations

import ctypes
import struct
from ipaddress import IPv4Address
from typing import Final

from pylibsrtp import Session

from server_stub.meetings.sfu.demux import Address
from server_stub.meetings.sfu.srtp import handle_of

_NAME_LENGTH: Final = 16
# On Linux and on Windows alike.
_AF_INET: Final = 2


class Receiver:
    """An address in the kernel's form (struct sockaddr_in), made once."""

    __slots__ = ("_memory", "address", "at")

    def __init__(self, address: Address) -> None:
        self.address = address
        host, port = address
        name = struct.pack("=H", _AF_INET) + port.to_bytes(2, "big")
        # Of IPv6 the slow way takes care.
        name += (IPv4Address(host).packed if ":" not in host else bytes(4)) + bytes(8)
        self._memory = ctypes.create_string_buffer(name, _NAME_LENGTH)
        self.at = ctypes.addressof(self._memory)


class Outlet:
    """One receiver's SRTP session and where he is."""

    __slots__ = ("handle", "receiver", "session")

    def __init__(self, session: Session, address: Address) -> None:
        self.session = session  # which frees what the handle names when it goes
        self.handle = handle_of(session)
        self.receiver = Receiver(address)
