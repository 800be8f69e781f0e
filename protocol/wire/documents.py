"""Entries of documents on the wire (C8–C13)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from protocol.wire.base import Bytes64, Count, Id, Reply, Request


class EntryRequest(Request):
    """A signed act with its sealed content and the wraps it signs."""

    entry: Annotated[Bytes64, Field(max_length=1 << 18)]
    ciphertext: Annotated[Bytes64, Field(max_length=1 << 20)]
    wraps: Annotated[list[Bytes64], Field(max_length=2000, default_factory=list)]
    number_entry: Annotated[Bytes64, Field(max_length=1 << 14)] | None = None


class EntryReply(Reply):
    """The server's chained receipt (SERVER_RECEIPT)."""

    receipt: Bytes64
    n: Count


class EntryRecord(Reply):
    """An accepted entry as its readers get it: wraps only for the reader's own principals."""

    entry: Bytes64
    ciphertext: Bytes64
    wraps: list[Bytes64]
    receipt: Bytes64
    number_entry: Bytes64 | None = None


class ObjectReply(Reply):
    """All entries of an object in the order of its chain."""

    id: Id
    entries: list[EntryRecord]


class CaseHeadRequest(Request):
    """A nonce of 16 bytes the fresh head must echo."""

    nonce: Annotated[Bytes64, Field(min_length=16, max_length=16)]


class CaseHeadReply(Reply):
    """CASE_HEAD, signed by the log key."""

    head: Bytes64


class NumbersReply(Reply):
    """A chain of NUMBER_ENTRY, oldest first."""

    entries: list[Bytes64]
