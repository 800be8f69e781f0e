"""A member who invents a word is refused by the server, whatever he signs it into, and nobody else is held up (C41)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protocol.crypto.signature import Signed, SignedType
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from protocol.meetings.payloads import ChairAct
from tests.integration.server.hall import Hall, code, open_hall
from tests.support.document_city import DocumentCity, LiveCase
from tests.support.document_town import digest
from tests.support.small_city import b64

NEWER = 60  # a signed type of no version yet


@pytest.fixture
def town(tmp_path: Path) -> Iterator[DocumentCity]:
    made = DocumentCity(tmp_path)
    yield made
    made.close()


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = open_hall(tmp_path)
    yield made
    made.city.close()


def test_a_case_is_not_frozen(town: DocumentCity) -> None:
    case = LiveCase(town).until(Phase.REVIEW)
    assert isinstance(case, LiveCase)
    kept, request = town.kept(), case.request(Step.OPINION, "bureau.head")
    value = Signed.parse(base64.b64decode(request["entry"])).value()
    inventions: list[tuple[dict[str, Any], ErrorCode]] = [
        ({"step": "hurry"}, ErrorCode.CASES_UNKNOWN_STEP),
        ({"step": "hurry", "head": {"tone": "warm"}}, ErrorCode.CASES_UNKNOWN_STEP),
        ({"procedure": "dispatch/9"}, ErrorCode.WIRE_MALFORMED),
        (
            {"procedure": {"id": "dispatch", "version": 9, "hash": digest("my rules")}},
            ErrorCode.CASES_UNKNOWN_PROCEDURE,
        ),
        ({"head": {"tone": "warm"}}, ErrorCode.DOCUMENTS_HEAD_FIELD),
        ({"hidden": value["hidden"] | {"mood": digest("mood")}}, ErrorCode.DOCUMENTS_HEAD_FIELD),
    ]
    device, client = town.devices["bureau.head"], town.clients["bureau.head"]
    for changes, wanted in inventions:
        invented = device.signed(SignedType.DOCUMENT_ENTRY, value | changes).to_bytes()
        assert (
            code(client.post("/documents/entries", json=request | {"entry": b64(invented)})) == wanted.value
        )
    newer = b64(device.signed(NEWER, value).to_bytes())
    assert code(client.post("/documents/entries", json=request | {"entry": newer})) == "wire.unknown_type"
    assert town.kept() == kept
    case.do(Step.REVIEW_PASS)


def test_a_conversation_and_a_meeting_are_not_frozen(hall: Hall) -> None:
    chair, given = hall.chair, hall.member.given()
    talk = hall.roster.conversation

    def signed(of: int, value: dict[str, Any], **more: Any) -> bytes:
        return chair.device.signed(of, value | more).to_bytes()

    roster, message = chair.after(hall.roster).value(), chair.message(hall.roster).value()
    for path, name, kind, value in (
        ("rosters", "roster", SignedType.ROSTER, roster),
        ("messages", "message", SignedType.MESSAGE, message),
    ):
        assert code(chair.post(path, name, signed(kind, value, mood="sunny"))) == "wire.malformed"
        assert code(chair.post(path, name, signed(NEWER, value))) == "wire.unknown_type"
    meeting = chair.meeting(talk).value()
    assert code(chair.ask("", meeting=signed(SignedType.MEETING, meeting, agenda=[]))) == "wire.malformed"
    assert code(chair.ask("", meeting=signed(NEWER, meeting))) == "wire.unknown_type"
    act = chair.entry(hall.meeting, hall.called.entry_id, ChairAct.LOCK).value()
    for changes, wanted in (
        ({"act": "praise"}, "meetings.unknown_act"),
        ({"act": "praise", "mood": "sunny"}, "wire.malformed"),
        ({"act": "Praise!"}, "wire.malformed"),
        ({"mood": "sunny"}, "wire.malformed"),
    ):
        assert code(chair.ask("/acts", act=signed(SignedType.CHAIR_ACT, act, **changes))) == wanted
    join = chair.join(hall.meeting)
    asked = {"offers": ["x"], "join": signed(SignedType.MEETING_JOIN, join.value(), mood="sunny")}
    assert code(chair.ask(f"/{hall.meeting}/join", **asked)) == "wire.malformed"
    come = chair.comes(hall.meeting)
    epoch = chair.epoch(hall.meeting, come.entry_id).value()
    for changes in ({"kind": "tree"}, {"mood": "sunny"}):
        sent = {"epoch": signed(SignedType.EPOCH, epoch, **changes), "packets": []}
        assert code(chair.ask(f"/{hall.meeting}/epoch", **sent)) == "wire.malformed"
    assert hall.member.given() == given
    # Everything goes on.
    assert chair.post("messages", "message", signed(SignedType.MESSAGE, message)).status_code == 200
    chair.acts(hall.meeting, hall.called.entry_id, ChairAct.LOCK)
    assert chair.announces(replace(chair.epoch(hall.meeting, come.entry_id))).status_code == 200
