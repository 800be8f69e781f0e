"""A member invents a word and the server helps him: the reader refuses the word, and what is honest goes on after it (C41)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import pytest_asyncio

from client.core.events import NoticeRaised
from client.messaging import message_store
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.security.desk import Desk
from tests.security.forging import place
from tests.security.lies_of_conversations import Stage, ciphertext, newest, stage, value
from tests.security.malicious_server import Json
from tests.security.ring import ring
from tests.support.document_town import digest
from tests.support.small_city import b64

MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
NEWER = 60  # a signed type of no version yet


@pytest_asyncio.fixture
async def desk() -> AsyncIterator[Desk]:
    with TemporaryDirectory(dir=MEMORY) as folder:
        made = Desk(Path(folder))
        await made.sit()
        yield made
        await made.close()


INVENTIONS: list[tuple[dict[str, Any], ErrorCode]] = [
    ({"step": "hurry"}, ErrorCode.CASES_UNKNOWN_STEP),
    ({"procedure": "dispatch/9"}, ErrorCode.WIRE_MALFORMED),
    (
        {"procedure": {"id": "dispatch", "version": 9, "hash": digest("my rules")}},
        ErrorCode.CASES_UNKNOWN_PROCEDURE,
    ),
    ({"head": {"tone": "warm"}}, ErrorCode.DOCUMENTS_HEAD_FIELD),
    ({"hidden": {"opinion": digest("opinion"), "mood": digest("mood")}}, ErrorCode.DOCUMENTS_HEAD_FIELD),
]


@pytest.mark.expects_logs("was held")
async def test_an_invented_step_takes_its_place_in_the_receipts_and_nothing_else(desk: Desk) -> None:
    for changes, code in INVENTIONS:
        case = desk.case()
        case.until(Phase.REVIEW)
        await desk.follow()
        before, request = desk.record(case), case.request(Step.OPINION, "bureau.head")
        invented = desk.accepted(resigned(desk, request, changes), before)
        honest = desk.accepted(case.request(Step.OPINION, "bureau.head"), invented)
        for _ in range(2):
            case.do(Step.OPINION, "bureau.head")
        held = len(await desk.held())
        heard: list[object] = []
        leave = desk.client.bus.subscribe(heard.append)
        desk.replace(invented, honest)
        await desk.follow()
        leave()
        desk.honest()
        assert (await desk.held())[held:] == [code.value], changes
        assert [event.code for event in heard if isinstance(event, NoticeRaised)] == [code]
        book = await desk.book(case)
        assert id_of(honest) in book.kept
        assert id_of(invented) not in book.kept
        assert not book.outdated
        assert book.file.line_heads == {id_of(honest)}


@pytest.mark.expects_logs("was held")
async def test_an_invented_step_hides_none_before_it(desk: Desk) -> None:
    case = desk.case()
    case.until(Phase.REVIEW)
    await desk.follow()
    before = desk.record(case)
    hidden = desk.accepted(case.request(Step.OPINION, "bureau.head"), before)
    request = case.request(Step.OPINION, "bureau.head")
    invented = desk.accepted(resigned(desk, request, {"step": "hurry"}), hidden)
    case.do(Step.OPINION, "bureau.head")
    held = len(await desk.held())
    desk.replace(invented)
    await desk.follow()
    desk.honest()
    assert (await desk.held())[held:] == [ErrorCode.DOCUMENTS_RECEIPT_CHAIN.value]


def id_of(record: Json) -> bytes:
    return Signed.parse(base64.b64decode(record["entry"])).entry_id


def resigned(desk: Desk, request: Json, changes: dict[str, Any]) -> Json:
    payload = Signed.parse(base64.b64decode(request["entry"])).value() | changes
    signed = desk.city.devices["bureau.head"].signed(SignedType.DOCUMENT_ENTRY, payload)
    return request | {"entry": b64(signed.to_bytes())}


@pytest.mark.expects_logs("was held")
async def test_an_invented_message_or_roster_takes_its_place_in_the_conversation_and_nothing_else() -> None:
    async with ring() as made:
        on = await stage(made)
        second, n = on.second, await place(on.second, on.talk)
        invented = [
            (
                "message",
                await signed(on, SignedType.MESSAGE, await value(on), mood="sunny"),
                ErrorCode.WIRE_MALFORMED,
            ),
            ("message", await signed(on, NEWER, await value(on)), ErrorCode.WIRE_UNKNOWN_TYPE),
            (
                "roster",
                await signed(on, SignedType.ROSTER, await next_roster(on), mood="sunny"),
                ErrorCode.WIRE_MALFORMED,
            ),
            ("roster", await signed(on, NEWER, await next_roster(on)), ErrorCode.WIRE_UNKNOWN_TYPE),
        ]
        roster = await newest(second, on.talk)
        for k, (kind, data, code) in enumerate(invented):
            assert await second.told(kind, data, n + k) == [code]
        assert await newest(second, on.talk) == roster
        plain = cbor.encode({"v": 1, "kind": "poll", "question": "周五？"})
        poll = await signed(
            on, SignedType.MESSAGE, await value(on, ciphertext=await ciphertext(on.first, on.talk, plain))
        )
        assert await second.told("message", poll, n + len(invented)) == []
        kept = await second.core.store.read(
            lambda c: message_store.find(c, str(Signed.parse(poll).value()["id"]))
        )
        assert kept is not None
        assert kept.fault == ErrorCode.MESSAGING_UNKNOWN_KIND.value
        honest = await signed(on, SignedType.MESSAGE, await value(on))
        assert await second.told("message", honest, n + len(invented) + 1) == []
        assert (await second.texts(on.talk))[-1] == "假"
        # And whoever was lied to still speaks.
        await second.conversations.send_text(on.talk, "照常", None)


@pytest.mark.expects_logs("was held")
async def test_an_invented_message_hides_none_before_it() -> None:
    async with ring() as made:
        on = await stage(made)
        n = await place(on.second, on.talk)
        invented = await signed(on, SignedType.MESSAGE, await value(on), mood="sunny")
        assert await on.second.told("message", invented, n + 1) == [ErrorCode.WIRE_MALFORMED]
        # Its place was not passed over: the one that was kept back is still the next.
        honest = await signed(on, SignedType.MESSAGE, await value(on))
        assert await on.second.told("message", honest, n) == []
        assert (await on.second.texts(on.talk))[-1] == "假"


async def signed(on: Stage, kind: int, payload: dict[str, Any], **more: Any) -> bytes:
    return await on.first.signs(kind, payload | more)  # type: ignore[arg-type]  # a number of no version yet


async def next_roster(on: Stage) -> dict[str, Any]:
    entry_id, roster = await newest(on.second, on.talk)
    return roster.value() | {"n": roster.n + 1, "previous": entry_id, "person": on.first.person}
