"""Attacks on the wraps that come with an entry (C7): only what the author signed counts, and only for whom the step names."""

from __future__ import annotations

import base64
from collections.abc import Callable

from protocol.cases.entries import DocumentEntry
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, wrap
from protocol.crypto.keys import XWingPublicKey
from protocol.crypto.signature import Signed
from protocol.documents.dispatch import SHIPPED
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.security.desk import Blow, Desk
from tests.security.malicious_server import Json
from tests.security.on_entries import changed, id_of
from tests.security.tricks import WRAPS, Attack, trick
from tests.support.document_town import body, post
from tests.support.open_case import OpenCase
from tests.support.small_city import b64


def entry_of(record: Json) -> DocumentEntry:
    return DocumentEntry.parse(Signed.parse(base64.b64decode(record["entry"])).value(), SHIPPED)


def own(desk: Desk, record: Json, generation: int | None = None) -> str:
    """A wrap of the server's own key to the victim's post."""
    entry, principal = entry_of(record), post("bureau.clerk")
    number, public = desk.city.public[principal]
    sender = desk.city.devices["bureau.head"].id
    info = EnvelopeInfo(Purpose.OBJECT_KEY, entry.object, sender, principal, generation or number)
    return b64(wrap(XWingPublicKey(public), info, bytes(32)).to_bytes())


@trick(WRAPS, Attack.FORGED, ErrorCode.KEYS_WRAP_UNSIGNED)
async def a_key_of_the_servers_own_comes_with_a_remark(desk: Desk) -> Blow:
    return await changed(desk, lambda told, record: record | {"wraps": [own(told, record)]})


async def begun(desk: Desk, change: Callable[[OpenCase, Json], Json]) -> Blow:
    """The first entry of a case comes with other wraps."""
    case = desk.case()
    draft = case.do(Step.DRAFT)
    desk.tell(lambda record: change(case, record))
    return Blow(desk.follow, [draft.id])


@trick(WRAPS, Attack.SWAPPED, ErrorCode.KEYS_WRAP_UNSIGNED)
async def the_wrap_of_another_case_comes_with_this_one(desk: Desk) -> Blow:
    other = desk.case()
    other.do(Step.DRAFT)
    foreign = desk.record(other)["wraps"]
    await desk.follow()
    return await begun(desk, lambda _case, record: record | {"wraps": foreign})


@trick(WRAPS, Attack.INJECTED, ErrorCode.KEYS_WRAP_UNSIGNED)
async def a_wrap_is_added_to_the_signed_ones(desk: Desk) -> Blow:
    return await begun(desk, lambda _case, record: record | {"wraps": [*record["wraps"], own(desk, record)]})


async def signed_to(desk: Desk, *more: str, seal: Callable[[WrapRecord], WrapRecord] | None = None) -> Blow:
    """A colluding author signs wraps the step does not ask for, and the server shows them."""
    case = desk.case()
    entry = case.entry(Step.DRAFT)
    records = [case.wrapped(entry, "bureau.drafter", p) for p in (*sorted(case.principals(entry)), *more)]
    records = [seal(record) if seal is not None else record for record in records]
    record = desk.accepted(case.request(Step.DRAFT, wraps=records), None)
    mine = [b64(r.to_bytes()) for r in records if r.principal == body("bureau")]
    desk.case().do(Step.DRAFT)
    desk.replace(record | {"wraps": mine})
    return Blow(desk.follow, [id_of(record)])


@trick(WRAPS, Attack.INJECTED, ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH)
async def a_colluding_author_seals_to_a_ghost(desk: Desk) -> Blow:
    return await signed_to(desk, post("finance.leader"))


@trick(WRAPS, Attack.SWAPPED, ErrorCode.KEYS_COMMITMENT_MISMATCH)
async def a_colluding_author_seals_another_key_than_he_committed_to(desk: Desk) -> Blow:
    def other(record: WrapRecord) -> WrapRecord:
        _, public = desk.city.public[record.principal]
        return wrap(XWingPublicKey(public), record.info(Purpose.OBJECT_KEY), bytes(32))

    return await signed_to(desk, seal=other)


@trick(WRAPS, Attack.ROLLBACK, ErrorCode.KEYS_WRAP_UNSIGNED)
async def a_wrap_is_of_an_older_generation(desk: Desk) -> Blow:
    return await begun(desk, lambda _case, record: record | {"wraps": [own(desk, record, 1)]})


@trick(WRAPS, Attack.REPLAY, ErrorCode.KEYS_WRAP_UNSIGNED)
async def the_wrap_of_the_first_entry_comes_with_a_later_one(desk: Desk) -> Blow:
    case = desk.case()
    case.do(Step.DRAFT)
    wraps = desk.record(case)["wraps"]
    await desk.follow()
    remark = case.do(Step.OPINION, "bureau.drafter")
    desk.tell(lambda record: record | {"wraps": wraps})
    return Blow(desk.follow, [remark.id])
