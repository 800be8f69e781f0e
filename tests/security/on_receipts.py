"""Attacks on the server's own receipts (C10): two words for one place, or a word about another entry."""

from __future__ import annotations

import base64

from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.security.desk import Blow, Desk
from tests.security.malicious_server import Json
from tests.security.on_entries import changed, id_of, invented, reviewed
from tests.security.tricks import RECEIPT, Attack, trick
from tests.support.document_town import digest
from tests.support.small_city import b64


@trick(RECEIPT, Attack.FORGED, ErrorCode.SIGNATURE_INVALID)
async def a_receipt_is_not_of_the_log_key(desk: Desk) -> Blow:
    def forge(_desk: Desk, record: Json) -> Json:
        honest = Signed.parse(base64.b64decode(record["receipt"]))
        key = SigningKey.generate()
        told = sign(key, honest.cert_hash, SignedType.SERVER_RECEIPT, honest.value())
        return record | {"receipt": b64(told.to_bytes())}

    return await changed(desk, forge)


@trick(RECEIPT, Attack.SWAPPED, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def a_receipt_is_of_another_entry(desk: Desk) -> Blow:
    return await changed(desk, lambda told, record: told.receipt(record, entry=digest("another")))


@trick(RECEIPT, Attack.SWAPPED, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def a_receipt_is_of_another_object(desk: Desk) -> Blow:
    other = desk.case().case
    return await changed(desk, lambda told, record: told.receipt(record, object=other))


@trick(RECEIPT, Attack.WITHHELD, ErrorCode.WIRE_MALFORMED)
async def an_entry_comes_without_a_receipt(desk: Desk) -> Blow:
    def drop(_desk: Desk, record: Json) -> Json:
        return {name: said for name, said in record.items() if name != "receipt"}

    return await changed(desk, drop)


@trick(RECEIPT, Attack.SPLIT_VIEW, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def two_entries_have_a_receipt_for_one_place(desk: Desk) -> Blow:
    case = await reviewed(desk)
    before = desk.record(case)
    second = desk.accepted(case.request(Step.OPINION, "bureau.head"), before)
    case.do(Step.OPINION, "bureau.head")
    await desk.follow()
    case.do(Step.OPINION, "bureau.head")
    desk.replace(second)
    return Blow(desk.follow, [id_of(second)])


@trick(RECEIPT, Attack.SPLIT_VIEW, ErrorCode.DIRECTORY_SPLIT_VIEW)
async def a_receipt_is_given_over_another_directory(desk: Desk) -> Blow:
    return await changed(desk, lambda told, record: told.receipt(record, log_root=digest("another log")))


@trick(RECEIPT, Attack.ROLLBACK, ErrorCode.CERTIFICATE_REVOKED)
async def a_receipt_is_dated_back_to_before_the_device_was_there(desk: Desk) -> Blow:
    newcomer, _ = desk.city.enrolled(desk.city.devices["bureau.head"].person)
    size, _root = desk.city.head()
    root = desk.face.fork(size - 1).tree().root()
    desk.face.log = None
    return await invented(desk, device=newcomer, facts={"log_size": size - 1, "log_root": root})


@trick(RECEIPT, Attack.REPLAY, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def the_receipt_of_the_entry_before_is_shown_again(desk: Desk) -> Blow:
    case = await reviewed(desk)
    before = desk.record(case)
    remark = case.do(Step.OPINION, "bureau.head")
    desk.tell(lambda record: record | {"receipt": before["receipt"]})
    return Blow(desk.follow, [remark.id])


@trick(RECEIPT, Attack.REORDERED, ErrorCode.DOCUMENTS_RECEIPT_CHAIN)
async def a_receipt_follows_another_than_the_last(desk: Desk) -> Blow:
    return await changed(desk, lambda told, record: told.receipt(record, previous=digest("another")))
