"""Attacks on the ledger of numbers (C12) and on the line of it that comes with an entry."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Callable

from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.security.desk import CLERK, Blow, Desk
from tests.security.malicious_server import Json
from tests.security.on_entries import id_of
from tests.security.tricks import LEDGER, Attack, trick
from tests.support.document_town import body, made, person
from tests.support.small_city import Device, b64

CONFLICT = ErrorCode.NUMBERS_CONFLICT
Lines = list[str]


async def numbering(desk: Desk, lie: Callable[[Lines], Lines]) -> Blow:
    """The victim takes a number from a ledger of three lines at least, which is shown otherwise."""
    # One is always new: the last one there may be of a lie the victim held, and then he has not read it.
    desk.case().until(Phase.SEALING)
    while desk.numbers() < 3:
        desk.case().until(Phase.SEALING)
    case = desk.case()
    case.until(Phase.NUMBERING)
    await desk.follow()
    desk.face.lie("/documents/numbers$", lambda reply: {"entries": lie(reply["entries"])})
    pen, post = await desk.pen(case)
    return Blow(lambda: desk.documents.issuance.number(pen, post, None))


def signed_anew(line: str, by: Device, **changes: object) -> str:
    value = Signed.parse(base64.b64decode(line)).value() | changes
    return b64(by.signed(SignedType.NUMBER_ENTRY, value).to_bytes())


@trick(LEDGER, Attack.FORGED, ErrorCode.SIGNATURE_INVALID, held=False)
async def the_last_line_is_signed_by_another_key(desk: Desk) -> Blow:
    forger = dataclasses.replace(desk.city.devices[CLERK], key=SigningKey.generate())
    return await numbering(desk, lambda lines: [*lines[:-1], signed_anew(lines[-1], forger)])


@trick(LEDGER, Attack.FORGED, ErrorCode.CERTIFICATE_UNKNOWN, held=False)
async def the_last_line_is_signed_by_a_device_nobody_knows(desk: Desk) -> Blow:
    unknown = desk.city.ca.device(person(CLERK))
    return await numbering(desk, lambda lines: [*lines[:-1], signed_anew(lines[-1], unknown)])


@trick(LEDGER, Attack.SWAPPED, CONFLICT, held=False)
async def the_ledger_goes_on_with_the_line_of_another_body(desk: Desk) -> Blow:
    other = desk.city.devices["finance.drafter"]

    def swap(lines: Lines) -> Lines:
        last = Signed.parse(base64.b64decode(lines[-1]))
        following = {"n": last.value()["n"] + 1, "previous": last.entry_id}
        return [*lines, signed_anew(lines[0], other, body=body("finance"), code="云finance", **following)]

    return await numbering(desk, swap)


@trick(LEDGER, Attack.SWAPPED, ErrorCode.DOCUMENTS_HEAD_FIELD)
async def a_second_line_for_the_same_number_comes_with_an_entry(desk: Desk) -> Blow:
    case = desk.case()
    case.until(Phase.NUMBERING)
    await desk.follow()
    numbered = case.do(Step.NUMBER)
    device, later = desk.city.devices[CLERK], desk.city.clock.now + 1
    desk.tell(lambda record: record | {"number_entry": signed_anew(record["number_entry"], device, at=later)})
    return Blow(desk.follow, [numbered.id])


@trick(LEDGER, Attack.INJECTED, ErrorCode.DOCUMENTS_HEAD_FIELD)
async def a_colluding_clerk_names_the_line_of_another_case(desk: Desk) -> Blow:
    case = desk.case()
    case.until(Phase.NUMBERING)
    await desk.follow()
    before = desk.record(case)
    line = case.line(CLERK, case=made(IdKind.CASE, "another"))
    record = desk.accepted(case.request(Step.NUMBER, line=line), before)
    case.do(Step.OPINION)
    desk.replace(record)
    return Blow(desk.follow, [id_of(record)])


@trick(LEDGER, Attack.SWAPPED, ErrorCode.DOCUMENTS_HEAD_FIELD)
async def the_line_of_another_case_comes_with_an_entry(desk: Desk) -> Blow:
    case = desk.case()
    case.until(Phase.NUMBERING)
    await desk.follow()
    numbered = case.do(Step.NUMBER)

    def swap(record: Json) -> Json:
        device = desk.city.devices[CLERK]
        line = signed_anew(record["number_entry"], device, case=made(IdKind.CASE, "another"))
        return record | {"number_entry": line}

    desk.tell(swap)
    return Blow(desk.follow, [numbered.id])


@trick(LEDGER, Attack.WITHHELD, ErrorCode.DOCUMENTS_HEAD_FIELD)
async def a_number_is_shown_without_its_line(desk: Desk) -> Blow:
    case = desk.case()
    case.until(Phase.NUMBERING)
    await desk.follow()
    numbered = case.do(Step.NUMBER)
    desk.tell(lambda record: record | {"number_entry": None})
    return Blow(desk.follow, [numbered.id])


@trick(LEDGER, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def the_line_with_an_entry_is_signed_by_another_key(desk: Desk) -> Blow:
    case = desk.case()
    case.until(Phase.NUMBERING)
    await desk.follow()
    numbered = case.do(Step.NUMBER)
    forger = dataclasses.replace(desk.city.devices[CLERK], key=SigningKey.generate())
    desk.tell(lambda record: record | {"number_entry": signed_anew(record["number_entry"], forger)})
    return Blow(desk.follow, [numbered.id])


@trick(LEDGER, Attack.INJECTED, ErrorCode.DOCUMENTS_HEAD_FIELD)
async def a_line_comes_with_an_entry_that_takes_no_number(desk: Desk) -> Blow:
    case = desk.case()
    case.until(Phase.NUMBERING)
    await desk.follow()
    remark = case.do(Step.OPINION)
    line = case.line(CLERK)
    desk.tell(lambda record: record | {"number_entry": b64(line.to_bytes())})
    return Blow(desk.follow, [remark.id])


@trick(LEDGER, Attack.INJECTED, CONFLICT, held=False)
async def a_line_stands_in_the_ledger_twice(desk: Desk) -> Blow:
    return await numbering(desk, lambda lines: [*lines, lines[-1]])


@trick(LEDGER, Attack.WITHHELD, CONFLICT, held=False)
async def a_line_in_the_middle_is_left_out(desk: Desk) -> Blow:
    return await numbering(desk, lambda lines: [*lines[:-2], lines[-1]])


@trick(LEDGER, Attack.SPLIT_VIEW, CONFLICT, held=False)
async def another_line_stands_under_a_number_the_victim_has_read(desk: Desk) -> Blow:
    device = desk.city.devices[CLERK]

    def other(lines: Lines) -> Lines:
        return [*lines[:-1], signed_anew(lines[-1], device, case=made(IdKind.CASE, "another"))]

    return await numbering(desk, other)


@trick(LEDGER, Attack.ROLLBACK, CONFLICT, held=False)
async def the_ledger_is_shown_without_its_last_line(desk: Desk) -> Blow:
    return await numbering(desk, lambda lines: lines[:-1])


@trick(LEDGER, Attack.REPLAY, CONFLICT, held=False)
async def the_ledger_of_yesterday_is_shown_again(desk: Desk) -> Blow:
    return await numbering(desk, lambda lines: lines[:1])


@trick(LEDGER, Attack.REORDERED, CONFLICT, held=False)
async def two_lines_change_places(desk: Desk) -> Blow:
    return await numbering(desk, lambda lines: [*lines[:-2], lines[-1], lines[-2]])
