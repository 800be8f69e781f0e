"""A case with branches, of a procedure no code of the product knows, signed by two real devices over a real log in memory; and the
record that one of them exports of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from client.cases import record_maker
from client.cases.entry_writer import EntryWriter
from client.cases.local_case import LocalCase
from client.cases.record_maker import RecordMaker
from client.verify.record import Record, RecordedStep
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import Binding, Join, ObjectRule, Procedure, Relation, StepRule
from protocol.cases.receipts import ServerReceipt
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.log import LeafKind, RevocationList
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from tests.unit.cases.in_memory import Official, office
from tests.unit.core.log_double import DAY, LI, WANG, City

# Two are asked beside each other, what they say is weighed, and what was granted is noted.
ROUNDS: Final = Procedure(
    "rounds",
    1,
    objects=(
        ObjectRule(ObjectKind.CASE, in_line=True),
        ObjectRule(
            ObjectKind.BRANCH,
            derived_key=True,
            one_for="head.asked",
            round="ask",
            join=Join(asked="last.ask.head.asked", answer="says", stops=("no",), article=3),
        ),
    ),
    rows=(
        StepRule(
            "ask",
            ObjectKind.CASE,
            ("",),
            "asked",
            ("draft",),
            creates=True,
            head={"asked": "person*"},
            names=("asked",),
        ),
        StepRule(
            "put",
            ObjectKind.BRANCH,
            ("asked",),
            becomes="open",
            duties=("draft",),
            concurrent=True,
            creates=True,
            head={"asked": "person"},
            names=("asked",),
            seals_to=("asked",),
            bindings=(
                Binding(
                    "head.asked", Relation.AMONG, ("last.ask.head.asked",), ErrorCode.DOCUMENTS_NOT_ALLOWED
                ),
            ),
        ),
        StepRule(
            "say",
            ObjectKind.BRANCH,
            ("asked",),
            within=("open",),
            becomes="said",
            duties=("registry",),
            concurrent=True,
            head={"says": "=yes|no"},
        ),
        StepRule("grant", ObjectKind.CASE, ("asked",), "granted", ("registry",), joins=ObjectKind.BRANCH),
        StepRule("note", ObjectKind.CASE, ("granted",), duties=("draft",), concurrent=True, may=("opinion",)),
    ),
)
WORDS: Final = ("ask 征询", "granted 已同意", "rounds 征询事项")


@dataclass
class RecordedCase:
    """The city, one of the two officials, and the case as he has received it."""

    city: City
    official: Official
    case: LocalCase

    @classmethod
    async def of(cls) -> RecordedCase:
        city, server, first, second = await office(ROUNDS, WORDS)
        now = city.clock.now_ms()
        nobody = RevocationList(1, [], now, now + DAY, **city.dated())
        city.add_by_ca(LeafKind.REVOCATIONS, SignedType.REVOCATION_LIST, nobody.value())
        for official in (first, second):
            await official.device.step()
        name = first.signer.new_id(IdKind.CASE)
        writer = first.writers.of(first.cases.new(name, ROUNDS, first.device.directory.state))
        asked = sorted((WANG, LI))
        await writer.write("ask", first.post, {"asked": asked}, {})
        branches = [writer.new_object(IdKind.BRANCH) for _ in asked]
        for branch, person in zip(branches, asked, strict=True):
            await writer.write("put", first.post, {"asked": person}, {}, object_id=branch)
        await _send(first, writer)
        for official, branch in zip((first, second), branches, strict=True):
            await official.follows()
            writer = official.writers.of(await official.case(name))
            await writer.write("say", official.post, {"says": "yes"}, {}, object_id=branch)
            await _send(official, writer)
        await first.follows()
        writer = first.writers.of(await first.case(name))
        await writer.write("grant", first.post, {}, {})
        await writer.write("note", first.post, {}, {"opinion": "已取走"})
        await _send(first, writer)
        await first.follows()
        assert len(server.records) == 7
        await first.device.step()
        return cls(city, first, await first.case(name))

    async def record(self) -> Record:
        return Record.parse(await RecordMaker(self.official.device.directory).make(self.case))

    async def dishonest(self, monkeypatch: pytest.MonkeyPatch) -> Record:
        """The same by a program that does not judge what it exports."""
        monkeypatch.setattr(record_maker, "verify_record", lambda _data, _root: None)
        return await self.record()

    def receipt(self, step: RecordedStep, key: SigningKey | None = None, **changes: Any) -> bytes:
        """A receipt as the server, or another key, would sign it for a step."""
        facts = ServerReceipt.parse(Signed.parse(step.receipt).value())
        value = replace(facts, entry=Signed.parse(step.entry).entry_id, **changes).value()
        log = certificate_hash(self.city.trust.log_certificate)
        return sign(key or self.city.log_key, log, SignedType.SERVER_RECEIPT, value).to_bytes()

    async def forged(self, received: RecordedStep, **changes: Any) -> RecordedStep:
        """A step that says something else, signed by the official's device and received by a server that colludes."""
        value = Signed.parse(received.entry).value() | changes
        signed = await self.official.device.keystore.sign(SignedType.DOCUMENT_ENTRY, value)
        other = replace(received, entry=signed.to_bytes())
        return replace(other, receipt=self.receipt(other))


async def _send(official: Official, writer: EntryWriter) -> None:
    await writer.commit()
    await official.sends()


def with_steps(record: Record, change: Callable[[list[RecordedStep]], list[RecordedStep]]) -> Record:
    return replace(record, steps=change(list(record.steps)))
