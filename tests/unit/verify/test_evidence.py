"""C3, C5, C9, C12: what an extract must prove, and the sign-offs that were nobody's to give."""

from __future__ import annotations

import random
from dataclasses import fields, replace
from typing import Any

import pytest

from client.verify.evidence import shanghai_day
from client.verify.extract import Extract
from protocol.cases.procedure import ProcedureReference
from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.documents.dispatch import VERSIONS
from protocol.documents.model import Label
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from tests.support.sealed_document import SealedCity, city, elements_of, setter
from tests.support.sealed_organisation import (
    CLERK,
    CLERK_POST,
    FINANCE,
    FINANCE_POST,
    LENT,
    LENT_TOO_LITTLE,
    OTHER_CASE,
    READER,
    READER_POST,
    RECEIVED_AT,
    SEALED_AT,
    SIGNED_AT,
    SIGNED_ON,
    STRANGER,
)
from tests.unit.verify.judging import ELEMENTS, acted, judge, refusal, right


def test_a_right_extract_names_who_signed_off_and_who_sealed() -> None:
    evidence = judge(right())
    assert (evidence.signer.name, evidence.signer_post.name, evidence.issuer.name) == (
        "周正",
        "主任",
        "锦川市发展和改革委员会",
    )
    assert (evidence.keeper.name, evidence.received_at_ms) == ("王芳", RECEIVED_AT)


def test_the_legal_date_is_the_date_in_china() -> None:
    assert shanghai_day(SIGNED_AT) == SIGNED_ON
    assert shanghai_day(SIGNED_AT - 11 * 60_000).day == SIGNED_ON.day - 1


def test_he_may_sign_for_another_under_a_delegation() -> None:
    assert judge(acted(actor=READER, delegation=LENT)).signer.name == "李明"


def test_a_sign_off_under_a_later_version_of_the_procedure_proves_as_much() -> None:
    for version in VERSIONS[1:]:
        assert judge(acted(procedure=version.reference)).signer.name == "周正"


def test_a_sign_off_under_rules_this_program_lacks_is_neither_proved_nor_refused() -> None:
    later = ProcedureReference("dispatch", 99, b"h" * 32)
    assert refusal(acted(procedure=later))[0] is ErrorCode.VERIFY_NEWER_NEEDED


def test_a_number_may_be_reserved_still() -> None:
    number = city().number(state="reserved", reserved_until=SEALED_AT)
    judge(replace(right(), number_entry=number.to_bytes()))


@pytest.mark.parametrize(
    ("changes", "code", "reason"),
    [
        ({"post": READER_POST, "actor": READER}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"actor": READER}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"actor": READER, "delegation": LENT_TOO_LITTLE}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"delegation": LENT}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "sign"),
        ({"post": FINANCE_POST, "actor": STRANGER}, ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED, "other_body"),
        (
            {"post": FINANCE_POST, "actor": STRANGER, "body": FINANCE},
            ErrorCode.VERIFY_SIGNER_NOT_AUTHORISED,
            "other_body",
        ),
        ({"org_seq": 8}, ErrorCode.VERIFY_ORGANISATION_UNPROVED, "outdated"),
        ({"object": OTHER_CASE}, ErrorCode.VERIFY_SIGN_OFF_INVALID, "entry"),
        ({"signed_at": SIGNED_AT - 11 * 60_000}, ErrorCode.VERIFY_DATE_MISMATCH, "signed_on"),
        ({"signed_at": RECEIVED_AT + 6 * 60_000}, ErrorCode.VERIFY_DATE_MISMATCH, "received_before"),
        ({"signed_at": 0}, ErrorCode.VERIFY_SIGN_OFF_INVALID, "certificate"),
        ({"signed_at": (1 << 63) - 1}, ErrorCode.VERIFY_SIGN_OFF_INVALID, "certificate"),
    ],
)
def test_a_sign_off_that_was_not_his_to_give_is_refused(
    changes: dict[str, Any], code: ErrorCode, reason: str
) -> None:
    assert refusal(acted(**changes)) == (code, reason)


def test_another_s_device_cannot_sign_in_his_name() -> None:
    other = city().devices[READER]
    extract = replace(acted(hand=other), sign_off_certificate=other.certificate)
    assert refusal(extract) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "person")


def test_the_certificate_must_be_the_one_that_signed() -> None:
    extract = replace(right(), sign_off_certificate=city().devices[CLERK].certificate)
    assert refusal(extract) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "certificate")


def test_no_other_step_is_a_sign_off() -> None:
    head = {"next": CLERK_POST}
    extract = acted(step=Step.VET_PASS, head=head)
    assert refusal(extract) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "step")


def test_a_bent_signature_is_refused() -> None:
    signed = bytearray(right().sign_off)
    signed[40] ^= 1
    assert refusal(replace(right(), sign_off=bytes(signed))) == (
        ErrorCode.VERIFY_SIGN_OFF_INVALID,
        "signature",
    )


def test_what_the_signer_showed_must_be_what_he_signed() -> None:
    head = city().sign_off(ELEMENTS).value()["head"] | {"label": Label.INTERNAL.value}
    assert refusal(acted(head=head)) == (ErrorCode.VERIFY_SIGN_OFF_INVALID, "header")


def test_the_extract_of_another_document_is_named_as_that() -> None:
    other = city().extract(elements_of("关于另一件事的通知"), setter=setter())
    assert refusal(other)[0] is ErrorCode.VERIFY_EXTRACT_SWAPPED


def test_an_extract_of_another_city_is_foreign() -> None:
    other = SealedCity()
    extract = other.extract(ELEMENTS, setter=setter())
    assert refusal(extract) == (ErrorCode.VERIFY_FOREIGN_ROOT, "issuing")


def test_the_log_key_may_be_certified_anew_between_the_sign_off_and_the_seal() -> None:
    ca, key = city().ca, city().log.key
    renewed = certificates.make_log(ca.key, city().issuing, key.public_spki, at_ms=SEALED_AT)
    with pytest.raises(JinshuError):
        certificates.verify_chain(
            renewed, city().issuing, city().root, at_ms=RECEIVED_AT, profile=certificates.Profile.LOG
        )
    assert judge(replace(right(), log_certificate=renewed)).received_at_ms == RECEIVED_AT
    other = certificates.make_log(ca.key, city().issuing, SigningKey.generate().public_spki, at_ms=SEALED_AT)
    refused = refusal(replace(right(), log_certificate=other))
    assert refused == (ErrorCode.VERIFY_RECEIPT_INVALID, "log_key")


# What the keeper alone says: the pages must bear it out, or it makes the check weaker and says so.
CLAIMED = {"printed_on", "template", "fonts", "engine"}


def bend(made: Extract, bit: int) -> set[str] | str:
    """The code under which a bent extract is refused, or the fields that changed unnoticed."""
    bent = bytearray(made.to_bytes())
    bent[bit // 8] ^= 1 << bit % 8
    try:
        read = Extract.parse(bytes(bent))
        judge(read)
    except JinshuError as error:
        return error.code.value
    return {field.name for field in fields(Extract) if getattr(read, field.name) != getattr(made, field.name)}


def test_no_bit_of_an_extract_can_be_bent_unless_the_pages_must_bear_it_out() -> None:
    made = right()
    for bit in random.Random(2012).sample(range(8 * len(made.to_bytes())), 1000):
        found = bend(made, bit)
        if isinstance(found, str):
            assert found.startswith("verify."), bit
        else:
            assert found, bit
            assert found <= CLAIMED, bit
