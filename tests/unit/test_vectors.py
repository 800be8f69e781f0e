"""The frozen bytes of `tests/vectors/protocol.json` (C4, C7, C11, C14–C17): made once, read by today's code, and recomputed here
from the words of PROTOCOL.md with plain primitives wherever they suffice."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_der_public_key

from protocol import enrolment
from protocol.cases.entries import DocumentEntry
from protocol.cases.receipts import CaseHead, ServerReceipt
from protocol.crypto import cbor, merkle
from protocol.crypto.content import ContentContext, key_commitment, open_content
from protocol.crypto.envelope import Purpose, WrapRecord, unwrap
from protocol.crypto.files import HEADER, BlobDecryptor, encrypt
from protocol.crypto.frames import FrameOpener, MediaKid, Stream, open_video
from protocol.crypto.keys import SecretKey, XWingPrivateKey
from protocol.crypto.padding import padded_size, padme, unpad_file
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.log import OlmIdentity
from protocol.directory.organisation import PAGE_SETTINGS_ID, PageSettings, UpdateRoot, parse_entry
from protocol.directory.page_settings import Setting
from protocol.documents.dispatch import SHIPPED
from protocol.documents.model import Elements, element_hash
from protocol.documents.numbering import NumberEntry
from protocol.meetings import epochs
from protocol.meetings.payloads import ChairEntry, Epoch, EpochPacket, Join, Meeting
from protocol.messaging.commitments import Opening
from protocol.messaging.contents import ContentKind, unpack
from protocol.messaging.payloads import (
    ChannelKey,
    CommittedMessage,
    KeyPacket,
    LeftOut,
    MessageEvent,
    Prekey,
    Roster,
    read_message,
)
from protocol.wire.blobs import MAX_FILE
from tests.vectors.make_protocol import PATH


def _bytes(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"hex"}:
            return bytes.fromhex(value["hex"])
        return {name: _bytes(item) for name, item in value.items()}
    return [_bytes(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    return dict(_bytes(json.loads(PATH.read_text(encoding="utf-8"))))


def test_cbor_is_deterministic(vectors: dict[str, Any]) -> None:
    """RFC 8949 §4.2.1, by another encoder's canonical mode."""
    vector = vectors["cbor"]
    assert cbor.encode(vector["value"]) == vector["encoded"] == cbor2.dumps(vector["value"], canonical=True)
    assert cbor.decode(vector["encoded"]) == vector["value"]


def test_ids_are_base32_of_128_bits(vectors: dict[str, Any]) -> None:
    vector = vectors["identifier"]
    assert vector["text"] == "cas_" + base64.b32encode(vector["entropy"]).decode().rstrip("=").lower()


def _check_signed(vector: dict[str, Any], spki: bytes, certificate: bytes) -> None:
    """PROTOCOL.md §1, with plain primitives."""
    preamble = b"jinshu/v1/" + bytes((1, vector["type"])) + hashlib.sha256(certificate).digest()
    payload = cbor2.dumps(vector["payload"], canonical=True)
    data: bytes = vector["bytes"]
    assert data[:34] == preamble[10:]
    assert data[98:] == payload
    assert vector["entry_id"] == hashlib.sha256(preamble + payload).digest()
    public = load_der_public_key(spki)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(data[34:66], "big"), int.from_bytes(data[66:98], "big")
    public.verify(encode_dss_signature(r, s), preamble + payload, ec.ECDSA(hashes.SHA256()))


def test_c14_what_is_signed_is_what_is_shipped(vectors: dict[str, Any]) -> None:
    vector = vectors["signed"]
    _check_signed(vector, vector["spki"], vector["certificate"])
    signed = Signed.parse(vector["bytes"], SignedType.DOCUMENT_ENTRY)
    verify(signed, vector["spki"], SignedType.DOCUMENT_ENTRY)
    assert signed.entry_id == vector["entry_id"]
    assert DocumentEntry.parse(signed.value(), SHIPPED).value() == vector["payload"]


