"""Owners of devices that were left out are told once, whichever fan-outs go on at the same time, and again when it did not arrive."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from client.core.keys.left_out import LeftOutStatements
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.features import LEFT_OUT
from protocol.messaging.payloads import LeftOut
from protocol.wire.messaging import LeftOutRequest
from tests.unit.core.clocks import ManualClock

TALK, MEETING = "cnv_aaaaaaaaaaaaaaaaaaaaaaaaae", "mtg_aaaaaaaaaaaaaaaaaaaaaaaaae"
OWN, FIRST, SECOND = (f"dev_aaaaaaaaaaaaaaaaaaaaaaaa{end}" for end in ("ae", "ai", "am"))


class Line:
    """A server that answers when it is let, and fails when it is told to."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.fault: JinshuError | None = None
        self.heard: list[tuple[str, list[str]]] = []

    async def server_protocol(self) -> int:
        return LEFT_OUT.protocol

    async def post(self, _path: str, body: LeftOutRequest, _reply: object) -> None:
        await self.open.wait()
        if self.fault is not None:
            raise self.fault
        said = LeftOut.parse(Signed.parse(body.left_out, SignedType.LEFT_OUT).value())
        self.heard.append((said.object, list(said.left_out)))


class Signer:
    me = SimpleNamespace(device=OWN)

    async def sign(self, kind: SignedType, value: dict[str, Any]) -> Signed:
        return Signed(kind, bytes(32), bytes(64), cbor.encode(value))


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def statements(line: Line) -> LeftOutStatements:
    site = SimpleNamespace(features=(LEFT_OUT.name,))
    directory = SimpleNamespace(organisation=SimpleNamespace(site=site))
    return LeftOutStatements(cast(Any, Signer()), cast(Any, directory), cast(Any, line), ManualClock())


async def test_two_fan_outs_at_once_say_each_thing_once(line: Line, statements: LeftOutStatements) -> None:
    line.open.clear()
    statements.add(TALK, [FIRST])
    async with asyncio.TaskGroup() as fan_outs:
        fan_outs.create_task(statements.send())
        await asyncio.sleep(0)
        # While that is on its way, a meeting leaves out the same device, and the conversation another one.
        statements.add(MEETING, [FIRST])
        statements.add(TALK, [FIRST, SECOND])
        fan_outs.create_task(statements.send())
        await asyncio.sleep(0)
        line.open.set()
    assert sorted(line.heard) == [(TALK, [FIRST]), (TALK, [SECOND]), (MEETING, [FIRST])]


async def test_what_did_not_arrive_goes_with_the_next(line: Line, statements: LeftOutStatements) -> None:
    line.fault = JinshuError(ErrorCode.NETWORK_UNREACHABLE)
    statements.add(TALK, [FIRST])
    await statements.send()
    assert line.heard == []
    line.fault = None
    statements.add(TALK, [SECOND])
    await statements.send()
    await statements.send()
    assert line.heard == [(TALK, [FIRST, SECOND])]
