"""Attacks on the fresh head of a case (C10): what was done before an act cannot be hidden from who acts."""

from __future__ import annotations

import base64
import dataclasses
import os
from collections.abc import Callable
from typing import Any

from protocol.cases.receipts import CaseHead
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, sign
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.security.desk import Blow, Desk
from tests.security.malicious_server import Json
from tests.security.tricks import CASE_HEAD, Attack, trick
from tests.support.document_town import digest
from tests.support.open_case import OpenCase
from tests.support.small_city import b64

_PATH = "/documents/objects/.*/head$"
STALE = ErrorCode.DOCUMENTS_CASE_HEAD_STALE


async def dispatching(desk: Desk) -> OpenCase:
    """A sealed case the victim has read and is about to send out."""
    case = desk.case()
    case.until(Phase.DISPATCHING)
    await desk.follow()
    return case


async def sending(desk: Desk, case: OpenCase) -> Blow:
    pen, post = await desk.pen(case)
    return Blow(lambda: desk.documents.issuance.dispatch(pen, post))


async def told(desk: Desk, change: Callable[[CaseHead], Any]) -> Blow:
    """The head is signed by the log key, but says something else."""
    case = await dispatching(desk)

    def lie(reply: Json) -> Json:
        honest = CaseHead.parse(Signed.parse(base64.b64decode(reply["head"])).value())
        return {"head": b64(desk.face.signed_by_log(SignedType.CASE_HEAD, change(honest).value()))}

    desk.face.lie(_PATH, lie)
    return await sending(desk, case)


@trick(CASE_HEAD, Attack.FORGED, ErrorCode.SIGNATURE_INVALID, held=False)
async def a_case_head_is_not_of_the_log_key(desk: Desk) -> Blow:
    case = await dispatching(desk)

    def lie(reply: Json) -> Json:
        honest = Signed.parse(base64.b64decode(reply["head"]))
        made = sign(SigningKey.generate(), honest.cert_hash, SignedType.CASE_HEAD, honest.value())
        return {"head": b64(made.to_bytes())}

    desk.face.lie(_PATH, lie)
    return await sending(desk, case)


@trick(CASE_HEAD, Attack.SWAPPED, ErrorCode.SYNC_REPLAYED, held=False)
async def the_head_of_another_case_is_shown(desk: Desk) -> Blow:
    other = desk.case().case
    return await told(desk, lambda head: dataclasses.replace(head, object=other))


@trick(CASE_HEAD, Attack.INJECTED, STALE, held=False)
async def a_head_names_an_entry_nobody_is_shown(desk: Desk) -> Blow:
    more = digest("an entry nobody has")
    return await told(desk, lambda head: dataclasses.replace(head, heads=sorted([*head.heads, more])))


@trick(CASE_HEAD, Attack.WITHHELD, STALE, held=False)
async def a_withdrawal_is_hidden_from_who_sends_the_document_out(desk: Desk) -> Blow:
    """撤回 before 分发: the entry is kept back, but the head must say where the case stands."""
    case = await dispatching(desk)
    case.do(Step.WITHDRAW)
    return await sending(desk, case)


@trick(CASE_HEAD, Attack.WITHHELD, STALE, held=False)
async def a_remark_is_hidden_from_who_sends_the_document_out(desk: Desk) -> Blow:
    case = await dispatching(desk)
    case.do(Step.OPINION)
    return await sending(desk, case)


@trick(CASE_HEAD, Attack.ROLLBACK, STALE, held=False)
async def a_head_is_from_before_what_the_victim_has_read(desk: Desk) -> Blow:
    case = await dispatching(desk)
    before = sorted(case.line_heads())
    case.do(Step.OPINION)
    await desk.follow()

    def lie(reply: Json) -> Json:
        honest = CaseHead.parse(Signed.parse(base64.b64decode(reply["head"])).value())
        old = dataclasses.replace(honest, heads=before, n=honest.n - 1)
        return {"head": b64(desk.face.signed_by_log(SignedType.CASE_HEAD, old.value()))}

    desk.face.lie(_PATH, lie)
    return await sending(desk, case)


@trick(CASE_HEAD, Attack.REPLAY, ErrorCode.SYNC_REPLAYED, held=False)
async def an_honest_head_of_a_moment_ago_is_shown_again(desk: Desk) -> Blow:
    case = await dispatching(desk)
    path = f"/documents/objects/{case.case}/head"
    nonce = {"nonce": b64(os.urandom(16))}
    old = desk.city.clients["bureau.clerk"].post(path, json=nonce).json()["head"]
    case.do(Step.WITHDRAW)
    desk.face.lie(_PATH, lambda _honest: {"head": old})
    return await sending(desk, case)
