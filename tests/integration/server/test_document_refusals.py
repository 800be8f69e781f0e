"""What the server refuses of documents: a stable code, an audit row without content, and nothing changed anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocol.cases.entries import DocumentEntry
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.dispatch import SHIPPED
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.support.document_builder import CASE
from tests.support.document_city import DocumentCity, LiveCase, refused
from tests.support.document_town import DELEGATION, DEPUTY, body, digest, made, person, post
from tests.support.small_city import b64

MINUTE = 60 * 1000
_WRONG: list[Any] = [None, 1, [], {}, "", "!!", "AAAA", [""], ["AAAA"], [1], True]
MALFORMED = ErrorCode.WIRE_MALFORMED
HEAD_FIELD = ErrorCode.DOCUMENTS_HEAD_FIELD
MISMATCH = ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH
UNSIGNED = ErrorCode.KEYS_WRAP_UNSIGNED


@pytest.fixture
def town(tmp_path: Path) -> Iterator[DocumentCity]:
    town = DocumentCity(tmp_path)
    yield town
    town.close()


@pytest.fixture
def case(town: DocumentCity) -> LiveCase:
    """A case that was drafted and submitted."""
    return LiveCase(town).until(Phase.REVIEW)  # type: ignore[return-value]


def signed(case: LiveCase, who: str, request: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The request with another payload, signed anew."""
    value = Signed.parse(base64.b64decode(request["entry"])).value() | changes
    made_anew = case.city.devices[who].signed(SignedType.DOCUMENT_ENTRY, value)
    return request | {"entry": b64(made_anew.to_bytes())}


def test_garbage_changes_nothing_and_breaks_nothing(town: DocumentCity, case: LiveCase) -> None:
    client, kept = town.clients["bureau.head"], town.kept()
    good = case.request(Step.REVIEW_PASS)
    chance = random.Random(20_261_124)
    bodies: list[bytes] = [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 50_000, b'{"entry": 1}']
    for name in good:
        for wrong in _WRONG:
            if (name, wrong) not in (("number_entry", None), ("wraps", [])):
                bodies.append(json.dumps(good | {name: wrong}).encode())
    bodies.append(json.dumps(good | {"more": 1}).encode())
    for _ in range(150):
        entry = bytearray(base64.b64decode(good["entry"]))
        entry[chance.randrange(len(entry))] ^= 1 << chance.randrange(8)
        bodies.append(json.dumps(good | {"entry": b64(bytes(entry))}).encode())
        bodies.append(chance.randbytes(chance.randrange(200)))
    json_type = {"content-type": "application/json"}
    for said in bodies:
        refused(client.post("/documents/entries", content=said, headers=json_type))
    for said in (b"", b"{}", b'{"nonce": ""}', b'{"nonce": "AAAA"}', b'{"nonce": 1}'):
        refused(client.post(f"/documents/objects/{CASE}/head", content=said, headers=json_type))
    assert town.kept() == kept
    assert case.post("bureau.head", good).status_code == 200


@pytest.mark.parametrize(
    ("name", "size"), [("entry", 1 << 19), ("ciphertext", (1 << 20) + 1), ("number_entry", 1 << 15)]
)
def test_what_is_too_large_is_not_read(town: DocumentCity, case: LiveCase, name: str, size: int) -> None:
    kept = town.kept()
    good = case.request(Step.REVIEW_PASS)
    refused(case.post("bureau.head", good | {name: b64(bytes(size))}))
    refused(case.post("bureau.head", good | {"wraps": ["AAAA"] * 2001}))
    refused(case.post("bureau.head", good | {"wraps": [b64(bytes(5000))]}))
    assert town.kept() == kept


def test_a_payload_of_another_shape_is_refused(case: LiveCase) -> None:
    who, good = "bureau.head", case.request(Step.REVIEW_PASS)
    head = {"next": post("bureau.office"), "consult": []}
    wrong: list[tuple[dict[str, Any], ErrorCode]] = [
        ({"v": 2}, MALFORMED),
        ({"more": 1}, MALFORMED),
        ({"step": "approve"}, ErrorCode.CASES_UNKNOWN_STEP),
        ({"step": []}, MALFORMED),
        ({"parents": [b"short"]}, MALFORMED),
        ({"parents": {}}, MALFORMED),
        ({"log_size": -1}, MALFORMED),
        ({"object": body("bureau")}, MALFORMED),
        ({"head": head | {"title": "防汛"}}, HEAD_FIELD),
        ({"head": head | {"label": []}}, HEAD_FIELD),
        ({"head": {}}, HEAD_FIELD),
        ({"head": head | {"label": "绝密"}}, ErrorCode.DOCUMENTS_CLASSIFIED),
        ({"hidden": {"title": digest("title")}}, HEAD_FIELD),
        ({"blobs": ["../secret"]}, MALFORMED),
    ]
    for changes, code in wrong:
        assert case.sends(who, signed(case, who, good, **changes)) is code, changes


