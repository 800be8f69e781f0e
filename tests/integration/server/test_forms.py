"""Forms that stand under a feature: the server takes them where the CA's snapshot lists it, and else refuses them by name (C41, C44)."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from protocol.crypto.signature import Signed, SignedType
from protocol.documents.steps import Phase, Step
from protocol.features import CONTENTS_2, MESSAGES_2
from tests.integration.server.hall import Hall, code, open_hall
from tests.security.switches import Site, switch_off
from tests.support.document_city import DocumentCity, LiveCase
from tests.support.small_city import b64


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = open_hall(tmp_path)
    yield made
    made.city.close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[DocumentCity]:
    made = DocumentCity(tmp_path)
    yield made
    made.close()


def committed(hall: Hall, seen: dict[str, Any] | None = None, **more: Any) -> bytes:
    """A message of the chair's in the newer form; `seen`: the directory it names."""
    message = hall.chair.message(hall.roster).value() | (seen or {}) | {"commitment": os.urandom(32)} | more
    return hall.chair.device.signed(SignedType.COMMITTED_MESSAGE, message).to_bytes()


def test_a_message_that_commits_is_taken_where_it_is_switched_on(hall: Hall) -> None:
    chair = hall.chair
    before = chair.seen()
    data = committed(hall)
    assert code(chair.post("messages", "message", data)) == "features.not_switched_on"
    hall.city.switch(CONTENTS_2.name)
    assert code(chair.post("messages", "message", committed(hall))) == "features.not_switched_on"
    hall.city.switch(MESSAGES_2.name, CONTENTS_2.name)
    # Judged by the directory its author had seen, as readers judge it: then it was not on.
    assert code(chair.post("messages", "message", data)) == "features.not_switched_on"
    on, placed = chair.seen(), []
    for _ in range(2):
        reply = chair.post("messages", "message", committed(hall))
        assert reply.status_code == 200, reply.text
        placed.append(reply.json()["n"])
    # The form of before is taken as ever, in the same count.
    reply = chair.send(chair.message(hall.roster))
    assert [*placed, reply.json()["n"]] == [2, 3, 4]
    assert hall.member.log()[-3:] == [("message", 2), ("message", 3), ("message", 4)]
    # Off again: who has not seen that yet loses nothing.
    hall.city.switch()
    assert chair.post("messages", "message", committed(hall, on)).status_code == 200
    assert code(chair.post("messages", "message", committed(hall))) == "features.not_switched_on"
    assert code(chair.post("messages", "message", committed(hall, before))) == "features.not_switched_on"


def test_a_commitment_is_whole_and_nothing_stands_beside_it(hall: Hall) -> None:
    hall.city.switch(MESSAGES_2.name)
    for more in ({"commitment": bytes(31)}, {"commitment": None}, {"mood": "sunny"}):
        assert code(hall.chair.post("messages", "message", committed(hall, **more))) == "wire.malformed"
    old = hall.chair.message(hall.roster).value()
    for kind, value in (
        (SignedType.COMMITTED_MESSAGE, old),
        (SignedType.MESSAGE, old | {"commitment": bytes(32)}),
    ):
        data = hall.chair.device.signed(kind, value).to_bytes()
        assert code(hall.chair.post("messages", "message", data)) == "wire.malformed"
    roster = hall.chair.sign(SignedType.ROSTER, hall.chair.after(hall.roster))
    assert code(hall.chair.post("messages", "message", roster)) == "signature.wrong_type"
    assert code(hall.chair.post("rosters", "roster", committed(hall))) == "signature.wrong_type"


def test_without_the_check_it_would_be_taken(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    check = Site("server_stub.relay.conversations", "Conversations._message", "check_switched_on")
    with monkeypatch.context() as off:
        switch_off(check, off)
        assert hall.chair.post("messages", "message", committed(hall)).status_code == 200
    assert code(hall.chair.post("messages", "message", committed(hall))) == "features.not_switched_on"


def sealed_as(case: LiveCase, first: bytes) -> dict[str, Any]:
    """A remark whose content begins with that byte."""
    request = case.request(Step.OPINION, "bureau.head")
    ciphertext = first + os.urandom(12 + 512 + 16)
    value = Signed.parse(base64.b64decode(request["entry"])).value()
    value |= {"content": hashlib.sha256(ciphertext).digest()}
    entry = case.city.devices["bureau.head"].signed(SignedType.DOCUMENT_ENTRY, value)
    return request | {"entry": b64(entry.to_bytes()), "ciphertext": b64(ciphertext)}


def test_a_padded_content_is_taken_where_it_is_switched_on(town: DocumentCity) -> None:
    case = LiveCase(town).until(Phase.REVIEW)
    assert isinstance(case, LiveCase)
    client = town.clients["bureau.head"]

    def sent(first: bytes) -> str | None:
        reply = client.post("/documents/entries", json=sealed_as(case, first))
        return None if reply.status_code == 200 else code(reply)

    assert sent(b"\x81") == "features.not_switched_on"
    town.switch(MESSAGES_2.name)
    assert sent(b"\x81") == "features.not_switched_on"
    town.switch(CONTENTS_2.name)
    assert sent(b"\x81") is None
    assert sent(b"\x01") is None
    # Of a form, or a suite, of no version yet.
    for first in (b"\x02", b"\x82", b"\x00", b"\xff"):
        assert sent(first) == "wire.unknown_type"
    town.switch()
    assert sent(b"\x81") == "features.not_switched_on"
