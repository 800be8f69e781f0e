"""The directory log on disk and in memory (C4): one append-only tree, whose rule is the fold every client uses too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, insert, select

from protocol.crypto import cbor, merkle
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.signature import Signed, SignedType, certificate_hash, sign
from protocol.directory.log import KeyGeneration, KeyShare, Leaf, LeafKind, LogHead
from protocol.directory.organisation import Organisation
from protocol.directory.state import DirectoryState
from protocol.directory.usable_keys import check_usable
from protocol.errors import ErrorCode, JinshuError
from server_stub.clock import Clock
from server_stub.database.tables import LEAVES, SEED_WRAPS, SNAPSHOTS
from server_stub.directory.trust import ServerTrust

MAX_SNAPSHOT: Final = 64 << 20
# What only the CA may say.
CA_KINDS: Final = frozenset({LeafKind.ORGANISATION, LeafKind.REVOCATIONS, LeafKind.SEAL, LeafKind.CA_CHANGE})


@dataclass(frozen=True, slots=True)
class LogState:
    """The log at one size: nothing in it changes."""

    state: DirectoryState
    head: Signed
    size: int


class DirectoryLog:
    """Appends run on the writer thread inside a transaction, and build on `writing`; everybody else sees what is on disk:
    a head shown to anyone is never taken back, whatever happens to the machine.
    """

    def __init__(self, trust: ServerTrust, clock: Clock) -> None:
        self.trust = trust
        self._clock = clock
        self._log_cert_hash = certificate_hash(trust.log_certificate)
        self._tree = merkle.Tree()
        empty = DirectoryState(trust.root, trust.first)
        self._writing = self._shown = LogState(empty, self._sign_head(0, merkle.EMPTY_ROOT), 0)

    def load(self, connection: Connection) -> None:
        """Fold what is on disk; it was verified when it was appended."""
        state, tree = DirectoryState(self.trust.root, self.trust.first), merkle.Tree()
        head = None
        for row in connection.execute(select(LEAVES).order_by(LEAVES.c.position)):
            leaf = Leaf.parse(row.leaf)
            organisation = _snapshot_for(connection, state, leaf)
            state.apply(leaf, at_ms=row.at, organisation=organisation, trusted=True)
            tree.append(row.hash)
            head = Signed.parse(row.head)
        self._tree = tree
        shown = head or self._sign_head(0, merkle.EMPTY_ROOT)
        self._writing = self._shown = LogState(state, shown, len(tree))

    def publish(self) -> None:
        """What was appended is on disk: everybody may see it."""
        self._shown = self._writing

    def undo(self, connection: Connection) -> None:
        """Go back to what the transaction holds, when what was appended in it was taken back."""
        kept = connection.execute(select(func.count()).select_from(LEAVES)).scalar_one()
        if kept != self._writing.size:
            shown = self._shown
            self.load(connection)
            self._shown = shown

    @property
    def writing(self) -> LogState:
        """The log with what the running transaction has appended; for the writer thread alone."""
        return self._writing

    @property
    def state(self) -> DirectoryState:
        return self._shown.state

    @property
    def size(self) -> int:
        return self._shown.size

    @property
    def head(self) -> Signed:
        """The newest signed head that is on disk."""
        return self._shown.head

    def root(self, size: int) -> bytes:
        """The root the log had at a size up to now."""
        return self._tree.root(size)

    def features_at(self, connection: Connection, size: int) -> frozenset[str]:
        """What the site had switched on when the log had that size; for the writer thread alone.

        Raises:
            JinshuError: `directory.snapshot_missing`.
        """
        state = self._writing.state
        org_seq = state.org_seq_at(size)
        if org_seq == state.organisation.org_seq:
            return frozenset(state.organisation.site.features)
        # Of an author who has not seen the newest snapshot: rare, so that it is read anew each time.
        past = Organisation.parse(org_seq, snapshot(connection, org_seq)) if org_seq else Organisation.empty()
        return frozenset(past.site.features)

    def sign(self, kind: SignedType, value: dict[str, object]) -> Signed:
        """Sign with the log key: receipts and case heads."""
        return sign(self.trust.log_key, self._log_cert_hash, kind, value)

    def head_from(self, first: int) -> tuple[Signed, list[bytes]]:
        """The newest head, and that the log of size `first` is a prefix of it.

        Raises:
            JinshuError: `directory.unknown`.
        """
        shown = self._shown
        if not 0 <= first <= shown.size:
            raise JinshuError(ErrorCode.DIRECTORY_UNKNOWN)
        return shown.head, self._tree.consistency_proof(first, shown.size)

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The path of a leaf.

        Raises:
            JinshuError: `directory.unknown`.
        """
        if not 0 <= index < size <= self.size:
            raise JinshuError(ErrorCode.DIRECTORY_UNKNOWN)
        return self._tree.inclusion_proof(index, size)

    def append(
        self, connection: Connection, data: bytes, wraps: Sequence[bytes] = ()
    ) -> tuple[int, Signed, bool]:
        """Take in a leaf with its wraps; returns its index, the head after it, and whether it is new.

        Raises:
            JinshuError: why the rule refuses it.
        """
        leaf = Leaf.parse(data)
        hashed = merkle.leaf_hash(data)
        known = connection.execute(
            select(LEAVES.c.position, LEAVES.c.head).where(LEAVES.c.hash == hashed)
        ).first()
        if known is not None:
            return known.position, Signed.parse(known.head), False
        now = self._clock.now_ms()
        records = check_wraps(leaf, wraps)
        state = self._writing.state.clone()
        organisation = _snapshot_for(connection, state, leaf)
        state.apply(leaf, at_ms=now, organisation=organisation, root_at=self._tree.root)
        check_usable(leaf)
        index = self._writing.size
        # A tree longer than what is shown answers for every size before.
        self._tree.append(hashed)
        head = self._sign_head(index + 1, self._tree.root())
        self._writing = LogState(state, head, index + 1)
        connection.execute(
            insert(LEAVES).values(position=index, leaf=data, hash=hashed, at=now, head=head.to_bytes())
        )
        for record in records:
            connection.execute(insert(SEED_WRAPS).values(**record))
        return index, head, True

    def _sign_head(self, size: int, root: bytes) -> Signed:
        head = LogHead(size, root, self._clock.now_ms(), [])
        return sign(self.trust.log_key, self._log_cert_hash, SignedType.LOG_HEAD, head.value())