def test_an_entry_is_of_the_hand_and_the_person_of_the_session(town: DocumentCity, case: LiveCase) -> None:
    good = case.request(Step.REVIEW_PASS)
    # Somebody else brings it, or it names somebody else, or somebody else signed it.
    assert case.sends("bureau.office", good) is ErrorCode.CERTIFICATE_UNKNOWN
    assert case.tries(Step.REVIEW_PASS, device=town.devices["bureau.office"]) is ErrorCode.CERTIFICATE_UNKNOWN
    assert case.tries(Step.REVIEW_PASS, actor=person("bureau.office")) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    forger = replace(town.devices["bureau.office"], certificate=town.devices["bureau.head"].certificate)
    assert case.tries(Step.REVIEW_PASS, device=forger) is ErrorCode.SIGNATURE_INVALID
    data = Signed.parse(base64.b64decode(good["entry"])).value()
    wrong_type = town.devices["bureau.head"].signed(SignedType.NUMBER_ENTRY, data)
    request = good | {"entry": b64(wrong_type.to_bytes())}
    assert case.sends("bureau.head", request) is ErrorCode.SIGNATURE_WRONG_TYPE


def test_nobody_signs_as_another_who_might(case: LiveCase) -> None:
    case.until(Phase.SIGNING)
    as_deputy = {"actor": DEPUTY, "delegation": DELEGATION}
    assert case.tries(Step.SIGN_OFF, **as_deputy) is ErrorCode.DOCUMENTS_NOT_AUTHORISED
    case.do(Step.SIGN_OFF)


def test_a_lost_device_does_nothing_more(town: DocumentCity, case: LiveCase) -> None:
    good = case.request(Step.REVIEW_PASS)
    town.operate(town.ca.revoke(town.devices["bureau.head"]))
    kept = town.kept()
    refused(case.post("bureau.head", good))
    assert town.kept() == kept


def test_the_ciphertext_is_the_one_that_was_signed(case: LiveCase) -> None:
    good = case.request(Step.REVIEW_PASS)
    for wrong in (os.urandom(80), b"", base64.b64decode(good["ciphertext"]) + b"\0"):
        request = good | {"ciphertext": b64(wrong)}
        assert case.sends("bureau.head", request) is ErrorCode.CONTENT_HEADER_MISMATCH


def test_wraps_are_those_the_entry_signs_for_whom_the_step_asks_for(
    town: DocumentCity, case: LiveCase
) -> None:
    who, step = "bureau.head", Step.REVIEW_PASS
    good = case.request(step)
    entry = DocumentEntry.parse(Signed.parse(base64.b64decode(good["entry"])).value(), SHIPPED)

    def record(principal: str, **changes: Any) -> Any:
        return case.wrapped(entry, who, principal, **changes)

    office, spy = post("bureau.office"), post("finance.desk")
    injected = b64(record(spy).to_bytes())
    assert case.sends(who, good | {"wraps": []}) is UNSIGNED
    assert case.sends(who, good | {"wraps": [*good["wraps"], injected]}) is UNSIGNED
    assert case.sends(who, good | {"wraps": [injected]}) is UNSIGNED
    assert case.sends(who, good | {"wraps": good["wraps"] * 2}) is UNSIGNED
    assert case.sends(who, good | {"wraps": [b64(record(office).to_bytes())]}) is UNSIGNED  # sealed once more
    assert case.tries(step, wraps=[]) is MISMATCH
    assert case.tries(step, wraps=[record(spy)]) is MISMATCH
    assert case.tries(step, wraps=[record(office), record(spy)]) is MISMATCH
    assert case.tries(step, wraps=[record(office), record(office)]) is MISMATCH
    for number in (0, 2, (1 << 64) - 1):
        stale = [record(office, generation=number)]
        assert case.tries(step, wraps=stale) is ErrorCode.KEYS_GENERATION_STALE
    assert case.tries(step, wraps=[record(office, sender=town.devices["bureau.office"].id)]) is UNSIGNED
    assert case.tries(step, wraps=[record(office, object=made(IdKind.CASE, "other"))]) is UNSIGNED


def test_after_a_rotation_only_a_new_key_to_all_goes_on(town: DocumentCity, case: LiveCase) -> None:
    town.rotate(post("bureau.drafter"), "bureau.drafter")
    who, step = "bureau.head", Step.OPINION
    assert case.tries(step, who) is ErrorCode.KEYS_GENERATION_STALE
    first = case.request(step, who, key_commitment=digest("new key"))
    assert len(first["wraps"]) == 3
    fewer = DocumentEntry.parse(Signed.parse(base64.b64decode(first["entry"])).value(), SHIPPED)
    some = [case.wrapped(fewer, who, post("bureau.head"))]
    assert case.tries(step, who, key_commitment=digest("new key"), wraps=some) is MISMATCH
    seen_before = sorted(case.line_heads())
    assert case.post(who, first).status_code == 200
    case.took(first)
    assert case.tries(step, who, parents=seen_before) is ErrorCode.DOCUMENTS_STALE_HEAD
    assert case.tries(step, who, key_commitment=digest("newer")) is ErrorCode.KEYS_COMMITMENT_MISMATCH


