"""What the server signs about a chain of entries (C10): receipts that cannot be two for one place, and fresh heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from protocol import payload
from protocol.identifiers import IdKind

_OBJECT = payload.identifier(IdKind.CASE, IdKind.BRANCH, IdKind.ISSUE, IdKind.RECEIPT)


@dataclass(frozen=True, slots=True)
class ServerReceipt(payload.Payload):
    """That an entry stands at place `n` (from 1) of an object's chain. `previous`: entry id of the receipt before."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "object": _OBJECT,
        "n": payload.integer,
        "entry": payload.HASH,
        "previous": payload.optional(payload.HASH),
        "received_at": payload.integer,
        "log_size": payload.integer,
        "log_root": payload.HASH,
    }
    object: str
    n: int
    entry: bytes
    previous: bytes | None
    received_at: int
    log_size: int
    log_root: bytes


@dataclass(frozen=True, slots=True)
class CaseHead(payload.Payload):
    """The heads of an object at a moment, with the asker's nonce: no act before it can have been hidden from him."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "object": _OBJECT,
        "n": payload.integer,
        "heads": payload.list_of(payload.HASH, at_most=1000),
        "nonce": payload.octets(16),
        "at": payload.integer,
    }
    object: str
    n: int
    heads: list[bytes]
    nonce: bytes
    at: int
