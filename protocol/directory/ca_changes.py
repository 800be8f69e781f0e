"""The exit from a compromised issuing CA (C1): what may follow what, and from which leaf on the old CA's word is void."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from protocol.crypto.signature import Signed
from protocol.directory.log import CaChange, OrganisationRoot
from protocol.directory.organisation import Organisation
from protocol.errors import ErrorCode, JinshuError


@dataclass(slots=True)
class IssuingHistory:
    """The issuing CAs of a log in their order. `indexes`: the leaf of each change."""

    first: bytes
    changes: list[CaChange] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)

    def copy(self) -> IssuingHistory:
        return IssuingHistory(self.first, list(self.changes), list(self.indexes))

    @property
    def current(self) -> bytes:
        return self.changes[-1].issuing if self.changes else self.first

    @property
    def replaced(self) -> tuple[bytes, ...]:
        return (self.first, *(change.issuing for change in self.changes))[:-1]

    def at(self, index: int) -> bytes:
        """The CA whose word counted at a leaf."""
        before = sum(changed <= index for changed in self.indexes)
        return self.changes[before - 1].issuing if before else self.first

    def void_from(self, change: CaChange) -> int:
        """The first leaf at which the word of the CA that a change replaces is void."""
        # What stands before the last change is the word of a CA before, which that change has judged.
        return max(change.last_trusted, self.indexes[-1] if self.indexes else 0)

    def check_next(self, change: CaChange) -> None:
        """Return if the change may be the next.

        Raises:
            JinshuError: `directory.entry_refused`; an old change is shown again.
        """
        former = [self.first, *(known.issuing for known in self.changes)]
        older = bool(self.changes) and change.at <= self.changes[-1].at
        # Without this whoever has the key of a replaced CA could bring it back with the very entry that made it.
        if older or change.issuing in former:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="ca_change")

    def add(self, change: CaChange, index: int) -> None:
        self.changes.append(change)
        self.indexes.append(index)


def snapshot_before(
    roots: dict[int, tuple[int, Signed]], org_seq: int, given: Organisation | None
) -> tuple[Organisation, Signed | None]:
    """The snapshot that a change goes back to, if what was given is that one; the empty one for 0.

    Raises:
        JinshuError: `directory.snapshot_invalid`.
    """
    if org_seq == 0:
        return Organisation.empty(), None
    signed = roots[org_seq][1]
    wanted = OrganisationRoot.parse(signed.value())
    if given is None or (given.org_seq, len(given.entries), given.root) != (
        org_seq,
        wanted.count,
        wanted.root,
    ):
        raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_INVALID, org_seq=org_seq)
    return given, signed


def last_before(snapshots: Iterable[tuple[int, int]], size: int) -> int:
    """The number of the last snapshot, of (leaf, number), when the log had that size; 0 before the first."""
    return max(((index, org_seq) for index, org_seq in snapshots if index < size), default=(0, 0))[1]


def from_index(found: Sequence[tuple[bytes, int]], since: int) -> dict[bytes, int]:
    """Certificates (by hash) that came into the log at a leaf or after it, with that place."""
    return {cert: index for cert, index in found if index >= since}
