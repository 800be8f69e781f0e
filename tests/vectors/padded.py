"""Vectors of what is padded, and of a message that commits to its content (C44): beside the older forms, which stay."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import Any

from protocol.crypto.content import ContentContext, seal_content
from protocol.crypto.files import BlobEncryptor
from protocol.crypto.keys import SecretKey, SigningKey
from protocol.crypto.padding import padded_size, padme
from protocol.crypto.signature import SignedType, sign
from protocol.identifiers import IdKind
from protocol.messaging.commitments import SALT_BYTES, Opening
from protocol.messaging.contents import ContentKind, pack
from protocol.messaging.payloads import CommittedMessage, MessageEvent
from protocol.wire.blobs import MAX_FILE
from tests.vectors import talking
from tests.vectors.talking import Entropy, identifier

LENGTHS = (0, 1, 2, 9, 511, 512, 513, 1000, 4097, 65_535, 1_000_000, (1 << 20) - 29, 123_456_789, 1 << 30)


def padding() -> dict[str, Any]:
    """Lengths as Padmé has them, and of files with the least and the most."""
    return {
        "padme": {str(length): padme(length) for length in LENGTHS},
        "file": {str(length): padded_size(length, MAX_FILE) for length in (*LENGTHS, MAX_FILE - 1, MAX_FILE)},
    }


def committed_message(entropy: Entropy) -> dict[str, Any]:
    """A text with an answer in it, its opening, what is encrypted of it and what is signed."""
    key, certificate = SigningKey.generate(), b"the DER of one more certificate"
    cert_hash = hashlib.sha256(certificate).digest()
    content = pack(ContentKind.TEXT, text="今晚谁值班？", reply_to=identifier(IdKind.MESSAGE, 8))
    opening = Opening(entropy(SALT_BYTES), content)
    old: MessageEvent = talking.payloads(entropy, cert_hash)[SignedType.MESSAGE]
    facts = {field.name: getattr(old, field.name) for field in fields(old)}
    payload = CommittedMessage(**facts, commitment=opening.commitment).value()
    signed = sign(key, cert_hash, SignedType.COMMITTED_MESSAGE, payload)
    return {
        "spki": key.public_spki,
        "certificate": certificate,
        "salt": opening.salt,
        "content": content,
        "plaintext": opening.padded(),
        "type": int(SignedType.COMMITTED_MESSAGE),
        "payload": payload,
        "bytes": signed.to_bytes(),
        "entry_id": signed.entry_id,
    }


def padded_content(entropy: Entropy) -> dict[str, Any]:
    """Hidden fields of a remark."""
    key = SecretKey(entropy(32))
    context = ContentContext(identifier(IdKind.CASE, 1), "opinion", identifier(IdKind.PERSON, 2))
    hidden = {"opinion": "同意。请综合科跟进落实。"}
    ciphertext, commitments = seal_content(key, context, hidden, entropy, padded=True)
    return {
        "key": bytes(key),
        "aad": context.to_bytes(padded=True),
        "fields": hidden,
        "ciphertext": ciphertext,
        "commitments": commitments,
    }


def padded_blob(entropy: Entropy) -> dict[str, Any]:
    """A file of 1,000 bytes."""
    key, plain = SecretKey(entropy(32)), bytes(range(250)) * 4
    encryptor = BlobEncryptor(key, entropy, padded=True)
    whole = plain.ljust(padded_size(len(plain), MAX_FILE), b"\0")
    blob = encryptor.header + encryptor.chunk(whole, final=True)
    return {
        "key": bytes(key),
        "plaintext": plain,
        "blob": blob,
        "id": hashlib.sha256(blob).hexdigest(),
    }
