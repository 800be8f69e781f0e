"""The enrolment code and its two MACs: device and CA know each other through a server neither trusts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from protocol.crypto import cbor
from protocol.crypto.keys import XWingPublicKey
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.identifiers import IdKind, check_id

PREFIX: Final = "jinshu1"
LIFETIME_MS: Final = 7 * 24 * 3600 * 1000
MAX_LABEL: Final = 64
_REQUEST: Final = b"jinshu/enrol/request/v1"
_REPLY: Final = b"jinshu/enrol/reply/v1"
_CHECKSUM: Final = b"jinshu/enrol/code/v1"
_GROUP: Final = 5
# People copy codes by hand: digits that base32 does not have can only be these letters.
_LOOKALIKES: Final = str.maketrans({"0": "o", "8": "b"})


@dataclass(frozen=True, slots=True, repr=False)
class EnrolmentCode:
    """What the CA hands to one person on paper; `secret` never reaches the server."""

    lookup: bytes
    secret: bytes
    root_fingerprint: bytes

    def __repr__(self) -> str:
        return f"EnrolmentCode(lookup_hash={self.lookup_hash!r})"

    @classmethod
    def new(cls, root_der: bytes, entropy: Callable[[int], bytes]) -> EnrolmentCode:
        return cls(entropy(16), entropy(16), hashlib.sha256(root_der).digest())

    @property
    def lookup_id(self) -> str:
        return self.lookup.hex()

    @property
    def lookup_hash(self) -> str:
        return lookup_hash(self.lookup)

    def text(self) -> str:
        body = self.lookup + self.secret + self.root_fingerprint
        letters = base64.b32encode(body + _checksum(body)).decode().rstrip("=").lower()
        groups = [letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP)]
        return "-".join([PREFIX, *groups])

    @classmethod
    def parse(cls, text: str) -> EnrolmentCode:
        """Read a typed or scanned code; spaces, dashes, case and full-width letters do not matter."""
        plain = "".join(
            letter
            for letter in unicodedata.normalize("NFKC", text).lower()
            if not letter.isspace() and unicodedata.category(letter) != "Pd"
        )
        if not plain.startswith(PREFIX):
            raise JinshuError(ErrorCode.AUTH_ENROLMENT_CODE_MALFORMED)
        letters = plain[len(PREFIX) :].translate(_LOOKALIKES).upper()
        try:
            data = base64.b32decode(letters + "=" * (-len(letters) % 8))
        except (binascii.Error, ValueError):
            raise JinshuError(ErrorCode.AUTH_ENROLMENT_CODE_MALFORMED) from None
        if len(data) != 66:
            raise JinshuError(ErrorCode.AUTH_ENROLMENT_CODE_MALFORMED)
        if not hmac.compare_digest(_checksum(data[:64]), data[64:]):
            raise JinshuError(ErrorCode.AUTH_ENROLMENT_CODE_CHECKSUM)
        return cls(data[:16], data[16:32], data[32:64])


@dataclass(frozen=True, slots=True)
class BundleFields:
    """What a device says of itself when it asks for a certificate; the MAC covers these bytes."""

    device: str
    xwing: bytes
    label: str

    def to_bytes(self) -> bytes:
        return cbor.encode({"device": self.device, "xwing": self.xwing, "label": self.label})

    @classmethod
    def parse(cls, data: bytes) -> BundleFields:
        value = cbor.decode(data)
        if not isinstance(value, dict) or value.keys() != {"device", "xwing", "label"}:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        device, xwing, label = value["device"], value["xwing"], value["label"]
        if not (isinstance(device, str) and isinstance(xwing, bytes) and isinstance(label, str)):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        if len(label) > MAX_LABEL or (label and not label.isprintable()):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED)
        check_id(device, IdKind.DEVICE)
        XWingPublicKey(xwing)
        return cls(device, xwing, label)


def lookup_hash(lookup: bytes) -> str:
    """What the server may keep of a lookup id."""
    return hashlib.sha256(lookup).hexdigest()


def request_mac(secret: bytes, csr: bytes, bundle_fields: bytes) -> bytes:
    return _mac(secret, _REQUEST, _sha256(csr), _sha256(bundle_fields))


def reply_mac(secret: bytes, certificate_der: bytes, head_entry_id: bytes, root_der: bytes) -> bytes:
    return _mac(secret, _REPLY, _sha256(certificate_der), head_entry_id, _sha256(root_der))


def _mac(secret: bytes, *parts: bytes) -> bytes:
    return hmac.digest(secret, b"".join(parts), "sha256")


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _checksum(body: bytes) -> bytes:
    return _sha256(_CHECKSUM + body)[:2]