def _snapshot_for(connection: Connection, state: DirectoryState, leaf: Leaf) -> Organisation | None:
    org_seq = state.snapshot_needed(leaf)
    return None if org_seq is None else Organisation.parse(org_seq, snapshot(connection, org_seq))


def check_wraps(leaf: Leaf, wraps: Sequence[bytes]) -> list[dict[str, object]]:
    """The wrap records a leaf signs, exactly: each hash once, each record to the recipient it is named for.

    Raises:
        JinshuError: `keys.wrap_unsigned`.
    """
    signed: dict[bytes, str] = {}
    principal, generation = "", 0
    if leaf.kind is LeafKind.GENERATION:
        made = KeyGeneration.parse(Signed.parse(leaf.signed).value())
        principal, generation = made.principal, made.generation
        signed = {bytes(item["wrap"]): str(item["to"]) for item in made.recipients}
    elif leaf.kind is LeafKind.SHARE:
        share = KeyShare.parse(Signed.parse(leaf.signed).value())
        principal, generation = share.principal, share.generation
        signed = {share.wrap: share.to}
    rows: list[dict[str, object]] = []
    for data in wraps:
        record = WrapRecord.parse(data)
        if signed.pop(record.hash, None) != record.principal or record.object != principal:
            raise JinshuError(ErrorCode.KEYS_WRAP_UNSIGNED)
        if record.generation != generation:
            raise JinshuError(ErrorCode.KEYS_WRAP_UNSIGNED)
        rows.append(
            {
                "hash": record.hash,
                "principal": principal,
                "recipient": record.principal,
                "generation": generation,
                "record": data,
            }
        )
    if signed:
        raise JinshuError(ErrorCode.KEYS_WRAP_UNSIGNED)
    return rows


def leaves(connection: Connection, after: int, limit: int) -> list[bytes]:
    chosen = select(LEAVES.c.leaf).where(LEAVES.c.position >= after).order_by(LEAVES.c.position).limit(limit)
    return list(connection.execute(chosen).scalars())


def seed_wraps(connection: Connection, recipients: Sequence[str], principal: str) -> list[bytes]:
    """The wraps of a principal's seeds for these recipients, oldest generation first."""
    chosen = select(SEED_WRAPS.c.record).where(
        SEED_WRAPS.c.recipient.in_(recipients), SEED_WRAPS.c.principal == principal
    )
    return list(connection.execute(chosen.order_by(SEED_WRAPS.c.generation)).scalars())


def keep_snapshot(connection: Connection, org_seq: int, entries: Sequence[bytes]) -> None:
    """Keep the entries of a snapshot until its root is appended; the same again is the same.

    Raises:
        JinshuError: `sync.id_reused`, or what is wrong with an entry.
    """
    packed = cbor.encode(list(entries))
    known = connection.execute(select(SNAPSHOTS.c.entries).where(SNAPSHOTS.c.org_seq == org_seq)).first()
    if known is not None:
        if known.entries != packed:
            raise JinshuError(ErrorCode.SYNC_ID_REUSED)
        return
    Organisation.parse(org_seq, entries)
    connection.execute(insert(SNAPSHOTS).values(org_seq=org_seq, entries=packed))


def snapshot(connection: Connection, org_seq: int) -> list[bytes]:
    """The entries of a snapshot.

    Raises:
        JinshuError: `directory.snapshot_missing`.
    """
    row = connection.execute(select(SNAPSHOTS.c.entries).where(SNAPSHOTS.c.org_seq == org_seq)).first()
    if row is None:
        raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_MISSING, org_seq=org_seq)
    return [bytes(entry) for entry in cbor.decode(row.entries, limit=MAX_SNAPSHOT)]
