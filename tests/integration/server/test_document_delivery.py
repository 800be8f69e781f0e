"""Numbers, fresh heads, and whom the server tells of what: exactly the readers of an object, from its first entry."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from protocol.cases.receipts import CaseHead, ServerReceipt
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.organisation import ProcedureEntry
from protocol.documents.dispatch import DISPATCH_2
from protocol.documents.numbering import RECEIVED, NumberEntry
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from protocol.features import DISPATCH_2 as FEATURE
from protocol.identifiers import IdKind
from tests.support.document_builder import branch_of, receipt_of
from tests.support.document_city import DocumentCity, LiveCase, refused
from tests.support.document_town import body, digest, made, person, post
from tests.support.small_city import b64

HEAD_FIELD = ErrorCode.DOCUMENTS_HEAD_FIELD
STALE = ErrorCode.DOCUMENTS_CASE_HEAD_STALE
BUREAU = {
    f"bureau.{place}" for place in ("drafter", "head", "office", "leader", "checker", "clerk", "keeper")
}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[DocumentCity]:
    town = DocumentCity(tmp_path)
    yield town
    town.close()


@pytest.fixture
def case(town: DocumentCity) -> LiveCase:
    return LiveCase(town)


def object_of(client: httpx.Client, object_id: str) -> httpx.Response:
    return client.get(f"/documents/objects/{object_id}")


# Numbers


def test_of_two_clerks_the_slower_one_numbers_again(town: DocumentCity, case: LiveCase) -> None:
    other = LiveCase(town, "case 2")
    for each in (case, other):
        each.until(Phase.NUMBERING)
    line = case.line("bureau.clerk")
    case.do(Step.NUMBER, line=line)
    slower = other.line("bureau.clerk", n=12)
    assert other.tries(Step.NUMBER, line=slower) is ErrorCode.NUMBERS_CONFLICT
    for wrong in ({"n": 14}, {"n": 13, "previous": digest("x")}, {"n": 12}):
        again = other.line("bureau.clerk", **{"previous": line.entry_id, **wrong})
        assert other.tries(Step.NUMBER, line=again) is ErrorCode.NUMBERS_CONFLICT
    assert other.file.phase == Phase.NUMBERING
    second = other.line("bureau.clerk", n=13, previous=line.entry_id)
    other.do(Step.NUMBER, line=second)
    query: dict[str, str | int] = {"body": body("bureau"), "code": "云bureau", "year": 2026}
    kept = town.clients["bureau.leader"].get("/documents/numbers", params=query).json()["entries"]
    assert [base64.b64decode(entry) for entry in kept] == [line.to_bytes(), second.to_bytes()]
    assert refused(town.clients["finance.desk"].get("/documents/numbers", params=query)) is (
        ErrorCode.DIRECTORY_NOT_AUTHORISED
    )


def receiving(case: LiveCase, n: int, previous: bytes | None = None, **changes: Any) -> Signed:
    """A line of the finance bureau's register of what it has received."""
    said = {
        "body": body("finance"),
        "code": RECEIVED,
        "n": n,
        "previous": previous,
        "post": post("finance.desk"),
    }
    return case.line("finance.desk", **{**said, **changes})


def test_two_clerks_at_once_give_no_two_receipts_one_number(town: DocumentCity) -> None:
    second = ProcedureEntry(made(IdKind.PROCEDURE, "2"), "dispatch", 2, DISPATCH_2.hash, None, ())
    town.ca.entries[second.id] = second
    town.switch(FEATURE.name)
    cases = [LiveCase(town, f"case {n}", DISPATCH_2) for n in range(2)]
    last: Signed | None = None
    for n, case in enumerate(cases):
        case.until(Phase.NUMBERING)
        before = None if last is None else last.entry_id
        last = case.line("bureau.clerk", n=12 + n, previous=before)
        case.do(Step.NUMBER, line=last)
        case.do(Step.SEAL)
        case.do(Step.DISPATCH, head={"number": NumberEntry.parse(last.value()).text})
        case.do(Step.RECEIVE)
    one, other = cases
    first = receiving(one, 7)
    for wrong in ({"code": "云finance"}, {"year": 2025}, {"body": body("audit")}, {"state": "void"}):
        assert one.tries(Step.REGISTER, line=receiving(one, 7, **wrong)) is HEAD_FIELD, wrong
    one.do(Step.REGISTER, line=first)
    assert one.taken[-1].entry.head["number"] == f"{RECEIVED}〔2026〕7号"
    for slower in (receiving(other, 7), receiving(other, 7, first.entry_id), receiving(other, 8)):
        assert other.tries(Step.REGISTER, line=slower) is ErrorCode.NUMBERS_CONFLICT
    # Figures given outside the ledger, in documents begun before there was one, are passed over.
    other.do(Step.REGISTER, line=receiving(other, 9, first.entry_id))


