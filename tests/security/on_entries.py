"""Attacks on document entries (C8–C11): the server hands over what nobody signed, in another place, or keeps it back."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.security.desk import Blow, Desk
from tests.security.malicious_server import Json
from tests.security.tricks import ENTRY, Attack, trick
from tests.support.document_town import digest, person, post
from tests.support.open_case import OpenCase
from tests.support.small_city import Device, b64


def id_of(record: Json) -> bytes:
    return Signed.parse(base64.b64decode(record["entry"])).entry_id


async def reviewed(desk: Desk) -> OpenCase:
    """A case under review that the victim has read."""
    case = desk.case()
    case.until(Phase.REVIEW)
    await desk.follow()
    return case


async def changed(desk: Desk, change: Callable[[Desk, Json], Json]) -> Blow:
    """An honest remark is shown in another way."""
    case = await reviewed(desk)
    remark = case.do(Step.OPINION, "bureau.head")
    desk.tell(lambda record: change(desk, record))
    return Blow(desk.follow, [remark.id])


async def invented(
    desk: Desk, step: Step = Step.OPINION, who: str = "bureau.head", *, facts: Json | None = None, **said: Any
) -> Blow:
    """What a colluding device signed and the honest server would refuse is shown in the place of an honest remark."""
    case = await reviewed(desk)
    before, request = desk.record(case), case.request(step, who, **said)
    record = desk.accepted(request, before, **(facts or {}))
    case.do(Step.OPINION, "bureau.head")
    desk.replace(record)
    return Blow(desk.follow, [id_of(record)])


@trick(ENTRY, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def a_remark_is_signed_by_the_servers_own_key(desk: Desk) -> Blow:
    forger = replace(desk.city.devices["bureau.head"], key=SigningKey.generate())
    return await invented(desk, device=forger)


@trick(ENTRY, Attack.FORGED, ErrorCode.CERTIFICATE_UNKNOWN)
async def a_remark_is_signed_by_a_device_that_is_not_in_the_log(desk: Desk) -> Blow:
    return await invented(desk, device=desk.city.ca.device(person("bureau.head")))


@trick(ENTRY, Attack.FORGED, ErrorCode.CERTIFICATE_UNKNOWN)
async def a_device_writes_in_the_name_of_another_person(desk: Desk) -> Blow:
    return await invented(desk, device=desk.city.devices["bureau.office"])


def revoked(desk: Desk) -> Device:
    device, _ = desk.city.enrolled(person("bureau.head"))
    desk.city.operate(desk.city.ca.revoke(device))
    return device


@trick(ENTRY, Attack.FORGED, ErrorCode.CERTIFICATE_REVOKED)
async def a_revoked_device_goes_on_writing(desk: Desk) -> Blow:
    return await invented(desk, device=revoked(desk))


@trick(ENTRY, Attack.FORGED, ErrorCode.DOCUMENTS_NOT_AUTHORISED)
async def a_colluding_official_writes_in_a_post_that_is_not_his(desk: Desk) -> Blow:
    return await invented(desk, post=post("bureau.office"))


@trick(ENTRY, Attack.SWAPPED, ErrorCode.CONTENT_HEADER_MISMATCH)
async def the_ciphertext_of_another_entry_stands_under_a_signature(desk: Desk) -> Blow:
    return await changed(desk, lambda _desk, record: record | {"ciphertext": b64(os.urandom(80))})


@trick(ENTRY, Attack.SWAPPED, ErrorCode.SIGNATURE_WRONG_TYPE)
async def a_line_of_a_ledger_stands_for_an_entry(desk: Desk) -> Blow:
    def swap(told: Desk, record: Json) -> Json:
        value = Signed.parse(base64.b64decode(record["entry"])).value()
        signed = told.city.devices["bureau.head"].signed(SignedType.NUMBER_ENTRY, value)
        return record | {"entry": b64(signed.to_bytes())}

    return await changed(desk, swap)


@trick(ENTRY, Attack.INJECTED, ErrorCode.DOCUMENTS_WRONG_PARENTS)
async def a_remark_on_something_nobody_has_seen(desk: Desk) -> Blow:
    return await invented(desk, parents=[digest("nothing")])


@trick(ENTRY, Attack.INJECTED, ErrorCode.DOCUMENTS_NOT_ALLOWED)
async def a_case_is_numbered_that_nobody_signed(desk: Desk) -> Blow:
    return await invented(desk, Step.NUMBER, "bureau.clerk")


@trick(ENTRY, Attack.WITHHELD, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def a_remark_is_kept_back_and_the_next_one_shown(desk: Desk) -> Blow:
    case = await reviewed(desk)
    known = desk.record(case)
    hidden = case.do(Step.OPINION, "bureau.head")
    shown = case.do(Step.OPINION, "bureau.head")
    desk.tell(lambda _hidden: known, None)
    return Blow(desk.follow, [hidden.id, shown.id])


@trick(ENTRY, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def an_author_saw_another_directory_than_the_reader(desk: Desk) -> Blow:
    return await invented(desk, log_root=digest("another log"))


@trick(ENTRY, Attack.ROLLBACK, ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED)
async def an_act_of_today_goes_by_an_organisation_of_yesterday(desk: Desk) -> Blow:
    return await invented(desk, org_seq=desk.city.ca.org_seq - 1)


@trick(ENTRY, Attack.REPLAY, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def a_known_remark_is_shown_once_more_in_a_new_place(desk: Desk) -> Blow:
    case = await reviewed(desk)
    known = desk.record(case)
    remark = case.do(Step.OPINION, "bureau.head")
    last = Signed.parse(base64.b64decode(known["receipt"]))
    again = desk.receipt(known, n=last.value()["n"] + 1, previous=last.entry_id)
    desk.replace(again)
    return Blow(desk.follow, [remark.id])


@trick(ENTRY, Attack.REORDERED, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def two_remarks_come_in_the_other_order(desk: Desk) -> Blow:
    case = await reviewed(desk)
    known = desk.record(case)
    case.do(Step.OPINION, "bureau.head")
    later = case.do(Step.OPINION, "bureau.head")
    newest = desk.record(case)
    # The later one first; what follows it says nothing new, so that the earlier never comes.
    desk.tell(lambda _earlier: newest, lambda _later: known)
    return Blow(desk.follow, [later.id])
