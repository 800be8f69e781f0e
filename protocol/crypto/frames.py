"""SFrame (RFC 9605), suite AES_128_GCM_SHA256_128: media frames sealed end to end, in the format of the RFC (C15, C23).

A frame = header (KID, counter) ‖ ciphertext ‖ tag. The KID names epoch, sender and stream, so that a tile's name comes
from what decrypted and from nothing else (C24). Not thread-safe: whoever decrypts in several threads keeps a lock
around an opener.

Rules (PROTOCOL.md §7, "Frames"):
- A key and a counter are used together once. `FrameSealer` counts from 0 for its KID and is never set back; whoever
  needs to begin anew needs another KID, which means another epoch.
- `FrameOpener` takes each counter once and none that is more than `_WINDOW` - 1 behind the highest. A counter is marked
  as seen only after its tag was right: a forged frame cannot use up the place of a true one.
- The shortest header is the only one: two spellings of a KID would be two ciphertexts of one frame.
- Of a VP8 frame the first 10 bytes (key frame) or 3 (delta frame) stay in the clear, so that the SFU finds key frames;
  they are the metadata that the tag covers.

What must be kept in step: the KID's bits of epoch, rank and stream with `protocol/meetings/epochs.py`, which derives a
base key for each of them; labels and suite with RFC 9605, whose vectors the tests run; `seal_video` with what the SFU
reads (`server_stub/meetings/sfu/vp8.py`).
"""

from __future__ import annotations

import itertools
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from protocol.errors import ErrorCode, JinshuError, LocalProtocolError, RemoteProtocolError

SUITE: Final = 4  # AES_128_GCM_SHA256_128, RFC 9605 §4.5
KEY_BYTES: Final = 16
TAG: Final = 16
_NONCE: Final = 12
_LARGEST: Final = (1 << 64) - 1
_EXTENDED: Final = 8  # a field of the header that does not fit into three bits says how many bytes follow
_WINDOW: Final = 1024  # counters before the highest that may still come, out of order
_VP8_DELTA: Final = 1  # bit 0 of a VP8 frame: set in a delta frame (RFC 6386 §9.1)
_CLEAR_KEY_FRAME: Final = 10
_CLEAR_DELTA_FRAME: Final = 3


class Stream(IntEnum):
    """What a participant sends: the last three bits of a KID."""

    AUDIO = 0
    VIDEO_HIGH = 1
    VIDEO_LOW = 2
    SCREEN = 3
    CONTROL = 7


class MediaKid(NamedTuple):
    """A KID of 48 bits (C23): `epoch` 32 bits of the announcement's hash, `rank` 13 bits of the sender, `stream` 3 bits."""

    epoch: int
    rank: int
    stream: Stream

    def pack(self) -> int:
        if not (0 <= self.epoch < 1 << 32 and 0 <= self.rank < 1 << 13):
            raise LocalProtocolError(ErrorCode.WIRE_MALFORMED, field="kid")
        return self.epoch << 16 | self.rank << 3 | int(self.stream)

    @classmethod
    def unpack(cls, kid: int) -> MediaKid:
        """Read a KID.

        Raises:
            JinshuError: `wire.malformed`, it is none of a meeting.
        """
        if kid >> 48:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="kid")
        try:
            stream = Stream(kid & 7)
        except ValueError:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="kid") from None
        return cls(kid >> 16, kid >> 3 & 0x1FFF, stream)


class FrameSealer:
    """One stream in one epoch: its key, and the counter that never comes back."""

    def __init__(self, kid: int, base_key: bytes) -> None:
        self.kid = kid
        self._key = _Key(kid, base_key)
        # One step, whatever thread takes it: no key may meet a counter twice.
        self._counters = itertools.count()

    def seal(self, plain: bytes, metadata: bytes = b"") -> bytes:
        """header ‖ ciphertext ‖ tag; `metadata` is authenticated and not contained (§4.4.3)."""
        counter = next(self._counters)
        header = encode_header(self.kid, counter)
        return header + self._key.cipher.encrypt(self._key.nonce(counter), plain, header + metadata)


class Opens(Protocol):
    """What opens frames by what they themselves say of their key."""

    def open(self, frame: bytes, metadata: bytes = b"", /) -> tuple[int, bytes]: ...


class FrameOpener:
    """Everything one participant may open at the moment."""

    def __init__(self) -> None:
        self._keys: dict[int, _Key] = {}

    def add(self, kid: int, base_key: bytes) -> None:
        """Know a key from now on; one that is known keeps what it has seen."""
        if kid not in self._keys:
            self._keys[kid] = _Key(kid, base_key)

    def forget(self, kid: int) -> None:
        self._keys.pop(kid, None)

    def open(self, frame: bytes, metadata: bytes = b"") -> tuple[int, bytes]:
        """The KID that decrypted, and the plaintext.

        Raises:
            JinshuError: `frames.unknown_key`, `frames.damaged`, `frames.replayed` or `wire.malformed`.
        """
        kid, counter, size = decode_header(frame)
        key = self._keys.get(kid)
        if key is None:
            raise JinshuError(ErrorCode.FRAMES_UNKNOWN_KEY)
        if key.seen.has(counter):
            raise RemoteProtocolError(ErrorCode.FRAMES_REPLAYED)
        try:
            plain = key.cipher.decrypt(key.nonce(counter), frame[size:], frame[:size] + metadata)
        except InvalidTag:
            raise RemoteProtocolError(ErrorCode.FRAMES_DAMAGED) from None
        key.seen.add(counter)
        return kid, plain


