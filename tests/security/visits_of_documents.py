"""Entries the honest server must refuse (C8–C13), each right in all but one thing; `town` is a whole city, shared by all."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx

from protocol.cases.entries import DocumentEntry
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.dispatch import SHIPPED
from protocol.documents.numbering import NumberEntry
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind
from tests.support.document_builder import WHO
from tests.support.document_city import DocumentCity
from tests.support.document_town import digest, made, person, post
from tests.support.open_case import NumberedCase
from tests.support.small_city import HOUR_MS, b64


@dataclass(frozen=True)
class Delivery:
    """What is brought to the server, and the code it must answer."""

    code: ErrorCode
    bring: Callable[[NumberedCase], httpx.Response]

    @property
    def name(self) -> str:
        return self.bring.__name__

    def run(self, town: DocumentCity) -> None:
        """Bring it, in a case of its own.

        Raises:
            JinshuError: what the server answered.
        """
        name = "case " + os.urandom(8).hex()
        reply = self.bring(NumberedCase(town, name))
        if reply.status_code >= 400:
            raise JinshuError(ErrorCode(reply.json()["code"]))


DELIVERIES: list[Delivery] = []
Bring = Callable[[NumberedCase], httpx.Response]


def refused(code: ErrorCode) -> Callable[[Bring], Bring]:
    def enter(bring: Bring) -> Bring:
        DELIVERIES.append(Delivery(code, bring))
        return bring

    return enter


def send(case: NumberedCase, step: Step, who: str | None = None, **said: Any) -> httpx.Response:
    return case.post(who or WHO[step], case.request(step, who, **said))


def opinion(case: NumberedCase, **said: Any) -> httpx.Response:
    """A remark in a case under review."""
    case.until(Phase.REVIEW)
    return send(case, Step.OPINION, "bureau.head", **said)


# Hand and person


@refused(ErrorCode.CERTIFICATE_UNKNOWN)
def an_entry_is_brought_by_another_device_of_the_same_person(case: NumberedCase) -> httpx.Response:
    case.until(Phase.REVIEW)
    _, other = case.city.enrolled(person("bureau.head"))
    return other.post("/documents/entries", json=case.request(Step.OPINION, "bureau.head"))


@refused(ErrorCode.SIGNATURE_INVALID)
def an_entry_is_signed_by_another_key(case: NumberedCase) -> httpx.Response:
    forger = replace(case.city.devices["bureau.head"], key=SigningKey.generate())
    return opinion(case, device=forger)


@refused(ErrorCode.DOCUMENTS_NOT_AUTHORISED)
def a_device_writes_in_another_persons_name(case: NumberedCase) -> httpx.Response:
    return opinion(case, actor=person("bureau.office"), post=post("bureau.office"))


@refused(ErrorCode.DOCUMENTS_NOT_AUTHORISED)
def a_person_writes_in_anothers_post(case: NumberedCase) -> httpx.Response:
    return opinion(case, post=post("bureau.office"))


@refused(ErrorCode.CLOCK_SKEW)
def an_online_act_is_of_yesterday(case: NumberedCase) -> httpx.Response:
    return opinion(case, signed_at=case.city.clock.now - 24 * HOUR_MS)


@refused(ErrorCode.DIRECTORY_SPLIT_VIEW)
def an_author_saw_another_directory(case: NumberedCase) -> httpx.Response:
    return opinion(case, log_root=digest("another log"))


# What belongs to an entry


@refused(ErrorCode.FEATURES_NOT_SWITCHED_ON)
def a_content_is_padded_where_nobody_switched_it_on(case: NumberedCase) -> httpx.Response:
    case.until(Phase.REVIEW)
    request = case.request(Step.OPINION, "bureau.head")
    ciphertext = b"\x81" + os.urandom(12 + 512 + 16)
    value = Signed.parse(base64.b64decode(request["entry"])).value()
    value |= {"content": hashlib.sha256(ciphertext).digest()}
    entry = case.city.devices["bureau.head"].signed(SignedType.DOCUMENT_ENTRY, value)
    return case.post("bureau.head", request | {"entry": b64(entry.to_bytes()), "ciphertext": b64(ciphertext)})


@refused(ErrorCode.CONTENT_HEADER_MISMATCH)
def a_ciphertext_is_another_than_was_signed(case: NumberedCase) -> httpx.Response:
    case.until(Phase.REVIEW)
    request = case.request(Step.OPINION, "bureau.head")
    return case.post("bureau.head", request | {"ciphertext": b64(os.urandom(80))})


@refused(ErrorCode.DOCUMENTS_WRONG_PARENTS)
def an_entry_follows_what_the_server_never_had(case: NumberedCase) -> httpx.Response:
    return opinion(case, parents=[digest("nothing")])


@refused(ErrorCode.DOCUMENTS_UNKNOWN)
def somebody_is_consulted_in_a_case_that_is_not_there(case: NumberedCase) -> httpx.Response:
    branch = made(IdKind.BRANCH, os.urandom(8).hex())
    return send(case, Step.CONSULT_OPEN, object=branch, parents=[])


@refused(ErrorCode.BLOBS_UNKNOWN)
def an_attachment_was_never_sent(case: NumberedCase) -> httpx.Response:
    return opinion(case, blobs=[hashlib.sha256(os.urandom(8)).hexdigest()])


@refused(ErrorCode.KEYS_WRAP_UNSIGNED)
def a_wrap_comes_along_that_nobody_signed(case: NumberedCase) -> httpx.Response:
    case.until(Phase.REVIEW)
    request = case.request(Step.REVIEW_PASS)
    entry = DocumentEntry.parse(Signed.parse(base64.b64decode(request["entry"])).value(), SHIPPED)
    ghost = case.wrapped(entry, "bureau.head", post("finance.desk"))
    return case.post("bureau.head", request | {"wraps": [*request["wraps"], b64(ghost.to_bytes())]})


@refused(ErrorCode.KEYS_WRAP_UNSIGNED)
def a_wrap_of_an_earlier_entry_is_signed_again(case: NumberedCase) -> httpx.Response:
    case.until(Phase.REVIEW)
    who, rotated = "bureau.head", post("bureau.drafter")
    case.city.rotate(rotated, "bureau.drafter")
    entry = case.entry(Step.OPINION, who, key_commitment=digest("1"))
    records = [case.wrapped(entry, who, principal) for principal in sorted(case.principals(entry))]
    case.do(Step.OPINION, who, key_commitment=digest("1"), wraps=records)
    case.city.rotate(rotated, "bureau.drafter")
    again = [case.wrapped(entry, who, rotated) if old.principal == rotated else old for old in records]
    return send(case, Step.OPINION, who, key_commitment=digest("2"), wraps=again)


# Numbers, seals and fresh heads


@refused(ErrorCode.DOCUMENTS_HEAD_FIELD)
def a_number_comes_without_its_line(case: NumberedCase) -> httpx.Response:
    case.until(Phase.NUMBERING)
    return case.post("bureau.clerk", case.request(Step.NUMBER) | {"number_entry": None})


@refused(ErrorCode.SIGNATURE_INVALID)
def a_line_is_signed_by_another_key(case: NumberedCase) -> httpx.Response:
    case.until(Phase.NUMBERING)
    line = case.line("bureau.clerk")
    forger = replace(case.city.devices["bureau.clerk"], key=SigningKey.generate())
    return send(case, Step.NUMBER, line=forger.signed(SignedType.NUMBER_ENTRY, line.value()))


@refused(ErrorCode.DOCUMENTS_HEAD_FIELD)
def a_line_is_of_another_case(case: NumberedCase) -> httpx.Response:
    case.until(Phase.NUMBERING)
    line = case.line("bureau.clerk", case=made(IdKind.CASE, "another"))
    return send(case, Step.NUMBER, line=line)


@refused(ErrorCode.DOCUMENTS_HEAD_FIELD)
def an_entry_shows_another_number_than_its_line(case: NumberedCase) -> httpx.Response:
    case.until(Phase.NUMBERING)
    return send(case, Step.NUMBER, head={"number": "云bureau〔2026〕99号"})


@refused(ErrorCode.DOCUMENTS_HEAD_FIELD)
def a_line_is_of_another_year(case: NumberedCase) -> httpx.Response:
    case.until(Phase.NUMBERING)
    line = case.line("bureau.clerk", year=2025, previous=None)
    return send(case, Step.NUMBER, line=line)


@refused(ErrorCode.NUMBERS_CONFLICT)
def a_number_of_the_ledger_is_left_out(case: NumberedCase) -> httpx.Response:
    case.until(Phase.NUMBERING)
    case.do(Step.NUMBER)
    other = NumberedCase(case.city, "case " + os.urandom(8).hex())
    other.until(Phase.NUMBERING)
    n = NumberEntry.parse(other.line("bureau.clerk").value()).n
    return send(other, Step.NUMBER, line=other.line("bureau.clerk", n=n + 1))


@refused(ErrorCode.DOCUMENTS_CASE_HEAD_STALE)
def a_seal_is_set_by_a_head_from_before_the_last_remark(case: NumberedCase) -> httpx.Response:
    case.until(Phase.SEALING)
    before = case.case_head("bureau.keeper")
    case.do(Step.OPINION)
    return send(case, Step.SEAL, head={"case_head": before})


@refused(ErrorCode.DOCUMENTS_CASE_HEAD_STALE)
def a_seal_is_set_by_a_head_the_server_never_gave(case: NumberedCase) -> httpx.Response:
    case.until(Phase.SEALING)
    return send(case, Step.SEAL, head={"case_head": digest("a head of its own making")})


@refused(ErrorCode.DOCUMENTS_NOT_AUTHORISED)
def a_seal_is_set_that_the_device_does_not_keep(case: NumberedCase) -> httpx.Response:
    case.until(Phase.SEALING)
    return send(case, Step.SEAL, head={"seal": made(IdKind.SEAL, "another")})
