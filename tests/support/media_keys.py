"""Media keys for tests of the media engine: real AES-GCM with the clear beginnings of C23, and epochs known or not by choice."""

from __future__ import annotations

import hashlib
import threading

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from client.media.sealing import Refusal
from client.media.streams import PICTURES
from protocol.crypto.frames import Stream

_HEADER = 14


class MediaKeys:
    """A `FrameCipher`. `speak` begins an epoch as a sender, `learn` lets frames of it be opened, `forget` undoes that."""

    def __init__(self, meeting: bytes = b"meeting") -> None:
        self._meeting = meeting
        self._lock = threading.Lock()
        self._known: set[tuple[int, int]] = set()
        self._own: tuple[int, int] | None = None
        self._counter = 0
        self._seen: set[bytes] = set()

    def speak(self, epoch: int, rank: int) -> None:
        with self._lock:
            self._own = (epoch, rank)

    def learn(self, epoch: int, rank: int) -> None:
        with self._lock:
            self._known.add((epoch, rank))

    def forget(self, epoch: int, rank: int) -> None:
        with self._lock:
            self._known.discard((epoch, rank))

    def seal(self, stream: Stream, frame: bytes) -> bytes | None:
        with self._lock:
            if self._own is None:
                return None
            kid = self._own[0] << 16 | self._own[1] << 3 | stream
            self._counter += 1
            header = kid.to_bytes(6, "big") + self._counter.to_bytes(8, "big")
        clear = frame[: _clear(frame)] if stream in PICTURES else b""
        sealed = AESGCM(self._key(kid)).encrypt(header[2:], frame[len(clear) :], clear + header)
        return clear + header + sealed

    def open(self, frame: bytes, *, video: bool) -> tuple[int, bytes] | Refusal:
        clear = frame[: _clear(frame)] if video else b""
        header, sealed = frame[len(clear) : len(clear) + _HEADER], frame[len(clear) + _HEADER :]
        if len(header) < _HEADER:
            return Refusal.DAMAGED
        kid = int.from_bytes(header[:6], "big")
        with self._lock:
            if (kid >> 16, kid >> 3 & 0x1FFF) not in self._known:
                return Refusal.UNKNOWN_KEY
            if header in self._seen:
                return Refusal.REPLAYED
        try:
            plain = AESGCM(self._key(kid)).decrypt(header[2:], sealed, clear + header)
        except InvalidTag:
            return Refusal.DAMAGED
        with self._lock:
            self._seen.add(header)
        return kid, clear + plain

    def _key(self, kid: int) -> bytes:
        return hashlib.sha256(self._meeting + kid.to_bytes(6, "big")).digest()[:16]


def kid_of(epoch: int, rank: int, stream: Stream) -> int:
    """The KID these keys write for it."""
    return epoch << 16 | rank << 3 | stream


def _clear(frame: bytes) -> int:
    return 3 if frame[:1] and frame[0] & 1 else 10
