"""Two officials of one post with everything of `client/cases` that is not disk, network or window, and a server that keeps order.

The server is the protocol's own fold with a log key: it gives each entry its place and a receipt, and hands out records. The keys
are real (X-Wing, the directory's generations), the procedure is one of these tests alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection

from client.cases.entry_acts import EntryActs
from client.cases.entry_reader import EntryReader
from client.cases.entry_writer import EntryWriter, EntryWriters
from client.cases.local_case import LocalCase, LocalCases
from client.cases.ports import ReaderPorts, WriterPorts
from client.core.events import DocumentsChanged, Event
from client.core.identity.signer import DeviceSigner
from client.core.sync.copied_back import CopiedBack
from client.core.sync.outbox import Outbox
from client.core.sync.pull import LogEvent
from client.core.tasks import TaskSupervisor
from protocol.cases import succession
from protocol.cases.entries import DocumentEntry
from protocol.cases.history import CaseFile, Placed
from protocol.cases.objects import ObjectKind
from protocol.cases.procedure import ObjectRule, Procedure, StepRule
from protocol.cases.procedures import Procedures
from protocol.cases.receipts import ServerReceipt
from protocol.crypto import cbor
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.organisation import SITE_ID, Post, ProcedureEntry, Site
from protocol.documents.dispatch import SHIPPED
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import DISPATCH_2
from protocol.identifiers import IdKind
from protocol.wire.documents import EntryRecord, EntryReply, EntryRequest
from tests.unit.core.clocks import ManualClock
from tests.unit.core.log_double import LI, POST, WANG, City, Device, identifier

# A key for the cupboard: asked for, lent, remarked on, and given back.
CUPBOARD: Final = Procedure(
    "cupboard",
    1,
    objects=(ObjectRule(ObjectKind.CASE, in_line=True),),
    rows=(
        StepRule("ask", ObjectKind.CASE, ("",), "asked", ("draft",), creates=True, may=("title", "opinion")),
        StepRule("lend", ObjectKind.CASE, ("asked",), "lent", ("registry",), head={"until": "text"}),
        StepRule(
            "note", ObjectKind.CASE, ("asked", "lent"), duties=("draft",), concurrent=True, must=("opinion",)
        ),
        StepRule("return", ObjectKind.CASE, ("lent",), "asked", ("draft",)),
    ),
)
PROCEDURES: Final[Procedures] = SHIPPED


class Words:
    """The `ContentRules` of these tests: hidden fields are words, and a title is short."""

    def check(self, object_id: str, fields: Mapping[str, Any]) -> None:
        if any(type(value) not in (str, bytes) for value in fields.values()):
            raise JinshuError(ErrorCode.CONTENT_HEADER_MISMATCH, object=object_id)

    def check_against_head(self, entry: DocumentEntry, fields: Mapping[str, Any]) -> None:
        if len(fields.get("title", "")) > 20:
            raise JinshuError(ErrorCode.CONTENT_HEADER_MISMATCH, object=entry.object)

    def is_later(self, _fields: Mapping[str, Any]) -> bool:
        return False

    def readable(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return dict(fields)

    def false_claims(
        self, case: LocalCase, fields_of: Callable[[bytes], Mapping[str, Any]]
    ) -> Iterable[tuple[bytes, str]]:
        """A note that calls itself the last one, and is not."""
        notes = [placed for placed in case.file.objects[case.file.case].chain if placed.entry.step == "note"]
        for placed in notes[:-1]:
            if fields_of(placed.id).get("opinion") == "最后一条":
                yield placed.id, ErrorCode.CONTENT_HEADER_MISMATCH.value


class Rows:
    """The `Projects` of these tests: what it was told to refresh."""

    def __init__(self) -> None:
        self.refreshed: list[str] = []

    def refresh(
        self, _connection: Connection, case: str, *, received: LocalCase | None = None
    ) -> list[Event]:
        self.refreshed.append(case)
        return [DocumentsChanged((case,))]


class CaseServer:
    """Takes entries in the order they come, and gives each its receipt."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.files: dict[str, CaseFile] = {}
        self.records: list[EntryRecord] = []
        self.places: dict[str, tuple[int, bytes | None]] = {}
        self.refuses: ErrorCode | None = None

    async def post_bytes(self, _path: str, body: bytes) -> bytes:
        if self.refuses is not None:
            raise JinshuError(self.refuses)
        request = EntryRequest.model_validate_json(body)
        signed = Signed.parse(request.entry, SignedType.DOCUMENT_ENTRY)
        procedures = PROCEDURES.known_to(self.city.state)
        entry = DocumentEntry.parse(signed.value(), procedures)
        file = self.files.setdefault(entry.case, procedures.file(entry.case, entry.procedure))
        succession.check(file, entry)
        n, last = self.places.get(entry.object, (0, None))
        facts = ServerReceipt(
            entry.object,
            n + 1,
            signed.entry_id,
            last,
            self.city.clock.now_ms(),
            self.city.state.size,
            self.city.tree().root(),
        )
        log = certificate_hash(self.city.trust.log_certificate)
        receipt = sign(self.city.log_key, log, SignedType.SERVER_RECEIPT, facts.value())
        self.places[entry.object] = (n + 1, receipt.entry_id)
        file.apply(Placed(signed.entry_id, entry, receipt.entry_id), {})
        self.records.append(
            EntryRecord(
                entry=request.entry,
                ciphertext=request.ciphertext,
                wraps=list(request.wraps),
                receipt=receipt.to_bytes(),
            )
        )
        return EntryReply(receipt=receipt.to_bytes(), n=n + 1).model_dump_json().encode()


