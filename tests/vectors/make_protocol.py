"""Makes `protocol.json`: bytes of every format that is frozen into signatures, archives and the wire (C4, C7, C11, C14–C17).

Run once when a format is added (`python -m tests.vectors.make_protocol`); what stands in the file is left as it is, and a new
vector is added: an old one must go on holding. Entropy is a counter, so that only signatures and sealings differ between runs.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from protocol import enrolment
from protocol.cases.entries import DocumentEntry
from protocol.cases.receipts import CaseHead, ServerReceipt
from protocol.crypto import cbor, files, merkle
from protocol.crypto.content import ContentContext, derive_object_key, key_commitment, seal_content
from protocol.crypto.envelope import EnvelopeInfo, Purpose, wrap
from protocol.crypto.keys import SecretKey, SigningKey, XWingPrivateKey
from protocol.crypto.signature import SignedType, sign
from protocol.directory.organisation import UPDATE_ROOT_ID, PageSettings, UpdateRoot
from protocol.directory.page_settings import Setting
from protocol.documents.model import element_hash
from protocol.documents.numbering import NumberEntry
from protocol.documents.steps import Step
from protocol.identifiers import IdKind, new_id
from tests.support.sample_documents import notice
from tests.vectors import padded, statements, talking

PATH = Path(__file__).parent / "protocol.json"


class Counter:
    """Entropy that counts."""

    def __init__(self) -> None:
        self._next = 0

    def __call__(self, length: int) -> bytes:
        made = bytes((self._next + offset) % 256 for offset in range(length))
        self._next += length
        return made


def _id(kind: IdKind, number: int) -> str:
    return new_id(kind, number.to_bytes(16, "big"))


def _plain(value: Any) -> Any:
    """JSON has no bytes: {"hex": …}."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _entry(content: bytes, hidden: dict[str, bytes], commitment: bytes, wraps: list[bytes]) -> DocumentEntry:
    return DocumentEntry(
        case=_id(IdKind.CASE, 1),
        object=_id(IdKind.CASE, 1),
        step=Step.DRAFT,
        actor=_id(IdKind.PERSON, 2),
        post=_id(IdKind.POST, 3),
        body=_id(IdKind.BODY, 4),
        org_seq=5,
        delegation=None,
        parents=[],
        receipt_seen=None,
        log_size=6,
        log_root=bytes(32),
        signed_at=1_795_000_000_000,
        offline=False,
        head={
            "kind": "notice",
            "urgency": "urgent",
            "label": "internal",
            "deadline": None,
            "recipients": [_id(IdKind.BODY, 7)],
            "copies": [],
        },
        hidden=hidden,
        content=content,
        key_commitment=commitment,
        wraps=wraps,
        blobs=[],
    )