PAYLOADS: dict[str, Any] = {
    "OLM_IDENTITY": OlmIdentity,
    "PREKEY": Prekey,
    "CHANNEL_KEY": ChannelKey,
    "LEFT_OUT": LeftOut,
    "ROSTER": Roster,
    "KEY_PACKET": KeyPacket,
    "MESSAGE": MessageEvent,
    "MEETING": Meeting,
    "CHAIR_ACT": ChairEntry,
    "MEETING_JOIN": Join,
    "EPOCH": Epoch,
    "EPOCH_PACKET": EpochPacket,
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_d8_d9_what_is_signed_in_conversations_and_meetings(vectors: dict[str, Any], name: str) -> None:
    groups = (vectors["signed_formats"], vectors["left_out"])
    [common] = [group for group in groups if name in group["formats"]]
    vector, kind = common["formats"][name], SignedType[name]
    assert vector["type"] == kind
    _check_signed(vector, common["spki"], common["certificate"])
    signed = Signed.parse(vector["bytes"], kind)
    verify(signed, common["spki"], kind)
    parsed = PAYLOADS[name].parse(signed.value())
    assert parsed.value() == vector["payload"]
    assert set(vector["payload"]) == {"v", *PAYLOADS[name].SHAPES}


def _expanded(key: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 with an empty salt, out of HMAC alone; one block is enough."""
    extracted = hmac.new(bytes(32), key, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()[:length]


def test_c22_the_schedule_of_media_keys(vectors: dict[str, Any]) -> None:
    vector = vectors["media_keys"]
    meeting, device = vector["meeting"].encode(), vector["device"].encode()
    after = _expanded(vector["secret"], b"jinshu/epoch-ratchet/v1" + vector["first_epoch"], 32)
    assert after == vector["secret_after"] == epochs.ratcheted(vector["secret"], vector["first_epoch"])
    for secret, name in ((vector["secret"], "commitment"), (after, "commitment_after")):
        assert vector[name] == hashlib.sha256(b"jinshu/epoch-commit/v1" + meeting + secret).digest()
        assert vector[name] == epochs.commitment(vector["meeting"], secret)
    assert set(vector["base_keys"]) == {"0", "1", "2", "3", "7"}
    for stream in map(int, vector["base_keys"]):
        info = b"jinshu/media/v1" + meeting + b"\0" + device + b"\0" + vector["nonce"] + bytes((stream,))
        expected = vector["base_keys"][str(stream)]
        assert expected == _expanded(after, info, 16)
        assert expected == epochs.base_key(
            after, vector["meeting"], vector["device"], vector["nonce"], Stream(stream)
        )
        kid = vector["kids"][str(stream)]
        assert kid == vector["second_epoch"][:4] + (vector["rank"] << 3 | stream).to_bytes(2, "big")
        assert MediaKid(epochs.kid_bits(vector["second_epoch"]), vector["rank"], Stream(stream)).pack() == (
            int.from_bytes(kid, "big")
        )


@pytest.mark.parametrize("which", [0, 1, 2])
def test_c23_frames_are_sealed_as_rfc_9605_says(vectors: dict[str, Any], which: int) -> None:
    """Sound, a key frame and a delta frame, by the words of the RFC and AES-GCM."""
    keys, frame = vectors["media_keys"], vectors["media_keys"]["frames"][which]
    base, kid = keys["base_keys"][str(frame["stream"])], keys["kids"][str(frame["stream"])]
    suffix = kid.rjust(8, b"\0") + b"\x00\x04"
    key = _expanded(base, b"SFrame 1.0 Secret key " + suffix, 16)
    salt = _expanded(base, b"SFrame 1.0 Secret salt " + suffix, 12)
    nonce = (int.from_bytes(salt, "big") ^ frame["counter"]).to_bytes(12, "big")
    clear, hidden = frame["plain"][: frame["clear"]], frame["plain"][frame["clear"] :]
    header = bytes((0x80 | 5 << 4 | frame["counter"],)) + kid
    sealed = clear + header + AESGCM(key).encrypt(nonce, hidden, header + clear)
    assert sealed == frame["sealed"]
    opener = FrameOpener()
    opener.add(int.from_bytes(kid, "big"), base)
    opened = open_video(opener, sealed) if frame["stream"] else opener.open(sealed)
    assert opened == (int.from_bytes(kid, "big"), frame["plain"])


def test_c11_content_and_its_commitments(vectors: dict[str, Any]) -> None:
    vector = vectors["content"]
    data: bytes = vector["ciphertext"]
    assert data[0] == 1
    fields = cbor2.loads(AESGCM(vector["key"]).decrypt(data[1:13], data[13:], vector["aad"]))["fields"]
    assert {name: field["value"] for name, field in fields.items()} == vector["fields"]
    for name, field in fields.items():
        value = cbor2.dumps({"name": name, "value": field["value"]}, canonical=True)
        committed = hashlib.sha256(b"jinshu/commit/v1" + field["salt"] + value).digest()
        assert committed == vector["commitments"][name]
    aad = cbor2.loads(vector["aad"])
    context = ContentContext(aad["object"], aad["step"], aad["actor"])
    assert open_content(SecretKey(vector["key"]), context, data, vector["commitments"]) == vector["fields"]


def test_c44_lengths_are_padded_as_padme_says(vectors: dict[str, Any]) -> None:
    """The published algorithm in whole numbers; a file has 512 at least, and what the server takes at most."""

    def expected(length: int) -> int:
        if length < 2:
            return length
        exponent = len(bin(length)) - 3
        step = 1 << (exponent - (len(bin(exponent)) - 2))
        return -(-length // step) * step

    for length, padded in vectors["padding"]["padme"].items():
        assert padded == expected(int(length)) == padme(int(length))
    for length, padded in vectors["padding"]["file"].items():
        assert padded == min(max(512, expected(int(length))), MAX_FILE) == padded_size(int(length), MAX_FILE)


def test_c44_a_message_commits_to_its_content(vectors: dict[str, Any]) -> None:
    vector = vectors["committed_message"]
    _check_signed(vector, vector["spki"], vector["certificate"])
    signed = Signed.parse(vector["bytes"])
    verify(signed, vector["spki"], SignedType.COMMITTED_MESSAGE)
    event = read_message(signed)
    assert isinstance(event, CommittedMessage)
    assert event.value() == vector["payload"]
    assert set(vector["payload"]) == {"v", *MessageEvent.SHAPES, "commitment"}
    committed = hashlib.sha256(b"jinshu/message-commit/v1" + vector["salt"] + vector["content"]).digest()
    assert event.commitment == committed
    said = vector["salt"] + vector["content"]
    assert vector["plaintext"] == (len(said).to_bytes(4, "big") + said).ljust(512, b"\0")
    opening = Opening.parse(vector["plaintext"])
    assert opening == Opening(vector["salt"], vector["content"])
    opening.check(event.commitment)
    kind, fields = unpack(opening.content)
    assert (kind, fields["text"]) == (ContentKind.TEXT, "今晚谁值班？")
    assert cbor2.loads(vector["content"]) == {"v": 1, "kind": "text", **fields}


def test_c44_padded_content_and_its_commitments(vectors: dict[str, Any]) -> None:
    vector = vectors["padded_content"]
    data: bytes = vector["ciphertext"]
    assert data[0] == 0x81
    assert len(data) == 1 + 12 + 512 + 16
    plain = AESGCM(vector["key"]).decrypt(data[1:13], data[13:], vector["aad"])
    end = 4 + int.from_bytes(plain[:4], "big")
    assert plain[end:] == bytes(512 - end)
    fields = cbor2.loads(plain[4:end])["fields"]
    assert {name: field["value"] for name, field in fields.items()} == vector["fields"]
    aad = cbor2.loads(vector["aad"])
    assert aad.pop("padded") is True
    opened = open_content(SecretKey(vector["key"]), ContentContext(**aad), data, vector["commitments"])
    assert opened == vector["fields"]


def test_c44_a_padded_blob(vectors: dict[str, Any]) -> None:
    vector = vectors["padded_blob"]
    data, plain = vector["blob"], vector["plaintext"]
    assert data[0] == 0x81
    assert hashlib.sha256(data).hexdigest() == vector["id"]
    opened = AESGCM(vector["key"]).decrypt(data[1:8] + struct.pack(">IB", 0, 1), data[8:], b"\x81")
    assert opened == plain.ljust(1024, b"\0")
    decryptor = BlobDecryptor(SecretKey(vector["key"]), data[:HEADER])
    assert decryptor.padded
    pieces = [decryptor.chunk(data[HEADER:], final=True)]
    assert b"".join(unpad_file(pieces, len(plain), MAX_FILE)) == plain


def test_c7_commitment_to_a_key(vectors: dict[str, Any]) -> None:
    vector = vectors["key_commitment"]
    expected = hashlib.sha256(b"jinshu/key-commit/v1" + vector["object"].encode() + vector["key"]).digest()
    assert vector["commitment"] == expected
    assert key_commitment(vector["object"], SecretKey(vector["key"])) == expected


def test_keys_of_branches_and_issues(vectors: dict[str, Any]) -> None:
    """RFC 5869 by the library's HKDF."""
    vector = vectors["object_key"]
    info = b"jinshu/object-key/v1" + vector["object"].encode()
    assert HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(vector["case_key"]) == vector["key"]


def test_c7_a_wrap_opens_with_its_seed_and_hashes_as_signed(vectors: dict[str, Any]) -> None:
    vector = vectors["wrap"]
    private = XWingPrivateKey(vector["seed"])
    assert bytes(private.public) == vector["public"]
    assert len(vector["public"]) == 1216
    record = WrapRecord.parse(vector["record"])
    assert record.info(Purpose.OBJECT_KEY).to_bytes() == vector["info"]
    assert hashlib.sha256(vector["record"]).digest() == record.hash == vector["hash"]
    assert unwrap(private, record, Purpose.OBJECT_KEY) == vectors["key_commitment"]["key"]


def test_c17_blobs_are_chunks_of_a_mebibyte(vectors: dict[str, Any]) -> None:
    vector = vectors["blob"]
    plain = bytes(range(256)) * 5000
    assert hashlib.sha256(plain).digest() == vector["plaintext_sha256"]
    assert vector["prefix"][0] == 1
    seven, cipher = vector["prefix"][1:], AESGCM(vector["key"])
    pieces = [plain[: 1 << 20], plain[1 << 20 :]]
    chunks = [
        cipher.encrypt(seven + struct.pack(">IB", index, index == 1), piece, None)
        for index, piece in enumerate(pieces)
    ]
    assert hashlib.sha256(chunks[0]).digest() == vector["first_chunk_sha256"]
    whole = vector["prefix"] + b"".join(chunks)
    assert hashlib.sha256(whole).hexdigest() == vector["id"]
    assert encrypt(SecretKey(vector["key"]), plain, lambda length: seven[:length]) == whole


def test_c4_the_tree_of_rfc_9162(vectors: dict[str, Any]) -> None:
    vector = vectors["merkle"]

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return hashlib.sha256(b"\x00" + leaves[0]).digest()
        split = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\x01" + root(leaves[:split]) + root(leaves[split:])).digest()

    leaves = vector["leaves"]
    assert root(leaves) == vector["root"]
    hashed = merkle.leaf_hash(leaves[3])
    merkle.verify_inclusion(hashed, 3, 7, vector["inclusion_of_3"], vector["root"])
    merkle.verify_consistency(4, 7, vector["consistency_from_4"], root(leaves[:4]), vector["root"])


def test_c2_the_macs_of_enrolment(vectors: dict[str, Any]) -> None:
    vector = vectors["enrolment"]
    code = enrolment.EnrolmentCode.parse(vector["code"])
    assert (code.secret, code.lookup_hash) == (vector["secret"], vector["lookup_hash"])

    def mac(*parts: bytes) -> bytes:
        return hmac.new(vector["secret"], b"".join(parts), hashlib.sha256).digest()

    def sha(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    assert vector["request_mac"] == mac(b"jinshu/enrol/request/v1", sha(b"csr"), sha(b"fields"))
    assert vector["reply_mac"] == mac(b"jinshu/enrol/reply/v1", sha(b"certificate"), bytes(32), sha(b"root"))


def test_c9_the_hash_of_the_elements(vectors: dict[str, Any]) -> None:
    vector = vectors["elements"]
    packed = cbor2.dumps(vector["value"], canonical=True)
    assert vector["hash"] == hashlib.sha256(b"jinshu/elements/v1" + packed).digest()
    assert element_hash(Elements.from_cbor_value(vector["value"])) == vector["hash"]


@pytest.mark.parametrize(
    ("name", "payload"), [("number", NumberEntry), ("receipt", ServerReceipt), ("case_head", CaseHead)]
)
def test_c10_c12_payloads_keep_their_bytes(vectors: dict[str, Any], name: str, payload: Any) -> None:
    vector = vectors[name]
    assert payload.parse(cbor.decode(vector["encoded"])).value() == vector["payload"]
    assert cbor.encode(vector["payload"]) == vector["encoded"]


def test_c12_the_number_as_printed(vectors: dict[str, Any]) -> None:
    assert vectors["number"]["text"] == "云发改〔2026〕12号"


def test_c9_the_list_of_what_pages_may_be_set_with(vectors: dict[str, Any]) -> None:
    vector = vectors["page_settings"]
    lines = [
        f"{each['template'].hex()} {each['fonts'].hex()} {each['engine']}" for each in vector["settings"]
    ]
    value = {"kind": "page_settings", "id": "pgs_" + "a" * 26, "settings": sorted(lines)}
    assert cbor2.dumps(value, canonical=True) == vector["entry"]
    entry = parse_entry(vector["entry"])
    assert isinstance(entry, PageSettings)
    assert entry.id == PAGE_SETTINGS_ID
    assert entry.listed == {Setting(**each) for each in vector["settings"]}


def test_where_trust_in_updates_begins(vectors: dict[str, Any]) -> None:
    vector = vectors["update_root"]
    value = {"kind": "update_root", "id": "sit_" + "a" * 25 + "i", "root": vector["root"]}
    assert cbor2.dumps(value, canonical=True) == vector["entry"]
    entry = parse_entry(vector["entry"])
    assert isinstance(entry, UpdateRoot)
    assert entry.root == vector["root"]


def test_c13_a_receipt_names_the_check_that_was_made(vectors: dict[str, Any]) -> None:
    vector = vectors["receipt_naming_its_check"]
    _check_signed(vector, vector["spki"], vector["certificate"])
    entry = DocumentEntry.parse(Signed.parse(vector["bytes"]).value(), SHIPPED)
    assert entry.hidden.keys() == {"remark", "page_check"}
    context = ContentContext(entry.object, "receive", entry.actor)
    opened = open_content(SecretKey(vector["key"]), context, vector["ciphertext"], entry.hidden)
    assert opened == vector["fields"]
