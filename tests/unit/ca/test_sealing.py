"""A seal certificate goes to a keeper's own enrolled device, and to nobody else (C5)."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from protocol.crypto.certificates import (
    Profile,
    csr_to_be_signed,
    csr_with_signature,
    make_csr,
    public_key_of,
    verify_chain,
)
from protocol.crypto.keys import SigningKey
from protocol.identifiers import IdKind
from server_stub.ca.api import SealRequest
from server_stub.ca.faults import CaError
from server_stub.ca.identifiers import fresh_id
from server_stub.ca.state import RevocationRecord
from tests.unit.ca.conftest import Office


def _request(office: Office, body: str, device: str, key: SigningKey) -> SealRequest:
    csr = make_csr(key, "seal")
    owner = next((item.person for item in office.state.devices if item.device == device), "")
    return SealRequest(hashlib.sha256(csr).hexdigest(), csr, office.register.body(body).id, device, owner)


def test_a_keeper_gets_the_seal_of_his_body(office: Office) -> None:
    device, key = office.enrolled("发改委文书"), SigningKey.generate()
    record = office.seals.sign(
        office.state, office.seals.check(office.state, _request(office, "fgw", device.id, key))
    )
    facts = verify_chain(
        record.certificate,
        office.issuer.issuing.certificate,
        office.issuer.root_certificate,
        at_ms=office.now,
        profile=Profile.SEAL,
    )
    assert (facts.body, facts.spki) == (office.register.body("fgw").id, key.public_spki)
    assert facts.name == "云江市发展和改革委员会"


def test_the_same_request_is_answered_with_the_same_bytes(office: Office) -> None:
    device = office.enrolled("发改委文书")
    request = _request(office, "fgw", device.id, SigningKey.generate())
    record = office.seals.sign(office.state, office.seals.check(office.state, request))
    assert office.seals.pending_leaf(office.state, request) == record.leaf


@pytest.mark.parametrize(
    ("person", "body"), [("财政局文书", "fgw"), ("财政局文书", "czj"), ("发改委文书", "czj")]
)
def test_one_who_does_not_keep_the_seal_is_refused(office: Office, person: str, body: str) -> None:
    device = office.enrolled(person)
    with pytest.raises(CaError, match="not a keeper"):
        office.seals.check(office.state, _request(office, body, device.id, SigningKey.generate()))


def test_the_servers_word_about_the_person_counts_for_nothing(office: Office) -> None:
    device = office.enrolled("财政局文书")
    request = _request(office, "fgw", device.id, SigningKey.generate())
    lie = SealRequest(
        request.id, request.csr, request.body, request.device, office.register.person("发改委文书").id
    )
    with pytest.raises(CaError, match="not a keeper"):
        office.seals.check(office.state, lie)


def test_an_unknown_or_revoked_device_is_refused(office: Office) -> None:
    with pytest.raises(CaError, match="not enrolled"):
        office.seals.check(
            office.state, _request(office, "fgw", fresh_id(IdKind.DEVICE), SigningKey.generate())
        )
    device = office.enrolled("发改委文书")
    office.state.revocations.append(
        RevocationRecord(
            certificate_hash=office.state.devices[0].certificate_hash, device=device.id, reason="lost", at=1
        )
    )
    with pytest.raises(CaError, match="revoked"):
        office.seals.check(office.state, _request(office, "fgw", device.id, SigningKey.generate()))


def test_a_request_that_was_signed_in_a_token_is_like_any_other(office: Office) -> None:
    """The CA is handed nothing but the request; where its key lies it neither knows nor asks."""
    device, key = office.enrolled("发改委文书"), SigningKey.generate()
    to_be_signed = csr_to_be_signed(key.public_spki, "发改委印章")
    csr = csr_with_signature(to_be_signed, key.sign(to_be_signed))
    request = replace(_request(office, "fgw", device.id, key), csr=csr, id=hashlib.sha256(csr).hexdigest())
    record = office.seals.sign(office.state, office.seals.check(office.state, request))
    assert public_key_of(record.certificate) == key.public_spki
