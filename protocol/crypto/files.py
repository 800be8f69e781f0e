"""Files as blobs (C17): 1 MiB chunks in the STREAM construction over AES-256-GCM.

first byte u8 ‖ nonce prefix 7 ‖ chunks; a chunk's nonce is prefix ‖ index u32 ‖ final u8. The id is SHA-256 of all the ciphertext.
Of a padded blob (C44, `protocol.crypto.padding`) zeros follow the file before it is cut into chunks; its reader knows its size.
Its first byte is the additional data of every chunk, so that neither form opens as the other.
Cutting, reordering, repeating or extending fails to open, since index and final flag are in the nonce.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag

from protocol.crypto.keys import SecretKey
from protocol.crypto.suites import CURRENT, SUITES, first_byte, read_first_byte
from protocol.errors import ErrorCode, JinshuError, LocalProtocolError, RemoteProtocolError

CHUNK: Final = 1 << 20
TAG: Final = 16
HEADER: Final = 8
_PREFIX: Final = 7
_LAST_INDEX: Final = (1 << 32) - 1


def ciphertext_size(plaintext_size: int) -> int:
    """How long the blob of a plaintext of that size is; an empty file is one empty final chunk."""
    chunks = max(1, -(-plaintext_size // CHUNK))
    return HEADER + plaintext_size + chunks * TAG


def largest_plaintext(most: int) -> int:
    """The size of the largest file whose blob has at most so many bytes."""
    chunks, rest = divmod(most - HEADER, CHUNK + TAG)
    return chunks * CHUNK + max(rest - TAG, 0)


def _nonce(prefix: bytes, index: int, final: bool) -> bytes:
    if index > _LAST_INDEX:
        raise LocalProtocolError(ErrorCode.BLOBS_TOO_LARGE)
    return prefix + index.to_bytes(4, "big") + bytes((final,))


def _additional(*, padded: bool) -> bytes | None:
    return first_byte(padded=True) if padded else None


class BlobEncryptor:
    """Encrypts a file chunk by chunk: `header`, then `chunk` for each 1 MiB, the last with final=True."""

    def __init__(
        self, key: SecretKey, entropy: Callable[[int], bytes] = os.urandom, *, padded: bool = False
    ) -> None:
        """`padded`: whoever gives the chunks pads the file."""
        self._cipher = SUITES[CURRENT].aead(bytes(key))
        self._prefix = entropy(_PREFIX)
        self._padded = padded
        self._index = 0
        self._done = False

    @property
    def header(self) -> bytes:
        return first_byte(padded=self._padded) + self._prefix

    def chunk(self, plaintext: bytes, *, final: bool) -> bytes:
        """One chunk: exactly 1 MiB unless final."""
        if self._done or len(plaintext) > CHUNK or (not final and len(plaintext) != CHUNK):
            raise LocalProtocolError(ErrorCode.WIRE_MALFORMED)
        nonce = _nonce(self._prefix, self._index, final)
        sealed = self._cipher.encrypt(nonce, plaintext, _additional(padded=self._padded))
        self._index += 1
        self._done = final
        return sealed


class BlobDecryptor:
    """Decrypts in the same order; the file is whole only when a chunk with final=True has opened. `padded`: zeros follow it."""

    def __init__(self, key: SecretKey, header: bytes) -> None:
        if len(header) != HEADER:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        suite, self.padded = read_first_byte(header[0])
        self._cipher = SUITES[suite].aead(bytes(key))
        self._prefix = header[1:]
        self._index = 0
        self.done = False

    def chunk(self, sealed: bytes, *, final: bool) -> bytes:
        """Open one chunk.

        Raises:
            JinshuError: `blobs.damaged`.
        """
        if self.done:
            raise JinshuError(ErrorCode.BLOBS_DAMAGED)
        try:
            nonce = _nonce(self._prefix, self._index, final)
            plaintext = self._cipher.decrypt(nonce, sealed, _additional(padded=self.padded))
        except (InvalidTag, ValueError):
            raise JinshuError(ErrorCode.BLOBS_DAMAGED) from None
        self._index += 1
        self.done = final
        return plaintext


def encrypt(key: SecretKey, plaintext: bytes, entropy: Callable[[int], bytes] = os.urandom) -> bytes:
    """A whole small file at once."""
    encryptor = BlobEncryptor(key, entropy)
    pieces = list(_pieces(plaintext, CHUNK))
    sealed = [encryptor.chunk(piece, final=n == len(pieces) - 1) for n, piece in enumerate(pieces)]
    return encryptor.header + b"".join(sealed)


def decrypt(key: SecretKey, ciphertext: bytes) -> bytes:
    """A whole small blob at once.

    Raises:
        JinshuError: `wire.malformed` or `blobs.damaged`.
    """
    return b"".join(decrypt_chunks(key, ciphertext[:HEADER], _pieces(ciphertext[HEADER:], CHUNK + TAG)))


def decrypt_chunks(key: SecretKey, header: bytes, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Open chunks as they come, looking one ahead for the last.

    Raises:
        JinshuError: `wire.malformed` or `blobs.damaged`.
    """
    decryptor = BlobDecryptor(key, header)
    waiting: bytes | None = None
    for chunk in chunks:
        if waiting is not None:
            yield decryptor.chunk(waiting, final=False)
        waiting = chunk
    if waiting is None:
        raise JinshuError(ErrorCode.BLOBS_DAMAGED)
    yield decryptor.chunk(waiting, final=True)


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, max(1, len(data)), size):
        yield data[start : start + size]
