"""收文号 a body has given, as far as this device has read: all there is in documents of `dispatch/1`, and what its ledger passes over."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from client.cases import entry_store
from client.cases.local_case import read_entry
from protocol.cases.objects import ObjectKind
from protocol.cases.procedures import Procedures
from protocol.crypto.signature import Signed
from protocol.documents.dispatch import DISPATCH_1
from protocol.documents.numbering import RECEIVED, NumberEntry, chain_id, number_text
from protocol.documents.steps import Step

_FIGURES: Final = 6  # more is no number of a year: somebody wrote it by hand


def highest(connection: Connection, body: str, year: int, procedures: Procedures) -> int:
    """The highest 收文号 of a body in a year, as far as this device knows; 0 when there is none."""
    start, found = number_text(RECEIVED, year, 0).removesuffix("0号"), 0
    for kept in entry_store.of_kind(connection, ObjectKind.RECEIPT):
        entry = read_entry(Signed.parse(kept.signed, tolerant=True), procedures)
        number = str(entry.head.get("number", "")) if entry.step == Step.REGISTER else ""
        if entry.body == body and number.startswith(start) and procedures.of(entry).id == DISPATCH_1.id:
            figures = number.removeprefix(start).removesuffix("号")
            found = max(found, int(figures) if figures.isdecimal() and len(figures) <= _FIGURES else 0)
    return found


def has_ledger(connection: Connection, body: str, year: int) -> bool:
    """Whether this device knows of a line in a body's ledger of 收文号 of that year."""
    lines = (NumberEntry.parse(Signed.parse(data).value()) for data in entry_store.lines(connection))
    return any(line.chain == chain_id(body, RECEIVED, year) for line in lines)


def number_after(year: int, n: int) -> str:
    """The number that follows the nth of a year."""
    return number_text(RECEIVED, year, n + 1)
