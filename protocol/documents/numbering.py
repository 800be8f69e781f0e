"""发文字号, 收文号 and the ledgers of them (C12): one signed chain for each body, 机关代字 and year, 发文字号 without a gap."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from protocol import payload
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind

# GB/T 9704-2012, 7.2.5: six-corner brackets, no 第, no zero before the figure.
NUMBER: Final = re.compile(r"[^\s〔〕]+〔20\d\d〕[1-9]\d*号")


# 收文号: every body numbers what it receives in a ledger of its own, under this word in place of a 机关代字.
RECEIVED: Final = "收"
# A ledger that begins later than this was begun to end it.
LAST_FIRST: Final = 99_999


def number_text(code: str, year: int, n: int) -> str:
    """The number as printed, such as 云发改〔2026〕12号."""
    return f"{code}〔{year}〕{n}号"


def chain_id(body: str, code: str, year: int) -> str:
    """The name of a ledger."""
    return f"{body}/{code}/{year}"


@dataclass(frozen=True, slots=True)
class NumberEntry(payload.Payload):
    """One line of a ledger. `state`: used, reserved until a time (ms UTC), or void; `previous`: the line before."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "body": payload.identifier(IdKind.BODY),
        "code": payload.text,
        "year": payload.integer,
        "n": payload.integer,
        "previous": payload.optional(payload.HASH),
        "case": payload.optional(payload.identifier(IdKind.CASE)),
        "reserved_until": payload.optional(payload.integer),
        "state": payload.one_of("reserved", "used", "void"),
        "post": payload.identifier(IdKind.POST),
        "at": payload.integer,
    }
    body: str
    code: str
    year: int
    n: int
    previous: bytes | None
    case: str | None
    reserved_until: int | None
    state: str
    post: str
    at: int

    @property
    def chain(self) -> str:
        return chain_id(self.body, self.code, self.year)

    @property
    def text(self) -> str:
        return number_text(self.code, self.year, self.n)


def check_succession(wanted: NumberEntry, last: tuple[bytes, NumberEntry] | None) -> None:
    """Return if a line may follow the last one (its entry id and content; None: the ledger is empty).

    A new ledger may begin at any figure: a body that comes over in mid-year goes on from its paper one.

    Raises:
        JinshuError: `numbers.conflict`, somebody was faster.
    """
    if last is None:
        fits = wanted.previous is None and 1 <= wanted.n <= LAST_FIRST
    else:
        # 收文号 that a body gave without the ledger, in documents begun before there was one, are passed over.
        onward = wanted.n > last[1].n if wanted.code == RECEIVED else wanted.n == last[1].n + 1
        fits = wanted.previous == last[0] and onward and wanted.n <= last[1].n + LAST_FIRST
    if not fits:
        raise JinshuError(ErrorCode.NUMBERS_CONFLICT, chain=wanted.chain)