def test_a_receipt_brings_its_line_in_the_second_version_and_none_in_the_first(
    town: DocumentCity, case: LiveCase
) -> None:
    case.until(Phase.DISPATCHED)
    case.do(Step.RECEIVE)
    request = case.request(Step.REGISTER)
    request["number_entry"] = b64(receiving(case, 1).to_bytes())
    assert case.sends("finance.desk", request) is HEAD_FIELD
    case.do(Step.REGISTER)


def test_a_line_says_what_the_entry_says_and_is_of_the_same_hand(town: DocumentCity, case: LiveCase) -> None:
    case.until(Phase.NUMBERING)
    wrong: list[dict[str, Any]] = [
        {"body": body("finance")},
        {"post": post("bureau.leader")},
        {"case": made(IdKind.CASE, "other")},
        {"case": None},
        {"state": "reserved"},
        {"state": "void"},
        {"year": 2025},
        {"code": "云finance"},
    ]
    for changes in wrong:
        assert case.tries(Step.NUMBER, line=case.line("bureau.clerk", **changes)) is HEAD_FIELD, changes
    right = case.line("bureau.clerk")
    assert case.tries(Step.NUMBER, line=right, head={"number": "云bureau〔2026〕13号"}) is HEAD_FIELD
    assert case.tries(Step.NUMBER, line=right, head={"number_entry": digest("x")}) is HEAD_FIELD
    value = NumberEntry.parse(right.value()).value()
    foreign = town.devices["bureau.leader"].signed(SignedType.NUMBER_ENTRY, value)
    assert case.tries(Step.NUMBER, line=foreign) is HEAD_FIELD
    good = case.request(Step.NUMBER, line=right)
    assert case.sends("bureau.clerk", good | {"number_entry": None}) is HEAD_FIELD
    forged = Signed(right.type, right.cert_hash, bytes(64), right.payload)
    request = good | {"number_entry": b64(forged.to_bytes())}
    assert case.sends("bureau.clerk", request) is ErrorCode.SIGNATURE_INVALID
    assert case.post("bureau.clerk", good).status_code == 200


def test_only_a_number_brings_a_line(case: LiveCase) -> None:
    case.until(Phase.REVIEW)
    request = case.request(Step.OPINION) | {"number_entry": b64(case.line("bureau.office").to_bytes())}
    assert case.sends("bureau.office", request) is HEAD_FIELD


# Fresh heads


@pytest.mark.parametrize(("phase", "step"), [(Phase.SEALING, Step.SEAL), (Phase.DISPATCHING, Step.DISPATCH)])
def test_nobody_seals_or_dispatches_on_a_head_that_is_not_fresh(
    town: DocumentCity, case: LiveCase, phase: Phase, step: Step
) -> None:
    other = LiveCase(town, "case 2")
    other.until(Phase.REVIEW)
    case.until(phase)
    who = "bureau.clerk" if step == Step.DISPATCH else "bureau.keeper"
    old = case.case_head(who)
    foreign = other.case_head("bureau.clerk")
    assert old is not None
    assert foreign is not None
    case.do(Step.OPINION)
    for cited in (old, foreign, digest("made up"), case.taken[-1].id):
        assert case.tries(step, head={"case_head": cited}) is STALE
    case.do(step)


def test_a_withdrawal_nobody_told_the_keeper_of_stops_the_seal(case: LiveCase) -> None:
    case.until(Phase.SEALING)
    before = case.request(Step.SEAL)
    case.do(Step.WITHDRAW)
    assert case.sends("bureau.keeper", before) is ErrorCode.DOCUMENTS_STALE_HEAD
    assert case.tries(Step.SEAL) is ErrorCode.DOCUMENTS_NOT_ALLOWED


def test_only_the_device_that_keeps_the_seal_seals(case: LiveCase) -> None:
    case.until(Phase.SEALING)
    wrong = made(IdKind.SEAL, "another")
    assert case.tries(Step.SEAL, head={"seal": wrong}) is ErrorCode.DOCUMENTS_NOT_AUTHORISED


