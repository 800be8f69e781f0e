"""Many datagrams with one system call: Linux' `sendmmsg`, and UDP segmentation for packets of one size to one receiver.

A forwarded packet costs 5 µs with `sendto`, 3.4 with `sendmmsg`, 1.5 with segments besides (slots.md §5). The tables the kernel
reads are laid out once; a packet changes the few words of them that are its own.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any, Final

from server_stub.meetings.sfu.outlet import Receiver
from server_stub.meetings.sfu.srtp import ROOM, Arena

_UDP_SEGMENT: Final = 103
_DONTWAIT: Final = 0x40
_MOST_SEGMENTS: Final = 32
_MOST_SEGMENTED: Final = 60_000
# struct mmsghdr, struct iovec and struct cmsghdr with a u16, on 64-bit Linux.
_MESSAGE: Final = struct.Struct("=QI4xQQQQi4xI4x")
_PIECE: Final = struct.Struct("=QQ")
_SEGMENT: Final = struct.Struct("=QiiH6x")
_SEGMENT_LENGTH: Final = 18
# The words of a message that change: receiver, first piece, how many, and how long the control data is.
_WORDS: Final = 8
_NAME, _FIRST, _COUNT, _CONTROL = 0, 2, 3, 5
_NAME_LENGTH: Final = 16


class EachSender:
    """One call a packet, wherever there is no faster way."""

    def __init__(self, sock: socket.socket, arena: Arena, most: int) -> None:
        self._sock = sock
        self._view = arena.view
        self._letters: list[tuple[tuple[str, int], int, int]] = []

    def add(self, receiver: Receiver, place: int, sizes: Sequence[int]) -> None:
        """Packets of these sizes from a place of the arena on; the receiver lives until they are sent."""
        for at, size in enumerate(sizes, place):
            self._letters.append((receiver.address, at * ROOM, size))

    def send(self) -> int:
        """How many were taken by the kernel; the rest is lost like any packet, and nothing waits."""
        letters, self._letters = self._letters, []
        taken = 0
        for address, at, size in letters:
            try:
                self._sock.sendto(self._view[at : at + size], address)
            except OSError:
                continue
            taken += 1
        return taken


class ManySender:
    """The same with few calls. `available` says whether this machine has it."""

    def __init__(self, sock: socket.socket, arena: Arena, most: int) -> None:
        self._fd = sock.fileno()
        self._call: Any = ctypes.CDLL(None, use_errno=True).sendmmsg
        self._segmenting = _can_segment(sock)
        messages = ctypes.create_string_buffer(_MESSAGE.size * most)
        pieces = ctypes.create_string_buffer(_PIECE.size * most)
        segments = ctypes.create_string_buffer(_SEGMENT.size * most)
        self._messages_at, self._pieces_at = ctypes.addressof(messages), ctypes.addressof(pieces)
        for index in range(most):
            control = ctypes.addressof(segments) + index * _SEGMENT.size
            _MESSAGE.pack_into(
                messages, index * _MESSAGE.size, 0, _NAME_LENGTH, self._pieces_at, 0, control, 0, 0, 0
            )
            _PIECE.pack_into(pieces, index * _PIECE.size, arena.address + index * ROOM, 0)
            _SEGMENT.pack_into(
                segments, index * _SEGMENT.size, _SEGMENT_LENGTH, socket.IPPROTO_UDP, _UDP_SEGMENT, 0
            )
        self._messages = memoryview(messages).cast("B").cast("Q")
        self._pieces = memoryview(pieces).cast("B").cast("Q")
        self._segments = memoryview(segments).cast("B").cast("H")
        self._count = 0
        self._receivers: list[Receiver] = []
        self._parted: tuple[Sequence[int], list[tuple[int, int, int]]] = ([], [])

    @staticmethod
    def available(sock: socket.socket) -> bool:
        return sys.platform == "linux" and struct.calcsize("P") == 8 and sock.family == socket.AF_INET

    def add(self, receiver: Receiver, place: int, sizes: Sequence[int]) -> None:
        """Packets of these sizes from a place of the arena on."""
        self._receivers.append(receiver)
        pieces, messages = self._pieces, self._messages
        at = 2 * place + 1
        for size in sizes:
            pieces[at] = size
            at += 2
        # A burst goes to many, in the same sizes.
        if sizes != self._parted[0]:
            self._parted = (sizes, self._part(sizes))
        for first, count, size in self._parted[1]:
            word = _WORDS * self._count
            messages[word + _NAME] = receiver.at
            messages[word + _FIRST] = self._pieces_at + _PIECE.size * (place + first)
            messages[word + _COUNT] = count
            if count > 1:
                messages[word + _CONTROL] = _SEGMENT.size
                self._segments[self._count * (_SEGMENT.size // 2) + 8] = size
            else:
                messages[word + _CONTROL] = 0
            self._count += 1

    def send(self) -> int:
        """How many were taken by the kernel; the rest is lost like any packet, and nothing waits."""
        messages, self._count = self._count, 0
        taken = done = 0
        while done < messages:
            at = ctypes.c_void_p(self._messages_at + done * _MESSAGE.size)
            count = self._call(self._fd, at, messages - done, _DONTWAIT)
            if count > 0:
                taken += sum(self._packets(index) for index in range(done, done + count))
                done += count
            elif ctypes.get_errno() in (errno.EAGAIN, errno.ENOBUFS):
                break
            else:
                # This one receiver cannot be reached, or its device cannot segment.
                if self._packets(done) > 1:
                    self._segmenting = False
                    self._parted = ([], [])
                done += 1
        self._receivers.clear()
        return taken

    def _packets(self, index: int) -> int:
        return self._messages[_WORDS * index + _COUNT]

    def _part(self, sizes: Sequence[int]) -> list[tuple[int, int, int]]:
        """What one segmented message can carry each: packets of one size, but for a shorter last one."""
        parts: list[tuple[int, int, int]] = []
        first = 0
        for end in range(1, len(sizes) + 1):
            if end == len(sizes) or not (self._segmenting and _goes_on(sizes, first, end)):
                parts.append((first, end - first, sizes[first]))
                first = end
        return parts


def _goes_on(sizes: Sequence[int], first: int, index: int) -> bool:
    """Whether the message begun with `first` has room for `index` after those between them."""
    size, count = sizes[first], index - first + 1
    return (
        sizes[index] <= size == sizes[index - 1]
        and count <= _MOST_SEGMENTS
        and count * size <= _MOST_SEGMENTED
    )


def _can_segment(sock: socket.socket) -> bool:
    try:
        sock.getsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT)
    except OSError:
        return False
    return True
