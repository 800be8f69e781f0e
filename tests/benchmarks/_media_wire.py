"""Packets past aiortc: after ICE and DTLS a generator protects, sends, opens and counts at a tenth of aiortc's price."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

from aiortc import RTCDtlsTransport, RTCPeerConnection
from aiortc.rtp import RtcpReceiverInfo
from pylibsrtp import _binding

# SSRC, buffer and length of a packet in the clear.
Heard: TypeAlias = Callable[[int, Any, int], None]
_NUMBERS: Final = struct.Struct(">HII")


class Wire:
    """One connected transport. Media packets are taken at the socket; all else goes on to aiortc."""

    def __init__(self, connection: RTCPeerConnection, heard: Heard) -> None:
        self.transport: RTCDtlsTransport = connection.getTransceivers()[0].receiver.transport
        pair: Any = self.transport.transport._connection._nominated[1]
        self._remote: tuple[str, int] = pair.remote_addr
        self._lib: Any = _binding.lib
        self._rx: Any = self.transport._rx_srtp
        self._tx: Any = self.transport._tx_srtp
        self._out = memoryview(self._tx._buffer)
        self._length: Any = _binding.ffi.new("int *")
        self._heard = heard
        self.numbers: dict[int, int] = {}
        self.refused = 0
        self.blocked = 0
        protocol = pair.protocol
        own = protocol.transport.get_extra_info("socket")
        # A duplicate: asyncio's own transport would queue what it cannot send, and closes the original itself.
        self._socket = socket.socket(fileno=os.dup(own.fileno()))
        self._past = protocol.datagram_received
        protocol.datagram_received = self._datagram

    @property
    def profile(self) -> str:
        """How SRTP protects here."""
        ssl: Any = self.transport._ssl
        return str(ssl.get_selected_srtp_profile().decode())

    def close(self) -> None:
        self._socket.close()

    def send(self, header: bytearray, payload: bytearray) -> None:
        start, end = len(header), len(header) + len(payload)
        self._out[:start] = header
        self._out[start:end] = payload
        self._length[0] = end
        assert self._lib.srtp_protect(self._tx._srtp[0], self._tx._cdata, self._length) == 0
        try:
            self._socket.sendto(self._out[: self._length[0]], self._remote)
        except BlockingIOError:
            self.blocked += 1

    def reports(self) -> list[RtcpReceiverInfo]:
        """Report blocks about what came in, as a client's receiver reports carry them."""
        return [RtcpReceiverInfo(ssrc, 0, 0, number, 0, 0, 0) for ssrc, number in self.numbers.items()]

    def dropped(self) -> int:
        """Datagrams the kernel threw away because this process was too slow to read them."""
        inode = str(os.fstat(self._socket.fileno()).st_ino)
        for line in Path("/proc/net/udp").read_text("ascii").splitlines()[1:]:
            words = line.split()
            if words[9] == inode:
                return int(words[-1])
        return 0

    def _datagram(self, data: bytes, address: tuple[Any, ...]) -> None:
        # RFC 7983: 128 to 191 is RTP or RTCP; RFC 5761: RTCP's packet types are 192 to 223.
        if not 127 < data[0] < 192 or 191 < data[1] < 224:
            self._past(data, address)
            return
        session = self._rx
        size = self._length[0] = len(data)
        session._buffer[0:size] = data
        if self._lib.srtp_unprotect(session._srtp[0], session._cdata, self._length):
            self.refused += 1
            return
        number, _, ssrc = _NUMBERS.unpack_from(data, 2)
        last = self.numbers.get(ssrc, number)
        if (number - last & 0xFFFF) < 0x8000:
            self.numbers[ssrc] = last + (number - last & 0xFFFF)
        self._heard(ssrc, session._buffer, self._length[0])
