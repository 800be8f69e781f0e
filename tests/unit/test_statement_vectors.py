"""The frozen bytes of what dates the directory log (C45): the CA's statements in both forms, witnesses, and what people compare."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.messaging.key_comparison import log_fingerprint
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.cosignatures import Cosignature, Witness, origin_of
from protocol.directory.log import OrganisationRoot, RevocationList
from protocol.directory.organisation import LogPolicy, parse_entry
from tests.unit.test_vectors import _check_signed, vectors

__all__ = ["vectors"]  # the fixture

_OLD = {
    "organisation": {"v", "org_seq", "root", "count", "previous", "issued_at", "next_update"},
    "revocations": {"v", "number", "revoked", "issued_at", "next_update"},
}


@pytest.mark.parametrize("form", ["organisation", "organisation_dated", "revocations", "revocations_dated"])
def test_c45_statements_of_both_forms(vectors: dict[str, Any], form: str) -> None:
    common = vectors["statements"]
    vector, kind = common["forms"][form], form.partition("_")[0]
    _check_signed(vector, common["spki"], common["certificate"])
    expected = SignedType.ORGANISATION_ROOT if kind == "organisation" else SignedType.REVOCATION_LIST
    signed = Signed.parse(vector["bytes"], expected)
    verify(signed, common["spki"], expected)
    shape = OrganisationRoot if kind == "organisation" else RevocationList
    parsed = shape.parse(signed.value())
    assert parsed.value() == vector["payload"]
    dated = form.endswith("dated")
    assert parsed.dated is dated
    assert set(vector["payload"]) == _OLD[kind] | ({"log_size", "log_root"} if dated else set())


def test_c45_a_witness_and_its_word(vectors: dict[str, Any]) -> None:
    """C2SP cosignature/v1, recomputed from its own words."""
    vector = vectors["witnesses"]
    key = Ed25519PrivateKey.from_private_bytes(vector["seed"])
    public = key.public_key().public_bytes_raw()
    name, stated, encoded = vector["verifier"].split("+", 2)
    assert base64.b64decode(encoded) == b"\x04" + public
    assert stated == hashlib.sha256(name.encode() + b"\n\x04" + public).digest()[:4].hex()
    assert vector["witness"] == hashlib.sha256(vector["verifier"].encode()).digest()
    origin = f"jinshu/{hashlib.sha256(vector['log_spki']).hexdigest()}"
    body = f"{origin}\n{vector['size']}\n{base64.b64encode(vector['root']).decode()}\n"
    assert vector["checkpoint"] == body
    assert vector["signature"] == key.sign(f"cosignature/v1\ntime {vector['at']}\n{body}".encode())
    said = Cosignature(vector["witness"], vector["size"], vector["root"], vector["at"], vector["signature"])
    assert origin_of(vector["log_spki"]) == origin
    Witness.parse(vector["verifier"]).verify(said, origin)


def test_c45_the_policy_and_what_is_compared(vectors: dict[str, Any]) -> None:
    vector = vectors["witnesses"]
    assert vector["policy_bytes"] == cbor2.dumps(vector["policy"], canonical=True)
    policy = parse_entry(vector["policy_bytes"])
    assert isinstance(policy, LogPolicy)
    assert (policy.grace_days, policy.witnesses, policy.needed) == (30, (vector["verifier"],), 1)
    origin = origin_of(vector["log_spki"])
    compared = {"origin": origin, "size": vector["size"], "root": vector["root"]}
    expected = hashlib.sha256(b"jinshu/compare-log/v1" + cbor2.dumps(compared, canonical=True)).digest()
    assert vector["compared"] == expected == log_fingerprint(origin, vector["size"], vector["root"])
