"""What a record proves of the directory log: which snapshot, which devices and which keys counted when the log had a size (C4).

Every leaf has its place under one head that the log's key signed, and earlier sizes are beginnings of the same log; so "in force when
this was received" is a comparison of places, as in the fold that every client makes (`protocol/directory/state.py`), and not of clocks.
Snapshots bear consecutive numbers and so do lists of revocations: none is missing between two that are here. What came after the newest
of them is not told, and the verdict says of when they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from client.verify.judged import judged, require
from client.verify.proved import verify_by_ca
from client.verify.record import Record
from protocol.crypto import merkle
from protocol.crypto.certificates import Profile, public_key_of, verify_chain, verify_issuing
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, verify
from protocol.directory import ca_changes
from protocol.directory.ca_changes import IssuingHistory
from protocol.directory.log import (
    CaChange,
    DeviceBundle,
    KeyGeneration,
    Leaf,
    LeafKind,
    LogHead,
    OrganisationRoot,
    RevocationList,
)
from protocol.errors import ErrorCode

_UNPROVED: Final = ErrorCode.VERIFY_LOG_UNPROVED


@dataclass(frozen=True, slots=True)
class ProvedDevice:
    """A device in the log: whose, its key, and from which leaf on."""

    person: str
    key: VerifyingKey
    index: int


@dataclass
class ProvedLog:
    """The leaves of a record, each checked as a client checks it when it comes.

    Attributes:
        roots: number of a snapshot → (leaf, what the CA signed).
        lists: the same of lists of revocations.
        devices: by the hash of their certificates.
    """

    head: LogHead
    key: VerifyingKey
    sizes: dict[int, list[bytes]]
    roots: dict[int, tuple[int, OrganisationRoot]] = field(default_factory=dict)
    lists: dict[int, tuple[int, RevocationList]] = field(default_factory=dict)
    devices: dict[bytes, ProvedDevice] = field(default_factory=dict)
    first_keys: dict[str, int] = field(default_factory=dict)  # principal → leaf of its first generation
    _void: list[tuple[int, int]] = field(default_factory=list)  # of each change of the CA: since, its leaf

    def check_seen(self, size: int, root: bytes) -> None:
        """Return if the log had that root at that size.

        Raises:
            JinshuError: `verify.log_unproved`.
        """
        with judged(_UNPROVED, "size"):
            known = size == self.head.size or size in self.sizes
            require(known, _UNPROVED, "size")
            path = self.sizes.get(size, [])
            merkle.verify_consistency(size, self.head.size, path, root, self.head.root)

    def org_seq_at(self, size: int) -> int:
        """The number of the snapshot in force when the log had that size, void since or not; 0: none is proved."""
        changes = {index: since for since, index in self._void}
        good: list[tuple[int, int]] = []
        in_force = 0
        for index, number in sorted(
            [*((index, number) for number, (index, _) in self.roots.items()), *((i, 0) for i in changes)]
        ):
            if index >= size:
                break
            if index in changes:
                good = [each for each in good if each[0] < changes[index]]
                in_force = ca_changes.last_before(good, size)
            else:
                good.append((index, number))
                in_force = number
        return in_force

    def was_active(self, certificate: bytes, size: int) -> bool:
        """Whether a device's certificate (by its hash) had not been revoked when the log had that size.

        Raises:
            JinshuError: `verify.revocations_invalid`; it was revoked some time, and not proved that it was later.
        """
        device = self.devices[certificate]
        if any(since <= device.index < index for since, index in self._void):
            return False
        naming = [
            (index, number)
            for number, (index, found) in sorted(self.lists.items())
            if not any(since <= index < changed for since, changed in self._void)
            and any(each["cert"] == certificate for each in found.revoked)
        ]
        if not naming:
            return True
        index, number = naming[0]
        before_is_here = number == 1 or number - 1 in self.lists
        require(index < size or before_is_here, ErrorCode.VERIFY_REVOCATIONS_INVALID, "first_named")
        return index >= size

    def revoked_since(self, certificate: bytes) -> bool:
        """Whether the newest list names a certificate."""
        return any(each["cert"] == certificate for each in self.newest_list.revoked)

    @property
    def newest_list(self) -> RevocationList:
        return self.lists[max(self.lists)][1]

    @property
    def newest_root(self) -> OrganisationRoot:
        return self.roots[max(self.roots)][1]


class GenerationsAt:
    """Which principals had a key when the log had a size; a record holds the first generation of each it is about."""

    def __init__(self, log: ProvedLog, size: int) -> None:
        self._log = log
        self._size = size

    def current(self, principal: str) -> int | None:
        """That it has one, by the number of the first; None: it is not proved that it had one."""
        index = self._log.first_keys.get(principal)
        return 1 if index is not None and index < self._size else None

    def is_stale(self, _principal: str) -> bool:
        return False


def prove_log(record: Record, root: bytes) -> ProvedLog:
    """Check the leaves of a record under the root.

    Raises:
        JinshuError: `verify.foreign_root`, `verify.log_unproved`, `verify.organisation_unproved` or `verify.revocations_invalid`.
    """
    with judged(_UNPROVED, "leaf"):
        leaves = [(each.index, Leaf.parse(each.leaf)) for each in record.leaves]
    history, void = _issuers(record, leaves, root)
    with judged(_UNPROVED, "head"):
        signed = Signed.parse(record.log_head, SignedType.LOG_HEAD)
        head = LogHead.parse(signed.value())
    with judged(ErrorCode.VERIFY_FOREIGN_ROOT, "issuing"):
        facts = verify_chain(
            record.log_certificate, history.current, root, at_ms=head.at, profile=Profile.LOG
        )
    with judged(_UNPROVED, "head"):
        verify(signed, facts.public_key, SignedType.LOG_HEAD)
    with judged(_UNPROVED, "leaf"):
        for each in record.leaves:
            merkle.verify_inclusion(merkle.leaf_hash(each.leaf), each.index, head.size, each.path, head.root)
    log = ProvedLog(head, facts.public_key, {each.size: each.path for each in record.sizes}, _void=void)
    for index, leaf in leaves:
        if leaf.kind is LeafKind.ORGANISATION:
            _take_root(log, index, leaf, history.at(index), root)
        elif leaf.kind is LeafKind.REVOCATIONS:
            _take_list(log, index, leaf, history.at(index), root)
        elif leaf.kind is LeafKind.DEVICE:
            _take_device(log, index, leaf, history.at(index), root)
        elif leaf.kind is LeafKind.GENERATION:
            _take_generation(log, index, leaf)
    require(bool(log.roots), ErrorCode.VERIFY_ORGANISATION_UNPROVED, "missing")
    require(bool(log.lists), ErrorCode.VERIFY_REVOCATIONS_INVALID, "missing")
    return log


def _issuers(
    record: Record, leaves: list[tuple[int, Leaf]], root: bytes
) -> tuple[IssuingHistory, list[tuple[int, int]]]:
    """The issuing CAs of the log, and from which leaf on to which the word of each that was replaced is void (C1)."""
    history, void = IssuingHistory(record.issuing), list[tuple[int, int]]()
    with judged(ErrorCode.VERIFY_FOREIGN_ROOT, "issuing"):
        for index, leaf in leaves:
            if leaf.kind is not LeafKind.CA_CHANGE:
                continue
            signed = leaf.parsed()
            change = CaChange.parse(signed.value())
            verify(signed, public_key_of(root), SignedType.CA_CHANGE)
            verify_issuing(change.issuing, root, at_ms=change.at)
            history.check_next(change)
            void.append((history.void_from(change), index))
            history.add(change, index)
    return history, void


def _take_root(log: ProvedLog, index: int, leaf: Leaf, issuing: bytes, root: bytes) -> None:
    with judged(ErrorCode.VERIFY_ORGANISATION_UNPROVED, "root"):
        signed = leaf.parsed()
        wanted = OrganisationRoot.parse(signed.value())
        verify_by_ca(signed, SignedType.ORGANISATION_ROOT, issuing, root, wanted.issued_at)
    # Of two neighbours in the log one number follows the other: no snapshot was in force between them that is not here.
    follows = not log.roots or wanted.org_seq == max(log.roots) + 1
    require(follows, ErrorCode.VERIFY_ORGANISATION_UNPROVED, "gap")
    log.roots[wanted.org_seq] = (index, wanted)


def _take_list(log: ProvedLog, index: int, leaf: Leaf, issuing: bytes, root: bytes) -> None:
    with judged(ErrorCode.VERIFY_REVOCATIONS_INVALID, "list"):
        signed = leaf.parsed()
        wanted = RevocationList.parse(signed.value())
        verify_by_ca(signed, SignedType.REVOCATION_LIST, issuing, root, wanted.issued_at)
    follows = not log.lists or wanted.number > max(log.lists)
    require(follows, ErrorCode.VERIFY_REVOCATIONS_INVALID, "list")
    log.lists[wanted.number] = (index, wanted)


def _take_device(log: ProvedLog, index: int, leaf: Leaf, issuing: bytes, root: bytes) -> None:
    with judged(_UNPROVED, "device"):
        signed = leaf.parsed()
        bundle = DeviceBundle.parse(signed.value())
        certificate = leaf.certificate or b""
        facts = verify_chain(certificate, issuing, root, at_ms=bundle.created_at, profile=Profile.DEVICE)
        verify(signed, facts.public_key, SignedType.DEVICE_BUNDLE)
        same = (bundle.device, bundle.person, bundle.cert) == (facts.device, facts.person, facts.sha256)
        require(same and signed.cert_hash == certificate_hash(certificate), _UNPROVED, "device")
    log.devices[facts.sha256] = ProvedDevice(bundle.person, facts.public_key, index)


def _take_generation(log: ProvedLog, index: int, leaf: Leaf) -> None:
    """Whose hand made a key is the log's concern; here it counts only that there was one."""
    with judged(_UNPROVED, "generation"):
        generation = KeyGeneration.parse(leaf.parsed().value())
    log.first_keys.setdefault(generation.principal, index)