class NoFiles:
    async def here(self, blob: str) -> bool:
        raise AssertionError(blob)


def nothing_beside(_signed: Signed, _entry: DocumentEntry, beside: bytes | None, _key: VerifyingKey) -> None:
    """The `ChecksBeside` of these tests: no entry of theirs brings anything."""
    if beside is not None:
        raise RemoteProtocolError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="number_entry")


class Official:
    """One device with the services of `client/cases`, and its outbox in the test's hand."""

    def __init__(self, device: Device, server: CaseServer) -> None:
        self.device, self.server = device, server
        self.cases = LocalCases(PROCEDURES)
        self.rows = Rows()
        self.is_online = True
        clock: ManualClock = server.city.clock
        self.signer = DeviceSigner(device.keystore, clock, _counted())
        self.outbox = Outbox(device.store, device.bus, clock, lambda: 0.0, _no_upload)
        rules = Words()
        self.writers = EntryWriters(
            WriterPorts(
                signer=self.signer,
                directory=device.directory,
                keys=device.principals,
                blobs=NoFiles(),
                outbox=self.outbox,
                online=lambda: self.is_online,
                rules=rules,
                projection=self.rows,
            ),
            self.cases,
        )
        self.reader = EntryReader(
            ReaderPorts(
                store=device.store,
                identity=self.signer,
                directory=device.directory,
                keys=device.principals,
                clock=clock,
                copied_back=CopiedBack(device.store, device.bus),
                rules=rules,
                check_beside=nothing_beside,
                projection=self.rows,
            ),
            self.cases,
        )
        self.outbox.register(EntryActs(server, self.rows, self.reader, by_itself={"return"}))
        self.read = 0

    @property
    def post(self) -> Post:
        return self.device.directory.organisation.posts[POST]

    async def begins(self, title: str) -> str:
        case = self.signer.new_id(IdKind.CASE)
        writer = self.writers.of(self.cases.new(case, CUPBOARD, self.device.directory.state))
        await writer.write("ask", self.post, {}, {"title": title})
        await writer.commit()
        return case

    async def does(
        self, case: str, step: str, head: Mapping[str, Any] | None = None, **fields: str
    ) -> EntryWriter:
        writer = self.writers.of(await self.case(case))
        await writer.write(step, self.post, head or {}, fields)
        await writer.commit()
        return writer

    async def case(self, case: str) -> LocalCase:
        state = self.device.directory.state
        return await self.device.store.read(lambda connection: self.cases.shown(connection, case, state))

    async def sends(self) -> None:
        """Everything that waits goes through the outbox, until what is left was refused."""
        tasks = TaskSupervisor()
        running = tasks.start("outbox", self.outbox.run(tasks))
        await self.outbox.drained()
        running.cancel()
        await asyncio.wait([running])

    async def follows(self, records: Iterable[EntryRecord] | None = None) -> None:
        """Read what is new at the server, or what somebody says is."""
        found = self.server.records[self.read :] if records is None else list(records)
        self.read += len(found)
        for n, record in enumerate(found, self.read - len(found) + 1):
            await self.reads(n, record)

    async def reads(self, n: int, record: EntryRecord) -> None:
        apply = await self.reader.prepare(LogEvent(n, "entry", record.model_dump(mode="json")))
        await self.device.store.write(lambda connection: list(apply(connection)))


def _counted() -> Callable[[int], bytes]:
    """Randomness that is the same in every run, and never twice the same."""
    drawn = iter(range(1 << 30))
    return lambda count: next(drawn).to_bytes(8, "big").rjust(count, b"\x07")[-count:]


async def _no_upload(blobs: Iterable[str]) -> None:
    raise AssertionError(list(blobs))


async def office(
    procedure: Procedure = CUPBOARD, words: tuple[str, ...] = ()
) -> tuple[City, CaseServer, Official, Official]:
    """王 and 李 hold one post together; the site has defined one procedure."""
    city = City(ManualClock())
    definition = cbor.encode(procedure.value())
    city.site = [
        ProcedureEntry(identifier(IdKind.PROCEDURE, 1), procedure.id, 1, procedure.hash, definition, words),
        Site(SITE_ID, (DISPATCH_2.name,), DISPATCH_2.protocol),
    ]
    city.publish_organisation([WANG, LI])
    devices = [Device(None, city, person) for person in (WANG, LI)]
    for device in devices:
        await device.enrol()
    for _ in range(3):
        for device in devices:
            await device.step()
    for waiting in await devices[0].principals.unconfirmed_members():
        await devices[0].principals.confirm_member(waiting)
    for device in (*devices, *devices):
        await device.step()
    server = CaseServer(city)
    first, second = (Official(device, server) for device in devices)
    return city, server, first, second
