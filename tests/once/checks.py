"""Every acknowledged act is there, once; everything that is there follows from one; nothing is broken."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from sqlalchemy import Connection, select

from protocol.cases.entries import DocumentEntry
from protocol.cases.receipts import ServerReceipt
from protocol.crypto.certificates import Profile, verify_chain
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.documents.dispatch import SHIPPED
from protocol.documents.steps import Step
from server_stub import config as configuration
from server_stub.audit import trail
from server_stub.cases import store
from server_stub.cases.store import StoredEntry
from server_stub.config import Config
from server_stub.database.engine import make_engine
from server_stub.database.tables import DOCUMENT_ENTRIES, EVENTS
from server_stub.directory.trust import ServerTrust
from tests.once.scenario import Outcome
from tests.once.user import Holdings

STEPS = [Step.DRAFT, Step.SUBMIT, Step.REVIEW_RETURN]


def check(outcome: Outcome) -> None:
    """The server's folder is read as it lies there, after everybody has ended."""
    config = configuration.read(outcome.stage.folder / "server")
    engine = make_engine(config, read_only=True)
    try:
        with engine.connect() as connection, connection.begin():
            stored = store.of_object(connection, outcome.case)
            entries = [DocumentEntry.parse(Signed.parse(each.signed).value(), SHIPPED) for each in stored]
            assert [entry.step for entry in entries] == STEPS
            every = connection.execute(select(DOCUMENT_ENTRIES.c.entry_id)).scalars()
            assert Counter(every) == Counter(each.entry_id for each in stored), "nothing invented"
            _check_receipts(config, outcome.case, stored)
            _check_blobs(outcome, config, entries)
            _check_trail(connection, stored)
            _check_logs(connection, stored)
    finally:
        engine.dispose()
    for log in outcome.stage.folder.glob("*.log"):
        _check_log(log)
    for role, holdings in outcome.holdings.items():
        _check_reader(role, holdings, outcome, stored)


def _check_log(log: Path) -> None:
    """Nobody met with what he was not made for; that a dead client hangs up in a handshake is asyncio's to say."""
    said = log.read_text("utf-8")
    errors = [line for line in said.splitlines() if " ERROR " in line and " ERROR asyncio " not in line]
    assert not errors, log
    assert log.stem == "server" or "Traceback" not in said, log


def _check_receipts(config: Config, case: str, stored: list[StoredEntry]) -> None:
    trust = ServerTrust.load(config.tls)
    previous = None
    for place, each in enumerate(stored, 1):
        receipt = Signed.parse(each.receipt, SignedType.SERVER_RECEIPT)
        facts = ServerReceipt.parse(receipt.value())
        log = verify_chain(
            trust.log_certificate, trust.issuing, trust.root, at_ms=facts.received_at, profile=Profile.LOG
        )
        verify(receipt, log.public_key, SignedType.SERVER_RECEIPT)
        claimed = (facts.object, facts.n, facts.entry, facts.previous)
        assert claimed == (case, place, each.entry_id, previous)
        previous = receipt.entry_id


def _check_blobs(outcome: Outcome, config: Config, entries: list[DocumentEntry]) -> None:
    named = {blob for entry in entries for blob in entry.blobs}
    assert len(named) == 1
    # A death between a blob's rename and the next line leaves its announced size, which `prune` takes away.
    assert {path.name for path in config.blobs.iterdir() if path.suffix != ".size"} == named
    folders = [config.blobs, *(outcome.stage.folder / role / "blobs" for role in outcome.holdings)]
    for path in (folder / blob for folder in folders for blob in named):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name


def _check_trail(connection: Connection, stored: list[StoredEntry]) -> None:
    assert trail.first_broken(connection) is None
    said = [row for row in trail.rows(connection) if row.action.startswith("documents")]
    assert [(row.result, row.reference) for row in said] == [("ok", each.entry_id.hex()) for each in stored]


def _check_logs(connection: Connection, stored: list[StoredEntry]) -> None:
    """Each device was told of each entry once, without gaps in its log."""
    told: dict[str, list[tuple[int, str]]] = {}
    for row in connection.execute(select(EVENTS).order_by(EVENTS.c.device, EVENTS.c.n)):
        told.setdefault(row.device, []).append((row.n, row.kind))
    assert len(told) == 2
    for log in told.values():
        numbers = [n for n, _ in log]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert [kind for _, kind in log].count("entry") == len(stored)


def _check_reader(role: str, holdings: Holdings, outcome: Outcome, stored: list[StoredEntry]) -> None:
    kept = [(e.id, e.object, e.n, e.receipt) for e in sorted(holdings.entries, key=lambda e: e.n or 0)]
    there = [(e.entry_id, outcome.case, n, e.receipt) for n, e in enumerate(stored, 1)]
    assert kept == there, role
    assert all(e.standing == "settled" and e.fault is None for e in holdings.entries), role
    files = [file for e in holdings.entries for file in (e.fields or {}).get("attachments", [])]
    assert [file["sha256"] for file in files] == [outcome.attached], role
    left = (holdings.rows, holdings.drafts, holdings.outbox, holdings.held)
    assert left == ((outcome.case,), 0, 0, 0), role