def test_a_head_echoes_the_nonce_and_may_be_asked_for_twice(town: DocumentCity, case: LiveCase) -> None:
    case.until(Phase.REVIEW)
    nonce = os.urandom(16)
    path = f"/documents/objects/{case.case}/head"
    replies = [town.clients["bureau.head"].post(path, json={"nonce": b64(nonce)}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    for reply in replies:
        head = CaseHead.parse(Signed.parse(base64.b64decode(reply.json()["head"])).value())
        assert head == CaseHead(case.case, 2, sorted(case.line_heads()), nonce, town.clock.now)


# Receipts and reading


def test_receipts_chain_the_entries_of_each_object(town: DocumentCity, case: LiveCase) -> None:
    case.until(Phase.DISPATCHED, consult=(body("finance"),))
    for object_id in (case.case, case.issue, branch_of(body("finance"))):
        entries = object_of(town.clients["bureau.clerk"], object_id).json()["entries"]
        mine = [placed.id for placed in case.taken if placed.entry.object == object_id]
        previous = None
        for n, (record, entry_id) in enumerate(zip(entries, mine, strict=True), start=1):
            receipt = Signed.parse(base64.b64decode(record["receipt"]))
            said = ServerReceipt.parse(receipt.value())
            assert (said.object, said.n, said.entry, said.previous) == (object_id, n, entry_id, previous)
            previous = receipt.entry_id


def test_who_may_not_read_is_not_told_that_it_is_there(town: DocumentCity, case: LiveCase) -> None:
    case.until(Phase.VETTING)
    unknown = ErrorCode.DOCUMENTS_UNKNOWN
    for who in ("finance.desk", "bureau.leader", "audit.desk"):
        client = town.clients[who]
        seen = object_of(client, case.case)
        assert refused(seen) is unknown
        assert seen.json() == object_of(client, made(IdKind.CASE, "none")).json()
        asked = client.post(f"/documents/objects/{case.case}/head", json={"nonce": b64(bytes(16))})
        assert refused(asked) is unknown
    for strange in ("x", "cas_", "..", "%00", "a" * 3000, case.case.upper()):
        refused(object_of(town.clients["bureau.head"], strange))


def test_a_reader_gets_the_wraps_of_his_own_principals_alone(town: DocumentCity, case: LiveCase) -> None:
    case.until(Phase.DISPATCHED)
    own = {"bureau.drafter": {post("bureau.drafter")}, "bureau.clerk": {body("bureau"), post("bureau.clerk")}}
    for who, principals in own.items():
        for object_id in (case.case, case.issue):
            records = object_of(town.clients[who], object_id).json()["entries"]
            got = {WrapRecord.parse(base64.b64decode(w)).principal for r in records for w in r["wraps"]}
            assert got == principals & case.held[object_id]


# Delivery


def test_each_device_gets_what_it_may_read_once_and_from_the_beginning(
    town: DocumentCity, case: LiveCase
) -> None:
    finance, audit = body("finance"), body("audit")
    case.until(Phase.DISPATCHED, consult=(finance,))
    case.do(Step.RECEIVE)
    case.do(Step.RECEIVE, "audit.desk")
    case.do(Step.REGISTER)
    case.do(Step.CLOSE)
    also = {
        case.case: set(),
        branch_of(finance): {"finance.desk"},
        case.issue: {"finance.desk"},  # audit has no key yet
        receipt_of(finance): {"finance.desk"},
        receipt_of(audit): {"audit.desk"},
    }
    for who in town.devices:
        mine = [p.id for p in case.taken if who in BUREAU | also[p.entry.object]]
        got = town.delivered(who)
        assert len(got) == len(set(got)), who
        assert set(got) == set(mine), who
        for object_id in also:
            chain = [p.id for p in case.taken if p.entry.object == object_id and p.id in mine]
            assert [entry for entry in got if entry in chain] == chain, (who, object_id)


def test_a_case_reaches_nobody_before_it_is_passed_to_him(town: DocumentCity, case: LiveCase) -> None:
    drafted = case.do(Step.DRAFT)
    assert town.readers(drafted) == {"bureau.drafter", "bureau.clerk"}
    submitted = case.do(Step.SUBMIT)
    assert (
        town.readers(submitted) == town.readers(drafted) == {"bureau.drafter", "bureau.clerk", "bureau.head"}
    )
    assert town.delivered("bureau.head") == [drafted.id, submitted.id]
    case.do(Step.REVIEW_PASS, head={"consult": [body("finance")]})
    asked = case.ask(body("finance"))
    assert town.delivered("finance.desk") == [asked.id]
    case.do(Step.OPINION)
    case.do(Step.WITHDRAW)
    assert town.delivered("finance.desk") == [asked.id]
    assert town.delivered("bureau.leader") == []


def test_a_recipient_gets_the_issue_when_it_has_a_key_and_from_its_first_entry(
    town: DocumentCity, case: LiveCase
) -> None:
    case.until(Phase.DISPATCHED)
    dispatched = case.find(Step.DISPATCH)
    assert town.delivered("audit.registry") == []
    assert case.tries(Step.RESEAL, wraps=[]) is ErrorCode.KEYS_NO_GENERATION
    town.rotate(body("audit"), "audit.registry")
    assert town.delivered("audit.registry") == []
    resealed = case.do(Step.RESEAL)
    assert town.delivered("audit.registry") == [dispatched.id, resealed.id]
    assert case.tries(Step.RESEAL) is ErrorCode.DOCUMENTS_NOT_ALLOWED


def test_a_new_holder_gets_everything_that_was_sealed_to_his_post(town: DocumentCity, case: LiveCase) -> None:
    case.until(Phase.SIGNING, consult=(body("finance"),))
    before = {who: town.delivered(who) for who in town.devices}
    device, client = town.enrolled(person("bureau.leader"))
    town.devices["new"], town.clients["new"] = device, client
    assert town.delivered("new") == []
    town.rotate(post("bureau.leader"), "bureau.leader", device)
    assert town.delivered("new") == [placed.id for placed in case.taken]
    assert {who: town.delivered(who) for who in before} == before
