"""The bodies of `document_town` in a real server: a device for each post, keys for each principal, cases over HTTP."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
from sqlalchemy import select

from protocol.cases.entries import DocumentEntry
from protocol.cases.history import Placed
from protocol.cases.procedure import Procedure
from protocol.crypto import certificates
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, wrap
from protocol.crypto.keys import SigningKey, XWingPublicKey
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import Leaf, LeafKind, SealCertificate
from protocol.directory.organisation import Seal
from protocol.documents.dispatch import DISPATCH_1, SHIPPED
from protocol.documents.numbering import NumberEntry
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from server_stub.audit import trail
from server_stub.database.database import Database
from server_stub.database.tables import DOCUMENT_ENTRIES, EVENTS, NUMBER_ENTRIES, OBJECT_WRAPS
from tests.support.document_builder import CASE, ISSUE, WHO, CaseBuilder
from tests.support.document_town import POSTS, body, entries, made, person, post
from tests.support.small_city import Device, SmallCity, append, b64

SEAL: Final = made(IdKind.SEAL, "seal")


def refused(reply: httpx.Response) -> ErrorCode:
    """The code of a refusal, as every refusal must be: never a 5xx, nothing but code, params and recovery."""
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
    said = reply.json()
    assert said.keys() == {"code", "params", "recovery"}
    return ErrorCode(said["code"])


class DocumentCity(SmallCity):
    """Everybody of the town enrolled; `keyless` bodies have nobody who made their key yet."""

    def __init__(self, folder: Path, keyless: tuple[str, ...] = ("audit",)) -> None:
        super().__init__(folder)
        self.ca.entries = {entry.id: entry for entry in entries()}
        self.ca.entries[SEAL] = Seal(SEAL, body("bureau"), "印章", (person("bureau.keeper"),))
        self.publish()
        self.devices: dict[str, Device] = {}
        self.clients: dict[str, httpx.Client] = {}
        self.public: dict[str, tuple[int, bytes]] = {}  # principal → number and key of its newest generation
        self.entry: dict[str, bytes] = {}  # principal → entry of its newest generation
        for name, posts in POSTS.items():
            for place in posts:
                full = f"{name}.{place}"
                self.devices[full], self.clients[full] = self.enrolled(person(full))
                self.rotate(post(full), full)
        for name, clerk in (
            ("bureau", "clerk"),
            ("finance", "desk"),
            ("audit", "registry"),
            ("inner", "desk"),
        ):
            if name not in keyless:
                self.rotate(body(name), f"{name}.{clerk}")
        self._give_seal("bureau.keeper")
        self.database = Database(self.server.config)

    def rotate(self, principal: str, who: str, *others: Device) -> None:
        """A new generation of a principal's key by one of its members, for himself and others."""
        device = self.devices[who]
        number = self.public[principal][0] + 1 if principal in self.public else 1
        to = {each.id: each.xwing for each in (device, *others)}
        leaf, wraps = device.generation(principal, number, self.entry.get(principal), to, self.ca.org_seq)
        reply = append(self.clients[who], leaf, wraps)
        assert reply.status_code == 200, reply.text
        self.entry[principal] = leaf.parsed().entry_id
        self.public[principal] = number, bytes(device.seeds[principal, number].public)

    def _give_seal(self, who: str) -> None:
        certificate = certificates.make_seal(
            self.ca.issuing_key,
            self.ca.issuing,
            SigningKey.generate().public_spki,
            seal=SEAL,
            body=body("bureau"),
            body_name="bureau",
            at_ms=self.clock.now,
        )
        made_for = SealCertificate(
            SEAL, body("bureau"), person(who), self.devices[who].id, certificate, self.clock.now
        )
        signed = self.ca.signed(SignedType.SEAL_CERTIFICATE, made_for.value())
        self.operate(Leaf(LeafKind.SEAL, signed.to_bytes()))

    def head(self) -> tuple[int, bytes]:
        """Size and root of the directory log."""
        reply = self.operator.get("/directory/head").json()
        value = Signed.parse(base64.b64decode(reply["head"])).value()
        return value["size"], value["root"]

    # What the server keeps

    def kept(self) -> object:
        """Every entry, wrap, number and document event there is."""

        def rows(connection: Any) -> object:
            columns = (DOCUMENT_ENTRIES.c.signed, OBJECT_WRAPS.c.record, NUMBER_ENTRIES.c.signed)
            found = [sorted(connection.execute(select(column)).scalars()) for column in columns]
            events = select(EVENTS.c.device, EVENTS.c.n, EVENTS.c.reference).where(EVENTS.c.kind == "entry")
            return found, sorted(map(tuple, connection.execute(events)))

        return self.database.read_now(rows)

    def audited(self) -> list[trail.Row]:
        rows = self.database.read_now(lambda connection: list(trail.rows(connection)))
        return [row for row in rows if row.action.startswith("documents")]

    def delivered(self, who: str) -> list[bytes]:
        """Ids of the entries in the log of somebody's device, in its order."""
        reply = self.clients[who].get("/events", params={"limit": 500}).json()
        found = [event["body"]["entry"] for event in reply["events"] if event["kind"] == "entry"]
        return [Signed.parse(base64.b64decode(entry)).entry_id for entry in found]

    def readers(self, placed: Placed) -> set[str]:
        """Whose devices have an entry in their logs."""
        return {who for who in self.devices if placed.id in self.delivered(who)}

    def close(self) -> None:
        self.database.close()
        super().close()