def make() -> dict[str, Any]:
    """Every vector, by the section of PROTOCOL.md."""
    entropy = Counter()
    key, xwing = SigningKey.generate(), XWingPrivateKey(entropy(96))
    object_key = SecretKey(entropy(32))
    case, device = _id(IdKind.CASE, 1), _id(IdKind.DEVICE, 8)
    context = ContentContext(case, "draft", _id(IdKind.PERSON, 2))
    fields = {"title": "关于做好防汛工作的通知", "elements": {"v": 1}, "attachments": []}
    ciphertext, commitments = seal_content(object_key, context, fields, entropy, padded=False)
    info = EnvelopeInfo(Purpose.OBJECT_KEY, case, device, _id(IdKind.BODY, 4), 2)
    record = wrap(xwing.public, info, bytes(object_key))
    committed = key_commitment(case, object_key)
    certificate = b"the DER of a certificate"
    entry = _entry(hashlib.sha256(ciphertext).digest(), commitments, committed, [record.hash])
    signed = sign(key, hashlib.sha256(certificate).digest(), SignedType.DOCUMENT_ENTRY, entry.value())
    blob_key = SecretKey(entropy(32))
    blob_plain = bytes(range(256)) * 5000
    blob = files.encrypt(blob_key, blob_plain, entropy)
    leaves = [f"leaf {n}".encode() for n in range(7)]
    tree = merkle.Tree([merkle.leaf_hash(leaf) for leaf in leaves])
    code = enrolment.EnrolmentCode.new(b"root", entropy)
    number = NumberEntry(
        body=_id(IdKind.BODY, 4), code="云发改", year=2026, n=12, previous=None, case=case,
        reserved_until=None, state="used", post=_id(IdKind.POST, 3), at=1_795_000_000_000,
    )  # fmt: skip
    receipt = ServerReceipt(case, 1, signed.entry_id, None, 1_795_000_000_500, 6, bytes(32))
    head = CaseHead(case, 1, [signed.entry_id], bytes(16), 1_795_000_001_000)
    sample = {"b": [1, 23, 24, 255, 256, 65536, 1 << 32], "a": "锦书", "bytes": b"\x00\xff", "null": None}
    return {
        "cbor": {"value": sample, "encoded": cbor.encode(sample)},
        "identifier": {"entropy": (1).to_bytes(16, "big"), "text": case},
        "signed": {
            "spki": key.public_spki,
            "certificate": certificate,
            "type": 16,
            "payload": entry.value(),
            "bytes": signed.to_bytes(),
            "entry_id": signed.entry_id,
        },
        "content": {
            "key": bytes(object_key),
            "aad": context.to_bytes(padded=False),
            "fields": fields,
            "ciphertext": ciphertext,
            "commitments": commitments,
        },
        "key_commitment": {"object": case, "key": bytes(object_key), "commitment": committed},
        "object_key": {
            "case_key": bytes(object_key),
            "object": _id(IdKind.BRANCH, 9),
            "key": bytes(derive_object_key(object_key, _id(IdKind.BRANCH, 9))),
        },
        "wrap": {
            "seed": xwing.seed,
            "public": bytes(xwing.public),
            "info": info.to_bytes(),
            "record": record.to_bytes(),
            "hash": record.hash,
        },
        "blob": {
            "key": bytes(blob_key),
            "plaintext_sha256": hashlib.sha256(blob_plain).digest(),
            "prefix": blob[:8],
            "first_chunk_sha256": hashlib.sha256(blob[8 : 8 + (1 << 20) + 16]).digest(),
            "id": hashlib.sha256(blob).hexdigest(),
        },
        "merkle": {
            "leaves": leaves,
            "root": tree.root(),
            "inclusion_of_3": tree.inclusion_proof(3),
            "consistency_from_4": tree.consistency_proof(4),
        },
        "enrolment": {
            "code": code.text(),
            "secret": code.secret,
            "lookup_hash": code.lookup_hash,
            "request_mac": enrolment.request_mac(code.secret, b"csr", b"fields"),
            "reply_mac": enrolment.reply_mac(code.secret, b"certificate", bytes(32), b"root"),
        },
        "elements": {"value": notice(3).to_cbor_value(), "hash": element_hash(notice(3))},
        "number": {"payload": number.value(), "encoded": cbor.encode(number.value()), "text": number.text},
        "receipt": {"payload": receipt.value(), "encoded": cbor.encode(receipt.value())},
        "case_head": {"payload": head.value(), "encoded": cbor.encode(head.value())},
        "signed_formats": talking.signed_formats(entropy),
        "left_out": talking.left_out(),
        "media_keys": talking.media_keys(entropy),
        "statements": statements.statements(entropy),
        "witnesses": statements.witnesses(entropy),
        "padding": padded.padding(),
        "committed_message": padded.committed_message(entropy),
        "padded_content": padded.padded_content(entropy),
        "padded_blob": padded.padded_blob(entropy),
    }


def page_checks() -> dict[str, Any]:
    """What `page_checks/1` added: the list in a snapshot, and a receipt that names its check."""
    entropy, key, receipt_key = Counter(), SigningKey.generate(), SecretKey(bytes(range(32)))
    settings = [
        Setting(bytes(32), bytes(range(32)), "typst 0.15.2"),
        Setting(b"t" * 32, b"f" * 32, "typst 0.16.0"),
    ]
    receipt = _id(IdKind.RECEIPT, 10)
    context = ContentContext(receipt, "receive", _id(IdKind.PERSON, 2))
    fields = {"remark": "已收悉", "page_check": "page"}
    ciphertext, commitments = seal_content(receipt_key, context, fields, entropy, padded=False)
    committed = key_commitment(receipt, receipt_key)
    entry = replace(
        _entry(hashlib.sha256(ciphertext).digest(), commitments, committed, []),
        object=receipt,
        step=Step.RECEIVE,
        parents=[bytes(32)],
        head={
            "issue": _id(IdKind.ISSUE, 11),
            "pdf_hash": bytes(range(32)),
            "sender": _id(IdKind.BODY, 12),
            "dispatch_entry": bytes(32),
        },
    )
    certificate = b"the DER of a certificate"
    signed = sign(key, hashlib.sha256(certificate).digest(), SignedType.DOCUMENT_ENTRY, entry.value())
    return {
        "page_settings": {
            "settings": [
                {"template": each.template, "fonts": each.fonts, "engine": each.engine} for each in settings
            ],
            "entry": PageSettings.of(settings).to_bytes(),
        },
        "update_root": {
            "root": bytes(range(32)),
            "entry": UpdateRoot(UPDATE_ROOT_ID, bytes(range(32))).to_bytes(),
        },
        "receipt_naming_its_check": {
            "spki": key.public_spki,
            "certificate": certificate,
            "type": 16,
            "payload": entry.value(),
            "bytes": signed.to_bytes(),
            "entry_id": signed.entry_id,
            "key": bytes(receipt_key),
            "fields": fields,
            "ciphertext": ciphertext,
        },
    }


def main() -> None:
    kept = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    made = {name: vector for name, vector in _plain(make() | page_checks()).items() if name not in kept}
    PATH.write_text(json.dumps(kept | made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
