"""The record of a case: one file that shows, under the root alone, who did what in it, by which rules and by what right (C10, C42).

It is made of the pieces that are embedded in a sealed document: signed entries with their receipts, entries of the organisation with
their places under a root that the CA signed. Where a sealed document brings one sign-off, a record brings every entry of a case, and
with them the leaves of the directory log that say which snapshot, which devices and which keys counted when each was received.

Nothing here is believed: `record_check.py` judges it. Kept light, so that whoever makes a record does not load what checks one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from client.verify.extract import PROOF
from protocol import payload
from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind

SUFFIX: Final = ".jinshu-record"
MAGIC: Final = b"jinshu-record\n"
MAX_RECORD: Final = 64 << 20
MAX_STEPS: Final = 10_000
_FIRST: Final = 1
_STEP: Final[Mapping[str, payload.Shape]] = {
    "entry": payload.any_octets,
    "receipt": payload.any_octets,
    "number_entry": payload.optional(payload.any_octets),
}
_LEAF: Final[Mapping[str, payload.Shape]] = {
    "index": payload.integer,
    "leaf": payload.any_octets,
    "path": payload.list_of(payload.HASH, at_most=64),
}
_SIZE: Final[Mapping[str, payload.Shape]] = {
    "size": payload.integer,
    "path": payload.list_of(payload.HASH, at_most=128),
}
_SNAPSHOT: Final[Mapping[str, payload.Shape]] = {
    "org_seq": payload.integer,
    "organisation_entries": payload.list_of(payload.any_octets),
    "organisation_proofs": payload.list_of(PROOF),
}
_SHAPES: Final[Mapping[str, payload.Shape]] = {
    "case": payload.identifier(IdKind.CASE),
    "steps": payload.list_of(payload.fields(_STEP), at_most=MAX_STEPS),
    "log_head": payload.any_octets,
    "log_certificate": payload.any_octets,
    "issuing": payload.any_octets,
    "sizes": payload.list_of(payload.fields(_SIZE), at_most=2 * MAX_STEPS),
    "leaves": payload.list_of(payload.fields(_LEAF)),
    "snapshots": payload.list_of(payload.fields(_SNAPSHOT), at_most=MAX_STEPS),
}


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One entry with its receipt, and the line of a ledger of numbers that came with it."""

    entry: bytes
    receipt: bytes
    number_entry: bytes | None = None

    def value(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _STEP}


@dataclass(frozen=True, slots=True)
class ProvedLeaf:
    """A leaf of the directory log with its place under the record's head."""

    index: int
    leaf: bytes
    path: list[bytes]

    def value(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _LEAF}


@dataclass(frozen=True, slots=True)
class ProvedSize:
    """That the log of an earlier size is the beginning of the one that the record's head names."""

    size: int
    path: list[bytes]

    def value(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SIZE}


@dataclass(frozen=True, slots=True)
class ProvedPart:
    """Entries of a snapshot, each with its index and path under the snapshot's root."""

    org_seq: int
    entries: list[bytes]
    proofs: list[tuple[int, list[bytes]]]

    def value(self) -> dict[str, Any]:
        return {
            "org_seq": self.org_seq,
            "organisation_entries": self.entries,
            "organisation_proofs": [{"index": index, "path": path} for index, path in self.proofs],
        }


@dataclass(frozen=True, slots=True)
class Record:
    """The file, field by field as PROTOCOL.md has it.

    Attributes:
        steps: in an order in which none stands before an entry it names as a parent.
        issuing: the CA the log began with; leaves tell of those that took its place.
        sizes, leaves, snapshots: each in ascending order, none twice.
    """

    case: str
    steps: list[RecordedStep]
    log_head: bytes
    log_certificate: bytes
    issuing: bytes
    sizes: list[ProvedSize]
    leaves: list[ProvedLeaf]
    snapshots: list[ProvedPart]

    @classmethod
    def parse(cls, data: bytes) -> Record:
        """Read a file.

        Raises:
            JinshuError: `verify.record_malformed`, or `verify.newer_needed` for a record of a later version.
        """
        try:
            value = cbor.decode(data.removeprefix(MAGIC), limit=MAX_RECORD)
            _refuse_newer(value)
            known = payload.check(value, _SHAPES)
        except JinshuError as error:
            if error.code is ErrorCode.VERIFY_NEWER_NEEDED:
                raise
            raise JinshuError(ErrorCode.VERIFY_RECORD_MALFORMED, **error.params) from error
        record = cls(
            case=known["case"],
            steps=[RecordedStep(**each) for each in known["steps"]],
            log_head=known["log_head"],
            log_certificate=known["log_certificate"],
            issuing=known["issuing"],
            sizes=[ProvedSize(**each) for each in known["sizes"]],
            leaves=[ProvedLeaf(**each) for each in known["leaves"]],
            snapshots=[_part(each) for each in known["snapshots"]],
        )
        record._check_form()
        return record

    def to_bytes(self) -> bytes:
        """The file: of the same case at the same head of the log always the same."""
        return MAGIC + cbor.encode(
            {
                "v": _FIRST,
                "case": self.case,
                "steps": [each.value() for each in self.steps],
                "log_head": self.log_head,
                "log_certificate": self.log_certificate,
                "issuing": self.issuing,
                "sizes": [each.value() for each in self.sizes],
                "leaves": [each.value() for each in self.leaves],
                "snapshots": [each.value() for each in self.snapshots],
            }
        )

    def _check_form(self) -> None:
        whole = self.steps and all(len(each.entries) == len(each.proofs) for each in self.snapshots)
        ordered = (
            _ascending([each.size for each in self.sizes])
            and _ascending([each.index for each in self.leaves])
            and _ascending([each.org_seq for each in self.snapshots])
        )
        if not whole or not ordered:
            raise JinshuError(ErrorCode.VERIFY_RECORD_MALFORMED)


def is_record(data: bytes) -> bool:
    """Whether a file says of itself that it is a record."""
    return data.startswith(MAGIC)


def _part(value: Mapping[str, Any]) -> ProvedPart:
    proofs = [(each["index"], each["path"]) for each in value["organisation_proofs"]]
    return ProvedPart(value["org_seq"], value["organisation_entries"], proofs)


def _ascending(numbers: Sequence[int]) -> bool:
    return list(numbers) == sorted(set(numbers))


def _refuse_newer(value: Any) -> None:
    """What a later version has added cannot be judged here (PROTOCOL.md §8)."""
    if not isinstance(value, dict):
        return
    version = value.get("v")
    if (type(version) is int and version > _FIRST) or value.keys() - {"v", *_SHAPES}:
        raise JinshuError(ErrorCode.VERIFY_NEWER_NEEDED)
