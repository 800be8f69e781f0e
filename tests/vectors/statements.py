"""Vectors of what dates the directory log (C45): the CA's statements in both forms, the policy, a co-signature, what is compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.messaging.key_comparison import log_fingerprint
from protocol.crypto import cbor
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, sign
from protocol.directory.cosignatures import Checkpoint, Witness, cosign, origin_of
from protocol.directory.log import OrganisationRoot, RevocationList
from protocol.directory.organisation import LOG_POLICY_ID, LogPolicy

AT = 1_795_000_000_000
_DAY_MS = 24 * 3600 * 1000


def statements(entropy: Callable[[int], bytes]) -> dict[str, Any]:
    """Signed snapshots' roots and revocation lists, as they were first and as they name the log."""
    key, certificate = SigningKey.generate(), b"the DER of the issuing CA"
    root, log_root = hashlib.sha256(b"snapshot").digest(), hashlib.sha256(b"log").digest()
    revoked = [{"cert": entropy(32), "device": None, "reason": "lost", "at": AT}]
    named: dict[str, Any] = {"log_size": 41, "log_root": log_root}
    forms = {
        "organisation": OrganisationRoot(7, root, 12, None, AT, AT + 30 * _DAY_MS),
        "organisation_dated": OrganisationRoot(8, root, 12, root, AT, AT + 30 * _DAY_MS, **named),
        "revocations": RevocationList(3, revoked, AT, AT + 7 * _DAY_MS),
        "revocations_dated": RevocationList(4, revoked, AT, AT + 7 * _DAY_MS, **named),
    }
    made = {}
    for name, form in forms.items():
        kind = (
            SignedType.ORGANISATION_ROOT if isinstance(form, OrganisationRoot) else SignedType.REVOCATION_LIST
        )
        signed = sign(key, hashlib.sha256(certificate).digest(), kind, form.value())
        made[name] = {
            "type": int(kind),
            "payload": form.value(),
            "bytes": signed.to_bytes(),
            "entry_id": signed.entry_id,
        }
    return {"spki": key.public_spki, "certificate": certificate, "forms": made}


def witnesses(entropy: Callable[[int], bytes]) -> dict[str, Any]:
    """A verifier key, the policy that lists it, and its word for a checkpoint; Ed25519 gives one signature only."""
    seed, log_spki = entropy(32), b"the SPKI of the log's key"
    key, name = Ed25519PrivateKey.from_private_bytes(seed), "audit.example"
    verifier = Witness(name, key.public_key().public_bytes_raw()).verifier
    checkpoint = Checkpoint(origin_of(log_spki), 41, hashlib.sha256(b"log").digest())
    said = cosign(key, name, checkpoint, AT // 1000)
    policy = LogPolicy(LOG_POLICY_ID, 30, (verifier,), 1, 24)
    return {
        "seed": seed,
        "log_spki": log_spki,
        "verifier": verifier,
        "witness": said.witness,
        "size": said.size,
        "root": said.root,
        "at": said.at_s,
        "checkpoint": checkpoint.text,
        "signature": said.signature,
        "policy": cbor.decode(policy.to_bytes()),
        "policy_bytes": policy.to_bytes(),
        "compared": log_fingerprint(checkpoint.origin, checkpoint.size, checkpoint.root),
    }