def seal_video(sealer: FrameSealer, frame: bytes) -> bytes:
    """A VP8 frame with its first bytes in the clear and authenticated, so that an SFU can find key frames (C23).

    Raises:
        JinshuError: `wire.malformed`, it is shorter than any VP8 frame is.
    """
    clear = _clear(frame)
    return frame[:clear] + sealer.seal(frame[clear:], frame[:clear])


def open_video(opener: Opens, frame: bytes) -> tuple[int, bytes]:
    """The KID that decrypted, and the VP8 frame.

    Raises:
        JinshuError: as `FrameOpener.open`.
    """
    clear = _clear(frame)
    kid, plain = opener.open(frame[clear:], frame[:clear])
    return kid, frame[:clear] + plain


def kid_of(frame: bytes) -> int:
    """The KID a frame says it was sealed with.

    Raises:
        JinshuError: `wire.malformed`.
    """
    return decode_header(frame)[0]


def encode_header(kid: int, counter: int) -> bytes:
    """The header of §4.3: one byte of configuration, then what does not fit into it.

    Raises:
        LocalProtocolError: `wire.too_large`, a number of more than 64 bits.
    """
    if not (0 <= kid <= _LARGEST and 0 <= counter <= _LARGEST):
        raise LocalProtocolError(ErrorCode.WIRE_TOO_LARGE)
    kid_bits, kid_bytes = _field(kid)
    counter_bits, counter_bytes = _field(counter)
    return bytes((kid_bits << 4 | counter_bits,)) + kid_bytes + counter_bytes


def decode_header(frame: bytes) -> tuple[int, int, int]:
    """(KID, counter, length of the header). A number in more bytes than it needs is malformed.

    Raises:
        JinshuError: `wire.malformed`.
    """
    if not frame:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="frame")
    kid, at = _number(frame, frame[0] >> 4, 1)
    counter, at = _number(frame, frame[0] & 15, at)
    return kid, counter, at


class _Key:
    """What a base key becomes for its KID (§4.4.2)."""

    __slots__ = ("_salt", "cipher", "seen")

    def __init__(self, kid: int, base_key: bytes) -> None:
        if len(base_key) != KEY_BYTES:
            raise LocalProtocolError(ErrorCode.KEYS_NO_KEY)
        suffix = kid.to_bytes(8, "big") + SUITE.to_bytes(2, "big")
        self.cipher = AESGCM(_expand(base_key, b"SFrame 1.0 Secret key " + suffix, KEY_BYTES))
        salt = _expand(base_key, b"SFrame 1.0 Secret salt " + suffix, _NONCE)
        self._salt = int.from_bytes(salt, "big")
        self.seen = _Seen()

    def nonce(self, counter: int) -> bytes:
        return (self._salt ^ counter).to_bytes(_NONCE, "big")


class _Seen:
    """Which counters came, among the last 1024; what is older than these is taken for seen."""

    __slots__ = ("_bits", "_highest")

    def __init__(self) -> None:
        self._highest = -1
        self._bits = 0  # bit i: highest − i was seen

    def has(self, counter: int) -> bool:
        behind = self._highest - counter
        return behind >= 0 and (behind >= _WINDOW or bool(self._bits >> behind & 1))

    def add(self, counter: int) -> None:
        ahead = counter - self._highest
        if ahead > 0:
            self._bits = (self._bits << min(ahead, _WINDOW) | 1) & ((1 << _WINDOW) - 1)
            self._highest = counter
        else:
            self._bits |= 1 << -ahead


def _expand(base_key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=b"", info=info).derive(base_key)


def _clear(frame: bytes) -> int:
    """How many bytes of a VP8 frame stay in the clear."""
    clear = _CLEAR_DELTA_FRAME if frame and frame[0] & _VP8_DELTA else _CLEAR_KEY_FRAME
    if len(frame) < clear:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="frame")
    return clear


def _field(value: int) -> tuple[int, bytes]:
    if value < _EXTENDED:
        return value, b""
    length = (value.bit_length() + 7) // 8
    return _EXTENDED | length - 1, value.to_bytes(length, "big")


def _number(frame: bytes, bits: int, at: int) -> tuple[int, int]:
    if not bits & _EXTENDED:
        return bits, at
    end = at + (bits & 7) + 1
    data = frame[at:end]
    if len(data) != end - at or data[0] == 0 or (len(data) == 1 and data[0] < _EXTENDED):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="header")
    return int.from_bytes(data, "big"), end
