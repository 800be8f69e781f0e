"""A real client at the clerk's desk of a documents city, which speaks to a lying face of its server, and cases it reads."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from client.cases.entry_writer import EntryWriter
from client.cases.local_case import LocalCase
from client.core.client import CoreClient
from client.core.store import events
from client.core.store.documents import DOCUMENT_ROWS, ENTRIES, OBJECTS
from client.documents import service
from client.documents.paper import CASES
from protocol.cases.entries import DocumentEntry
from protocol.cases.receipts import ServerReceipt
from protocol.crypto.keys import XWingPublicKey
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.organisation import Post
from protocol.documents.dispatch import SHIPPED
from protocol.errors import ErrorCode
from server_stub.documents import numbers
from tests.security.malicious_server import Json, MaliciousServer
from tests.support.document_city import DocumentCity
from tests.support.document_town import body, person, post
from tests.support.open_case import CHAIN, OpenCase
from tests.support.real_clients import RealClients
from tests.support.small_city import b64

CLERK = "bureau.clerk"
_names = itertools.count()


@dataclass(frozen=True)
class _Named:
    """As much of a device as somebody needs who seals to it."""

    id: str
    xwing: Any


@dataclass(frozen=True)
class _Public:
    public: XWingPublicKey


class Desk:
    """One city, one victim, one face for all attacks of a module; each attack has a case of its own."""

    def __init__(self, folder: Path) -> None:
        self.city = DocumentCity(folder / "city")
        self.real = RealClients(self.city, folder)
        self.face = MaliciousServer(self.city)
        self.client: CoreClient

    async def sit(self) -> None:
        """Enrol the victim, and let the other devices of its principals share their keys with it."""
        self.client = await self.real.enrolled(person(CLERK), self.face.port)
        self.documents = service.Documents(self.client)
        await self.client.directory.catch_up()
        mine = self.client.directory.state.device_by_id(self.client.me.device)
        assert mine is not None
        shared: Any = _Named(mine.id, _Public(mine.encryption_key))
        for principal in (post(CLERK), body("bureau")):
            self.city.rotate(principal, CLERK, shared)
        await self.client.directory.catch_up()
        await self.client.principals.maintain()

    def numbers(self) -> int:
        """How many lines the bureau's ledger has."""
        return len(self.city.database.read_now(lambda connection: numbers.of_chain(connection, CHAIN)))

    def case(self) -> OpenCase:
        return OpenCase(self.city, f"case {next(_names)}")

    async def follow(self) -> None:
        """Take what the server shows in this device's log."""
        await self.client.catch_up()

    def honest(self) -> None:
        """No lie is told any more."""
        self.face._lies.clear()
        self.face._answers.clear()

    async def book(self, case: OpenCase) -> LocalCase:
        state = self.client.directory.state
        return await self.client.store.read(lambda c: CASES.shown(c, case.case, state))

    async def pen(self, case: OpenCase) -> tuple[EntryWriter, Post]:
        """The victim about to write into a case."""
        found = self.client.directory.organisation.posts[post(CLERK)]
        return self.documents.writers.of(await self.book(case)), found

    async def belief(self) -> dict[str, list[tuple[object, ...]]]:
        """All the victim keeps and shows of documents."""

        def rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
            tables = (ENTRIES, OBJECTS, DOCUMENT_ROWS)
            return {t.name: [tuple(r) for r in connection.execute(select(t))] for t in tables}

        return await self.client.store.read(rows)

    async def held(self) -> list[str]:
        return await self.client.store.read(
            lambda connection: list(connection.execute(select(events.HELD.c.code)).scalars())
        )

    # What the face says

    def tell(self, *lies: Callable[[Json], Json] | None) -> None:
        """Change the newest entries in the victim's log, the last lie the last entry; None leaves one as it is."""

        def lie(reply: Json) -> Json:
            entries = [event for event in reply["events"] if event["kind"] == "entry"]
            for event, change in zip(entries[-len(lies) :], lies, strict=len(entries) >= len(lies)):
                if change is not None:
                    event["body"] = change(event["body"])
            return reply

        self.face.lie("/events$", lie)

    def replace(self, *bodies: Json) -> None:
        """Show other records in the place of the newest."""
        self.tell(*[lambda _honest, shown=shown: shown for shown in bodies])

    def receipt(self, of: Json, **changes: Any) -> Json:
        """The record with a receipt the server signed over something else."""
        value = Signed.parse(base64.b64decode(of["receipt"])).value() | changes
        return of | {"receipt": b64(self.face.signed_by_log(SignedType.SERVER_RECEIPT, value))}

    def accepted(self, request: Json, before: Json | None, **changes: Any) -> Json:
        """A record of an entry the honest server never saw: the face gives the receipt itself, after that of `before`."""
        signed = Signed.parse(base64.b64decode(request["entry"]))
        entry = DocumentEntry.parse(signed.value(), SHIPPED, tolerant=True)
        last = Signed.parse(base64.b64decode(before["receipt"])) if before is not None else None
        size, root = self.city.head()
        facts = ServerReceipt(
            object=entry.object,
            n=ServerReceipt.parse(last.value()).n + 1 if last is not None else 1,
            entry=signed.entry_id,
            previous=last.entry_id if last is not None else None,
            received_at=self.city.clock.now,
            log_size=size,
            log_root=root,
        )
        receipt = self.face.signed_by_log(SignedType.SERVER_RECEIPT, facts.value() | changes)
        return {name: request[name] for name in ("entry", "ciphertext", "wraps", "number_entry")} | {
            "receipt": b64(receipt)
        }

    def record(self, case: OpenCase, object_id: str | None = None) -> Json:
        """The newest entry of an object as the honest server renders it for the victim's colleague."""
        reply = self.city.clients[CLERK].get(f"/documents/objects/{object_id or case.case}")
        assert reply.status_code == 200, reply.text
        found: Json = reply.json()["entries"][-1]
        return found

    async def close(self) -> None:
        await self.real.close()
        self.face.end()
        self.face.join()
        self.city.close()


@dataclass(frozen=True)
class Blow:
    """A lie that is told from now on: what the victim does that brings it to him, and entries he must never keep."""

    act: Callable[[], Awaitable[object]]
    never: Iterable[bytes] = ()


Run = Callable[[Desk], Awaitable[Blow]]


@dataclass(frozen=True)
class Trick:
    """One attack on one object. `held`: the event is kept aside and the user told; else the act itself fails."""

    target: str
    attack: str
    code: ErrorCode
    run: Run
    held: bool

    @property
    def name(self) -> str:
        return self.run.__name__