class LiveCase(CaseBuilder):
    """A case whose entries are signed, sealed and sent."""

    def __init__(self, city: DocumentCity, name: str = "case", procedure: Procedure = DISPATCH_1) -> None:
        super().__init__(procedure)
        self.city = city
        self.case, self.issue = made(IdKind.CASE, name), made(IdKind.ISSUE, name.replace("case", "issue"))
        self.held: dict[str, set[str]] = {}  # object → principals its key was sealed to
        self.bytes: dict[bytes, dict[str, Any]] = {}

    def value(self, step: Step, who: str | None = None, *, head: Any = None, **fields: Any) -> dict[str, Any]:
        """The payload, with the ids of this case."""
        value = super().value(step, who, head=head, **fields)
        mine = {CASE: self.case, ISSUE: self.issue}
        named = {
            name: mine.get(said, said) if isinstance(said, str) else said
            for name, said in value["head"].items()
        }
        return (
            value
            | {"head": named}
            | {name: mine.get(value[name], value[name]) for name in ("case", "object")}
        )

    def principals(self, entry: DocumentEntry) -> set[str]:
        """Who gets a wrap, by the table of PROTOCOL.md §3."""
        named = {entry.head.get(name) for name in ("next", "asked", "sender", "principal")} - {None}
        wanted = {str(name) for name in named} - self.held.get(entry.object, set())
        if entry.step in (Step.DRAFT, Step.CONSULT_OPEN, Step.DISPATCH, Step.RECEIVE, Step.REJECT):
            wanted |= {entry.body, entry.post}
        elif entry.key_commitment is not None:
            wanted |= self.held.get(entry.object, set()) | {entry.post}
        if entry.step == Step.DISPATCH:
            wanted |= {*entry.head["recipients"], *entry.head["copies"]}
        return wanted & self.city.public.keys()

    def wrapped(self, entry: DocumentEntry, who: str, principal: str, **changes: Any) -> WrapRecord:
        """A record of the object's key for one principal."""
        number, public = self.city.public[principal]
        sender = self.city.devices[who].id
        info = EnvelopeInfo(Purpose.OBJECT_KEY, entry.object, sender, principal, number)
        return replace(wrap(XWingPublicKey(public), info, os.urandom(32)), **changes)

    def case_head(self, who: str) -> bytes | None:
        """A fresh head of the case, if the server gives one."""
        asked = self.city.clients[who].post(
            f"/documents/objects/{self.case}/head", json={"nonce": b64(os.urandom(16))}
        )
        if asked.status_code != 200:
            assert refused(asked) is ErrorCode.DOCUMENTS_UNKNOWN
            return None
        return Signed.parse(base64.b64decode(asked.json()["head"])).entry_id

    def line(self, who: str, **changes: Any) -> Signed:
        """A line of the ledger, the twelfth of the year."""
        made_line = NumberEntry(
            body("bureau"),
            "云bureau",
            2026,
            12,
            None,
            self.case,
            None,
            "used",
            post(who),
            self.city.clock.now,
        )
        value = replace(made_line, **changes).value()
        return self.city.devices[who].signed(SignedType.NUMBER_ENTRY, value)

    def request(
        self,
        step: Step,
        who: str | None = None,
        *,
        head: Any = None,
        wraps: list[WrapRecord] | None = None,
        line: Signed | None = None,
        device: Device | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """The body of a POST for a next entry, right in all but what the test changes."""
        who = who or WHO[step]
        said = dict(head or {})
        if step in (Step.SEAL, Step.DISPATCH) and "case_head" not in said:
            fresh = self.case_head(who)
            said |= {"case_head": fresh} if fresh is not None else {}
        if step == Step.NUMBER or line is not None:
            line = line or self.line(who)
            said = {"number": NumberEntry.parse(line.value()).text, "number_entry": line.entry_id} | said
        ciphertext = b"\x01" + os.urandom(79)
        size, root = self.city.head()
        known = {
            "org_seq": self.city.ca.org_seq,
            "log_size": size,
            "log_root": root,
            "signed_at": self.city.clock.now,
            "content": hashlib.sha256(ciphertext).digest(),
        }
        entry = DocumentEntry.parse(self.value(step, who, head=said, **{**known, **fields}), SHIPPED)
        if wraps is None:
            wraps = [self.wrapped(entry, who, principal) for principal in sorted(self.principals(entry))]
        value = entry.value() | {"wraps": fields.get("wraps", sorted({record.hash for record in wraps}))}
        signed = (device or self.city.devices[who]).signed(SignedType.DOCUMENT_ENTRY, value)
        return {
            "entry": b64(signed.to_bytes()),
            "ciphertext": b64(ciphertext),
            "wraps": [b64(record.to_bytes()) for record in wraps],
            "number_entry": b64(line.to_bytes()) if line is not None else None,
        }

    def post(self, who: str, request: dict[str, Any]) -> httpx.Response:
        return self.city.clients[who].post("/documents/entries", json=request)

    def took(self, request: dict[str, Any]) -> Placed:
        """Remember what the server accepted."""
        signed = Signed.parse(base64.b64decode(request["entry"]))
        entry = DocumentEntry.parse(signed.value(), SHIPPED)
        sealed = self.principals(entry)
        if entry.key_commitment is None:
            sealed |= self.held.get(entry.object, set())
        self.held[entry.object] = sealed
        placed = Placed(signed.entry_id, entry)
        self.file.apply(placed, {})
        self.taken.append(placed)
        self.bytes[placed.id] = request
        return placed

    def do(self, step: Step, who: str | None = None, **said: Any) -> Placed:
        """Send a right entry, which the server accepts."""
        request = self.request(step, who, **said)
        reply = self.post(who or WHO[step], request)
        assert reply.status_code == 200, (step, reply.text)
        return self.took(request)

    def tries(self, step: Step, who: str | None = None, **said: Any) -> ErrorCode:
        """Send an entry the server refuses: nothing is kept of it but an audit row without content."""
        return self.sends(who or WHO[step], self.request(step, who, **said))

    def sends(self, who: str, request: dict[str, Any]) -> ErrorCode:
        kept, audited = self.city.kept(), self.city.audited()
        code = refused(self.post(who, request))
        assert self.city.kept() == kept
        [row] = self.city.audited()[len(audited) :]
        device = self.city.devices[who].id
        assert (row.actor, row.action, row.result, row.reference) == (device, "documents", code.value, "")
        return code
