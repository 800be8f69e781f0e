"""The recovery code a person writes down: it opens his profile, and speaks for him when no device is left."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from protocol.crypto.keys import XWING_SEED_BYTES, Secret, SigningKey, XWingPrivateKey
from protocol.errors import ErrorCode, JinshuError

SECRET_BYTES: Final = 32
_CHECKSUM_BYTES: Final = 3
_GROUP: Final = 5
_DOMAIN: Final = b"jinshu/recovery/v1/"
# People copy codes by hand: digits that base32 does not have can only be these letters.
_LOOKALIKES: Final = str.maketrans({"0": "o", "1": "l", "8": "b"})
# The order of the group of P-256 (SP 800-186 §3.2.1.3).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True, repr=False)
class RecoveryCode(Secret):
    """256 random bits and a checksum, as 56 letters in groups of five; every key is derived from it alone."""

    secret: bytes

    @classmethod
    def new(cls, entropy: Callable[[int], bytes]) -> RecoveryCode:
        return cls(entropy(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> RecoveryCode:
        """Read a typed code; spaces, dashes, case and full-width letters do not matter.

        Raises:
            JinshuError: `keys.wrong_recovery_code`.
        """
        letters = "".join(
            letter
            for letter in unicodedata.normalize("NFKC", text).lower()
            if not letter.isspace() and unicodedata.category(letter) != "Pd"
        )
        try:
            data = base64.b32decode(letters.translate(_LOOKALIKES).upper())
        except (binascii.Error, ValueError):
            raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE) from None
        secret, checksum = data[:SECRET_BYTES], data[SECRET_BYTES:]
        if len(data) != SECRET_BYTES + _CHECKSUM_BYTES or not hmac.compare_digest(
            _checksum(secret), checksum
        ):
            raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
        return cls(secret)

    def text(self) -> str:
        letters = base64.b32encode(self.secret + _checksum(self.secret)).decode("ascii").lower()
        return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))

    @property
    def slot_secret(self) -> bytes:
        """What opens the profile's recovery slot."""
        return self._derive(b"slot", 32)

    @property
    def xwing(self) -> XWingPrivateKey:
        """The key a person's seeds are wrapped to besides his devices."""
        return XWingPrivateKey(self._derive(b"xwing", XWING_SEED_BYTES))

    @property
    def signing(self) -> SigningKey:
        """The key that consents to a new device when no other device of the person is left."""
        # 128 bits more than the order has leave no bias worth naming (FIPS 186-5, A.2.1).
        scalar = int.from_bytes(self._derive(b"signing", 48), "big") % (_ORDER - 1) + 1
        return SigningKey.from_private_bytes(scalar.to_bytes(32, "big"))

    def _derive(self, purpose: bytes, length: int) -> bytes:
        return HKDFExpand(hashes.SHA256(), length, _DOMAIN + purpose).derive(self.secret)


def _checksum(secret: bytes) -> bytes:
    return hashlib.sha256(_DOMAIN + b"checksum" + secret).digest()[:_CHECKSUM_BYTES]
