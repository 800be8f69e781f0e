"""Enrolment: only what was made under a live code is signed, once (C2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from protocol.crypto.certificates import Profile, make_csr, verify_chain
from protocol.crypto.keys import SigningKey
from protocol.enrolment import LIFETIME_MS, EnrolmentCode, reply_mac
from protocol.errors import JinshuError
from server_stub.ca.api import EnrolmentRequest
from server_stub.ca.faults import CaError
from server_stub.ca.state import CodeState
from tests.unit.ca.conftest import Device, Office

_OTHER: Final = EnrolmentCode(bytes(16), bytes(16), bytes(32))


def _code(office: Office) -> EnrolmentCode:
    code, _ = office.enrolment.new_code(office.state, office.register.person("发改委文书").id)
    return code


def test_a_device_gets_a_certificate_for_the_person_of_its_code(office: Office) -> None:
    code, device, head = _code(office), Device(), office.head()
    record = office.enrolment.sign(
        office.state, office.enrolment.check(office.state, device.request(code)), head
    )
    facts = verify_chain(
        record.certificate,
        office.issuer.issuing.certificate,
        office.issuer.root_certificate,
        at_ms=office.now,
        profile=Profile.DEVICE,
    )
    assert (facts.person, facts.device) == (office.register.person("发改委文书").id, device.id)
    assert facts.spki == device.key.public_spki


def test_the_device_can_check_the_answer(office: Office) -> None:
    code, device, head = _code(office), Device(), office.head()
    request = device.request(code)
    office.enrolment.sign(office.state, office.enrolment.check(office.state, request), head)
    answer = office.enrolment.pending_answer(office.state, request)
    assert answer is not None
    root = office.issuer.root_certificate
    assert answer.mac == reply_mac(code.secret, answer.certificate, head.entry_id, root)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda request: replace(request, mac=bytes(32)),
        lambda request: replace(request, mac=b""),
        lambda request: replace(request, csr=make_csr(SigningKey.generate(), "thief")),
        lambda request: replace(request, bundle_fields=Device().request(_OTHER).bundle_fields),
    ],
    ids=["wrong mac", "no mac", "another key", "another bundle"],
)
def test_what_was_not_made_under_the_code_is_refused_and_burns_it(
    office: Office, spoil: Callable[[EnrolmentRequest], EnrolmentRequest]
) -> None:
    code, device = _code(office), Device()
    with pytest.raises(CaError, match="MAC"):
        office.enrolment.check(office.state, spoil(device.request(code)))
    assert office.journal.lines()[-1].act == "refused"
    with pytest.raises(CaError, match="refused"):
        office.enrolment.check(office.state, device.request(code))
    assert office.state.devices == []


def test_a_code_is_used_once(office: Office) -> None:
    code = _code(office)
    office.enrolment.sign(
        office.state, office.enrolment.check(office.state, Device().request(code)), office.head()
    )
    with pytest.raises(CaError, match="spent"):
        office.enrolment.check(office.state, Device().request(code))


def test_a_code_ends_after_seven_days(office: Office) -> None:
    code = _code(office)
    office.now += LIFETIME_MS
    with pytest.raises(CaError, match="expired"):
        office.enrolment.check(office.state, Device().request(code))


def test_a_code_never_given_out_is_refused(office: Office) -> None:
    with pytest.raises(CaError, match="not issued here"):
        office.enrolment.check(office.state, Device().request(_OTHER))


def test_a_device_id_enrols_once(office: Office) -> None:
    device = office.enrolled("发改委文书")
    with pytest.raises(CaError, match="enrolled already"):
        office.enrolment.check(office.state, device.request(_code(office)))


def test_the_secret_is_sealed_at_rest_and_gone_once_spent(office: Office) -> None:
    code = _code(office)
    assert code.secret not in office.state.codes[0].sealed_secret
    office.enrolment.sign(
        office.state, office.enrolment.check(office.state, Device().request(code)), office.head()
    )
    assert office.state.codes[0].state is CodeState.SPENT
    assert office.state.codes[0].sealed_secret == b""


def test_a_head_of_another_log_key_is_refused(office: Office) -> None:
    certificate = office.log_certificate()
    office.log_key = SigningKey.generate()
    with pytest.raises(JinshuError):
        office.enrolment.verify_head(office.head(), certificate)