def test_a_wrap_of_an_earlier_entry_is_not_used_again(town: DocumentCity, case: LiveCase) -> None:
    who = "bureau.head"
    town.rotate(post("bureau.drafter"), "bureau.drafter")
    entry = DocumentEntry.parse(
        Signed.parse(
            base64.b64decode(case.request(Step.OPINION, who, key_commitment=digest("1"))["entry"])
        ).value(),
        SHIPPED,
    )
    records = [case.wrapped(entry, who, principal) for principal in sorted(case.principals(entry))]
    case.do(Step.OPINION, who, key_commitment=digest("1"), wraps=records)
    town.rotate(post("bureau.drafter"), "bureau.drafter")
    again = [
        case.wrapped(entry, who, old.principal) if old.principal == post("bureau.drafter") else old
        for old in records
    ]
    assert case.tries(Step.OPINION, who, key_commitment=digest("2"), wraps=again) is UNSIGNED
    case.do(Step.OPINION, who, key_commitment=digest("2"))


def test_a_blob_is_there_before_the_entry_that_names_it(town: DocumentCity, case: LiveCase) -> None:
    data = os.urandom(500)
    blob = hashlib.sha256(data).hexdigest()
    assert case.tries(Step.REVIEW_PASS, blobs=[blob]) is ErrorCode.BLOBS_UNKNOWN
    client = town.clients["bureau.head"]
    assert client.post("/blobs", json={"id": blob, "size": len(data)}).status_code == 200
    assert case.tries(Step.REVIEW_PASS, blobs=[blob]) is ErrorCode.BLOBS_UNKNOWN
    assert client.patch(f"/blobs/{blob}", params={"offset": 0}, content=data).status_code == 200
    case.do(Step.REVIEW_PASS, blobs=[blob])


def test_the_same_entry_again_gets_the_same_receipt_and_changes_nothing(
    town: DocumentCity, case: LiveCase
) -> None:
    request = case.request(Step.REVIEW_PASS)
    first = case.post("bureau.head", request).json()
    kept, audited = town.kept(), town.audited()
    town.clock.advance(MINUTE)
    # Signed again it is still the same act.
    for again in (request, signed(case, "bureau.head", request)):
        assert case.post("bureau.head", again).json() == first
    assert town.kept() == kept
    assert town.audited() == audited


def test_an_id_that_is_taken_is_not_taken_again(case: LiveCase) -> None:
    assert case.tries(Step.DRAFT) is ErrorCode.SYNC_ID_REUSED
    assert case.tries(Step.DRAFT, "finance.drafter") is ErrorCode.SYNC_ID_REUSED


def test_who_is_online_has_a_clock_and_who_was_offline_a_past(town: DocumentCity, case: LiveCase) -> None:
    now = town.clock.now
    for at in (now - 5 * MINUTE - 1, now + 5 * MINUTE + 1, 0, (1 << 63) - 1):
        assert case.tries(Step.OPINION, signed_at=at) is ErrorCode.CLOCK_SKEW
    ahead = now + 5 * MINUTE + 1
    assert case.tries(Step.OPINION, signed_at=ahead, offline=True) is ErrorCode.CLOCK_SKEW
    for at in (now - 5 * MINUTE, now + 5 * MINUTE):
        case.do(Step.OPINION, signed_at=at)
    case.do(Step.OPINION, signed_at=now - 90 * 24 * 60 * MINUTE, offline=True)


def test_an_outdated_snapshot_counts_only_offline(town: DocumentCity, case: LiveCase) -> None:
    old = town.ca.org_seq
    town.publish()
    assert case.tries(Step.OPINION, org_seq=old) is ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED
    assert case.tries(Step.OPINION, org_seq=old + 2) is ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED
    case.do(Step.OPINION, org_seq=old, offline=True)


def test_who_saw_another_directory_is_told_so(town: DocumentCity, case: LiveCase) -> None:
    size, root = town.head()
    split = ErrorCode.DIRECTORY_SPLIT_VIEW
    assert case.tries(Step.OPINION, log_size=size + 1, log_root=root) is split
    assert case.tries(Step.OPINION, log_size=(1 << 63) - 1) is split
    assert case.tries(Step.OPINION, log_root=digest("other")) is split
    assert case.tries(Step.OPINION, log_size=size - 1, log_root=root) is split


def test_nothing_is_written_into_a_case_that_is_not_there(town: DocumentCity) -> None:
    case, other = LiveCase(town), LiveCase(town, "case 2")
    other.until(Phase.DISPATCHED)
    unknown = ErrorCode.DOCUMENTS_UNKNOWN
    assert case.tries(Step.SUBMIT, parents=[digest("x")]) is unknown
    assert case.tries(Step.CONSULT_OPEN, parents=[]) is unknown
    assert case.tries(Step.DISPATCH, parents=[]) is unknown
    # An object of one case is not written into under the name of another.
    wrong = case.tries(Step.ANNUL, object=other.issue, parents=sorted(other.line_heads()))
    assert wrong is unknown
