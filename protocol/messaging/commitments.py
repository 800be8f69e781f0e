"""A message's content as it is encrypted when its author signs a commitment to it (C44).

A Megolm ciphertext binds nobody to one plaintext: whoever has the session's key can make another ciphertext, and a member who
shows a decrypted text to somebody outside proves nothing. So the signed payload carries SHA-256 over a salt and the whole
content. Every reader checks it; salt and content together are its *opening*, which lets anybody to whom the message is
forwarded check who said it, without a key of the conversation (PROTOCOL.md §6).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Final, Self

from protocol.crypto import padding
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.messaging.payloads import MAX_CIPHERTEXT

SALT_BYTES: Final = 16
_DOMAIN: Final = b"jinshu/message-commit/v1"
# Megolm adds some hundred bytes to what it encrypts.
_MOST: Final = MAX_CIPHERTEXT - 1024


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a commitment. `content`: the CBOR of the message's kind and fields (`protocol.messaging.contents`)."""

    salt: bytes = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def commitment(self) -> bytes:
        """SHA-256("jinshu/message-commit/v1" ‖ salt 16 ‖ content)."""
        return hashlib.sha256(_DOMAIN + self.salt + self.content).digest()

    def check(self, committed: bytes) -> None:
        """Return if this is what was signed.

        Raises:
            RemoteProtocolError: `content.commitment_mismatch`.
        """
        if not hmac.compare_digest(self.commitment, committed):
            raise RemoteProtocolError(ErrorCode.CONTENT_COMMITMENT_MISMATCH)

    def padded(self) -> bytes:
        """The plaintext to encrypt: salt ‖ content, padded.

        Raises:
            LocalProtocolError: `wire.too_large`.
        """
        return padding.pad(self.salt + self.content, _MOST)

    @classmethod
    def parse(cls, plaintext: bytes) -> Self:
        """Split what was decrypted; what is too short has no content, and no reader takes that.

        Raises:
            RemoteProtocolError: `content.padding_wrong`.
        """
        opened = padding.unpad(plaintext, _MOST)
        return cls(opened[:SALT_BYTES], opened[SALT_BYTES:])
