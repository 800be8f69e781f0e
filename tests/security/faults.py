"""What a colluding author seals that does not agree with what he shows (C11): it stands in the chain, and nothing of it is shown."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from protocol.crypto.content import key_commitment
from protocol.crypto.keys import SecretKey
from protocol.crypto.signature import Signed
from protocol.documents.model import Label
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.security.desk import Desk
from tests.security.malicious_server import Json
from tests.support.document_town import digest, post
from tests.support.open_case import ELEMENTS, PDF, OpenCase

_OPENING = "client.cases.opening"
_CONTENTS = "client.documents.contents"
SCOPE: Final = (_OPENING, _CONTENTS)
MISMATCH = ErrorCode.CONTENT_HEADER_MISMATCH
Made = tuple[OpenCase, bytes]  # the case, and the entry that does not agree


@dataclass(frozen=True)
class Fault:
    """What is sealed, and the code the client keeps the entry under."""

    code: ErrorCode
    make: Callable[[Desk], Awaitable[Made]]

    @property
    def name(self) -> str:
        return self.make.__name__

    async def told(self, desk: Desk) -> str | None:
        """The fault under which the victim keeps the entry."""
        case, entry_id = await self.make(desk)
        await desk.follow()
        book = await desk.book(case)
        return book.kept[entry_id].fault


FAULTS: list[Fault] = []
Make = Callable[[Desk], Awaitable[Made]]


def fault(code: ErrorCode) -> Callable[[Make], Make]:
    def enter(make: Make) -> Make:
        FAULTS.append(Fault(code, make))
        return make

    return enter


@fault(MISMATCH)
async def an_opinion_is_a_number(desk: Desk) -> Made:
    case = desk.case()
    case.until(Phase.REVIEW)
    return case, case.do(Step.OPINION, "bureau.head", hides={"opinion": 5}).id


@fault(MISMATCH)
async def a_draft_has_another_title_than_its_elements(desk: Desk) -> Made:
    case = desk.case()
    return case, case.do(Step.DRAFT, hides=case.said(Step.DRAFT) | {"title": "另一标题"}).id


@fault(MISMATCH)
async def a_draft_brings_a_file_its_elements_do_not_list(desk: Desk) -> Made:
    case = desk.case()
    file = PDF | {"name": "附件.pdf", "media_type": "application/pdf"}
    return case, case.do(Step.DRAFT, hides=case.said(Step.DRAFT) | {"attachments": [file]}).id


@fault(MISMATCH)
async def a_draft_says_public_and_shows_internal(desk: Desk) -> Made:
    case = desk.case()
    case.elements = replace(ELEMENTS, label=Label.PUBLIC)
    return case, case.do(Step.DRAFT).id


@fault(MISMATCH)
async def a_seal_hides_another_file_than_it_shows(desk: Desk) -> Made:
    case = desk.case()
    case.until(Phase.SEALING)
    return case, case.do(Step.SEAL, hides={"pdf": PDF | {"sha256": digest("another file")}}).id


@fault(ErrorCode.DOCUMENTS_ELEMENT_HASH_MISMATCH)
async def other_words_are_signed_than_were_drafted(desk: Desk) -> Made:
    case = desk.case()
    case.until(Phase.SIGNING)
    return case, case.do(Step.SIGN_OFF, head={"element_hash": digest("other words")}).id


@fault(ErrorCode.KEYS_COMMITMENT_MISMATCH)
async def a_new_key_tells_a_wrong_one_before_it(desk: Desk) -> Made:
    """To a reader whose wrap of the first key the server keeps back."""
    case = desk.case()
    case.until(Phase.REVIEW)
    desk.city.rotate(post("bureau.drafter"), "bureau.drafter")
    first, case.key = desk.record(case)["wraps"], SecretKey.generate()
    assert first == []  # the newest entry brought none
    hides = {"opinion": "同意", "former_key": bytes(32)}
    committed = key_commitment(case.case, case.key)
    newest = case.do(Step.OPINION, "bureau.head", key_commitment=committed, hides=hides)

    def withhold(reply: Json) -> Json:
        entries = [event for event in reply["events"] if event["kind"] == "entry"]
        for event in entries[:-1]:
            event["body"]["wraps"] = []
        return reply

    desk.face.lie("/events$", withhold)
    return case, newest.id


@fault(ErrorCode.FEATURES_NOT_SWITCHED_ON)
async def a_remark_is_padded_where_nobody_switched_it_on(desk: Desk) -> Made:
    """With the server's help, which would refuse it."""
    case = desk.case()
    case.until(Phase.REVIEW)
    await desk.follow()
    before = desk.record(case)
    case.padded = True
    record = desk.accepted(case.request(Step.OPINION, "bureau.head"), before)
    case.padded = False
    case.do(Step.OPINION, "bureau.head")
    desk.replace(record)
    return case, Signed.parse(base64.b64decode(record["entry"])).entry_id


BITES: Final[Mapping[str, str]] = {
    f"{_OPENING}:_open:check:0": "a_remark_is_padded_where_nobody_switched_it_on",
    f"{_OPENING}:Forms.check:check_switched_on:0": "a_remark_is_padded_where_nobody_switched_it_on",
    f"{_OPENING}:open_all:check_key_commitment:0": "a_new_key_tells_a_wrong_one_before_it",
    f"{_OPENING}:open_all:_check_claims:0": "other_words_are_signed_than_were_drafted",
    f"{_OPENING}:_open:check:1": "an_opinion_is_a_number",
    f"{_OPENING}:_open:check_against_head:0": "a_draft_has_another_title_than_its_elements",
    f"{_CONTENTS}:PaperContents.check:check_shapes:0": "an_opinion_is_a_number",
    f"{_CONTENTS}:PaperContents.check_against_head:check_against_head:0": "a_draft_has_another_title_than_its_elements",
    f"{_CONTENTS}:check_shapes:raise CONTENT_HEADER_MISMATCH:0": "an_opinion_is_a_number",
    f"{_CONTENTS}:check_against_head:raise fault:0": "a_seal_hides_another_file_than_it_shows",
    f"{_CONTENTS}:check_against_head:raise fault:1": "a_draft_has_another_title_than_its_elements",
    f"{_CONTENTS}:check_against_head:raise fault:2": "a_draft_brings_a_file_its_elements_do_not_list",
    f"{_CONTENTS}:check_against_head:raise fault:3": "a_draft_says_public_and_shows_internal",
}
