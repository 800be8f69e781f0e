"""The issuing CA's signatures: certificates, organisation roots, revocation lists, seals; and the root's two acts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from protocol.crypto import certificates, merkle
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign, verify
from protocol.directory.log import Leaf
from server_stub.ca.folder import KeyPair
from server_stub.ca.state import BodyRecord, RevocationRecord


def certificate_digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def found_root(site: str, now: int) -> KeyPair:
    key = SigningKey.generate()
    return KeyPair(key, certificates.make_root(key, f"{site} 锦书根证书", at_ms=now))


def found_issuing(root: KeyPair, site: str, now: int) -> KeyPair:
    key = SigningKey.generate()
    return KeyPair(key, certificates.make_issuing(root.key, root.certificate, key.public_spki, f"{site} 锦书签发证书", at_ms=now))
