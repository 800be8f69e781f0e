"""The ledgers of numbers (C12): a line is taken only as the next one, and a case has one number for ever."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select

from protocol.cases.entries import DocumentEntry
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.organisation import Organisation
from protocol.documents.numbering import RECEIVED, NumberEntry, check_succession
from protocol.documents.steps import Step
from protocol.errors import ErrorCode, JinshuError
from server_stub.database.tables import NUMBER_ENTRIES

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A line of a ledger as it came with its entry, read and of the same hand."""

    signed: Signed
    line: NumberEntry
    received: bool  # a 收文号

    @property
    def data(self) -> bytes:
        """The signed bytes."""
        return self.signed.to_bytes()

    def take(self, connection: Connection, organisation: Organisation, now: int) -> None:
        """Write the line into its ledger.

        Raises:
            JinshuError: `numbers.conflict`, or `documents.head_field` for a 代字 or year that is not the body's.
        """
        code = RECEIVED if self.received else organisation.bodies[self.line.body].number_code
        take(connection, self.signed, self.line, code, now)


class NumberReader:
    """What goes with an entry that gives a number, besides the entry: 编号, 登记."""

    def __call__(
        self, data: bytes | None, entry: DocumentEntry, cert_hash: bytes, key: VerifyingKey
    ) -> NumberLine | None:
        """The line that goes with an entry that gives a number; None for every other.

        Raises:
            JinshuError: `documents.head_field` or `signature.*`.
        """
        if (data is not None) != ("number_entry" in entry.head):
            raise JinshuError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="number_entry")
        if data is None:
            return None
        signed, line = parse(data, entry, cert_hash)
        verify(signed, key, SignedType.NUMBER_ENTRY)
        return NumberLine(signed, line, received=entry.step == Step.REGISTER)


def parse(data: bytes, entry: DocumentEntry, signer: bytes) -> tuple[Signed, NumberEntry]:
    """Read the line that goes with a number and see that it is of the same hand and says the same.

    Raises:
        JinshuError: `documents.head_field` or `signature.*`.
    """
    signed = Signed.parse(data, SignedType.NUMBER_ENTRY)
    line = NumberEntry.parse(signed.value())
    expected = (signer, entry.body, entry.post, entry.case, "used")
    if (signed.cert_hash, line.body, line.post, line.case, line.state) != expected:
        raise JinshuError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="number_entry")
    if entry.head["number"] != line.text or entry.head["number_entry"] != signed.entry_id:
        raise JinshuError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="number")
    return signed, line


def take(connection: Connection, signed: Signed, line: NumberEntry, code: str, now: int) -> None:
    """Write a line into its ledger, which has this 代字.

    Raises:
        JinshuError: `numbers.conflict`, or `documents.head_field` for a 代字 or year that is not the body's.
    """
    year = datetime.datetime.fromtimestamp(now / 1000, _SHANGHAI).year
    if line.code != code or line.year != year:
        raise JinshuError(ErrorCode.DOCUMENTS_HEAD_FIELD, field="number")
    check_succession(line, last(connection, line.chain))
    connection.execute(
        insert(NUMBER_ENTRIES).values(
            chain=line.chain,
            n=line.n,
            entry_id=signed.entry_id,
            case_id=line.case,
            signed=signed.to_bytes(),
        )
    )


def last(connection: Connection, chain: str) -> tuple[bytes, NumberEntry] | None:
    """The newest line of a ledger."""
    row = connection.execute(
        select(NUMBER_ENTRIES.c.signed)
        .where(NUMBER_ENTRIES.c.chain == chain)
        .order_by(NUMBER_ENTRIES.c.n.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    signed = Signed.parse(row.signed)
    return signed.entry_id, NumberEntry.parse(signed.value())


def of_chain(connection: Connection, chain: str) -> list[bytes]:
    """A ledger, oldest line first."""
    chosen = select(NUMBER_ENTRIES.c.signed).where(NUMBER_ENTRIES.c.chain == chain)
    return list(connection.execute(chosen.order_by(NUMBER_ENTRIES.c.n)).scalars())
