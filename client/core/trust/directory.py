"""Following the directory log (C4): every leaf is verified here, the server's word counts for nothing but
delivery."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.clock import Clock
from client.core.events import DirectoryChanged, Event, MembersChanged, OwnDeviceAppeared
from client.core.identity.keystore import Keystore
from client.core.store import directory as table
from client.core.store.store_port import StorePort
from client.core.trust.age_watch import AgeWatch
from client.core.trust.anchors import Trust
from client.core.trust.log_copy import LogCopy
from client.core.trust.log_server import LogServer
from protocol.crypto import merkle
from protocol.crypto.certificates import Profile, public_key_of, verify_chain
from protocol.crypto.signature import Signed, SignedType, certificate_hash, verify
from protocol.directory.age import LogAge, Stage
from protocol.directory.cosignatures import origin_of
from protocol.directory.log import DeviceBundle, Leaf, LeafKind, LogHead
from protocol.directory.organisation import Organisation
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.features import lacking

_log = logging.getLogger(__name__)
_PAGE: Final = 200


class Directory:
    """The verified log, folded. Nothing of a batch is kept unless all of it verifies and its root is the
    signed one."""

    def __init__(
        self, store: StorePort, server: LogServer, keystore: Keystore, bus: EventBus, clock: Clock
    ) -> None:
        self._store = store
        self._server = server
        self._keystore = keystore
        self._bus = bus
        self._clock = clock
        self._trust: Trust | None = None
        self._state: DirectoryState | None = None
        self._tree = merkle.Tree()
        self._head: LogHead | None = None
        self._snapshots: dict[int, Organisation] = {}
        self._watch = AgeWatch(store, clock)
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        """Fold again what was verified before; the store is open."""

        def read(connection: Connection) -> tuple[dict[str, bytes], list[bytes], bytes | None]:
            return table.trust(connection), table.leaves(connection), table.newest_head(connection)

        certificates, leaves, head = await self._store.read(read)
        self._trust = Trust.of(certificates)
        state, tree = DirectoryState(self._trust.root, self._trust.first), merkle.Tree()
        snapshots: dict[int, Organisation] = {}
        for raw in leaves:
            leaf = Leaf.parse(raw)
            needed = state.snapshot_needed(leaf)
            if needed is not None and needed not in snapshots:
                snapshots[needed] = await self._kept_snapshot(needed)
            organisation = None if needed is None else snapshots[needed]
            # These leaves were verified before they were written into the encrypted store.
            state.apply(leaf, at_ms=self._clock.now_ms(), organisation=organisation, trusted=True)
            tree.append(merkle.leaf_hash(raw))
        self._state, self._tree, self._snapshots = state, tree, snapshots
        self._head = None if head is None else LogHead.parse(Signed.parse(head).value())
        await self._watch.load()

    def forget(self) -> None:
        self._trust = self._state = self._head = None
        self._tree, self._snapshots = merkle.Tree(), {}
        self._watch.forget()

    @property
    def trust(self) -> Trust:
        if self._trust is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._trust

    def replaced_issuers(self) -> tuple[bytes, ...]:
        """The issuing CAs that count no more, as far as this device has followed the log."""
        return self._state.replaced_issuers if self._state is not None else ()

    @property
    def state(self) -> DirectoryState:
        if self._state is None:
            raise JinshuError(ErrorCode.PROFILE_LOCKED)
        return self._state

    @property
    def organisation(self) -> Organisation:
        """The newest snapshot.

        Raises:
            JinshuError: directory.snapshot_missing.
        """
        found = self.state.organisation
        if found.org_seq == 0:
            raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_MISSING)
        return found

    @property
    def size(self) -> int:
        return len(self._tree)

    @property
    def root(self) -> bytes:
        """The root of what was verified, for the payloads this device signs."""
        return self._tree.root()

    @property
    def head(self) -> LogHead:
        """The newest signed head that was verified.

        Raises:
            JinshuError: directory.unknown; nothing was fetched yet.
        """
        if self._head is None:
            raise JinshuError(ErrorCode.DIRECTORY_UNKNOWN)
        return self._head

    async def keep_first_head(self, head: Signed) -> None:
        """Remember the head the CA vouched for at enrolment: the first log shown must contain it."""
        facts = self._checked(head, self.trust)
        await self._store.write(lambda connection: table.keep_head(connection, facts.size, head.to_bytes()))
        self._head = facts

    async def catch_up(self, size: int | None = None) -> None:
        """Verify and keep what is new; with `size`, only if that many leaves are not known yet.

        Raises:
            JinshuError: directory.rollback, directory.split_view, directory.proof_invalid,
            directory.cosignature_invalid, or what a leaf breaks.
        """
        async with self._turn:
            if size is not None and self.size >= size:
                return
            events = await self._advance()
            fault = await self._fault_of_cosignatures()
            events += self._watch.news(self.state)
        # What was verified is news even if it is less than was promised.
        self._bus.publish_all(events)
        if fault is not None:
            raise fault
        if size is not None and self.size < size:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_ROLLBACK, known=self.size, claimed=size)

    async def publish(self, leaf: Leaf, wraps: Sequence[bytes]) -> None:
        """Put a leaf of this device into the log and see it there.

        Raises:
            JinshuError: what the server refused, or directory.proof_invalid when it did not do as it said.
        """
        data = leaf.to_bytes()
        index = await self._server.append(data, wraps)
        await self.catch_up(index + 1)
        kept = await self._store.read(table.leaves)
        if index >= len(kept) or kept[index] != data:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_PROOF_INVALID)

    def stated_head(self) -> tuple[str, int, bytes] | None:
        """The log's name, and its size and root just after the CA's newest statement: what two people compare. None: there is none."""
        indices = self.state.statement_indices.values()
        if not indices:
            return None
        size = max(indices) + 1
        return origin_of(public_key_of(self.trust.log_certificate)), size, self._tree.root(size)

    async def check_seen(self, size: int, root: bytes) -> None:
        """Compare the head another device signed that it saw with this device's log.

        Raises:
            JinshuError: directory.split_view: the server shows us different logs.
        """
        if size > self.size:
            await self.catch_up(size)
        if self._tree.root(size) != root:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=size)

    async def whole_log(self) -> LogCopy:
        """All that was verified so far, with the head that was signed over it.

        Raises:
            JinshuError: directory.unknown; no head of just this size is here.
        """
        tree = self._tree  # never grows: what comes later is tried on a copy that takes its place

        def read(connection: Connection) -> tuple[bytes | None, list[bytes]]:
            return table.head(connection, len(tree)), table.leaves(connection)

        head, leaves = await self._store.read(read)
        if head is None:
            raise JinshuError(ErrorCode.DIRECTORY_UNKNOWN)
        return LogCopy(head, leaves[: len(tree)], tree)

    def has_device(self, device: str) -> bool:
        return self.state.device_by_id(device) is not None

    def certificate(self, cert_hash: bytes) -> bytes | None:
        """The certificate of a device or a seal in the log, revoked or not."""
        device = self.state.device(cert_hash)
        if device is not None:
            return device.certificate
        seal = self.state.seal_by_cert(cert_hash)
        return None if seal is None else seal.certificate

    def organisation_at(self, org_seq: int) -> Organisation:
        """A snapshot of the past or the present.

        Raises:
            JinshuError: directory.snapshot_missing.
        """
        found = self._snapshots.get(org_seq)
        if found is None:
            raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_MISSING, org_seq=org_seq)
        return found

    @property
    def lacking(self) -> frozenset[str]:
        """Features the site has switched on that this program cannot read (C41)."""
        return self.state.organisation.lacking

    def lacking_at(self, size: int) -> frozenset[str]:
        """The same when the log had that size: only then may what is unknown have been signed."""
        return lacking(self.features_at(size))

    @property
    def features(self) -> frozenset[str]:
        """What the site has switched on now: it decides which form is written."""
        return frozenset(self.state.organisation.site.features)

    def features_at(self, size: int) -> frozenset[str]:
        """What it had switched on when the log had that size: only then may a form that stands under it have been signed."""
        org_seq = self.state.org_seq_at(size)
        return frozenset(self.organisation_at(org_seq).site.features) if org_seq else frozenset()

    def overdue(self) -> tuple[str, ...]:
        """Which of the CA's and the witnesses' periodic statements is late: a server may be withholding the next (C3)."""
        return self.age().late

    def age(self) -> LogAge:
        """How old the log is (C45)."""
        return self._watch.age(self.state)

    def check_age(self) -> None:
        """Return if what reaches new people (sealing, dispatch, new devices) may be done.

        Raises:
            JinshuError: `directory.clock_differs`, the user is to be asked about the date first; `directory.stopped`.
        """
        self._watch.check(self.state)

    @property
    def reaches_out(self) -> bool:
        """Whether `check_age` would return."""
        age = self.age()
        return age.stage is not Stage.STOPPED and not age.clock_differs

    async def confirm_clock(self) -> None:
        """The user says that this computer's date is right."""
        await self._watch.confirm_clock(self.state)
        self.publish_age()

    def publish_age(self) -> None:
        """Publish what has changed about the age, though nothing came from the server: time alone makes it so."""
        if self._state is not None:
            self._bus.publish_all(self._watch.news(self._state))

    async def _fault_of_cosignatures(self) -> JinshuError | None:
        """Take what the witnesses said, where the site asks for them; why it could not be taken."""
        if not self.state.organisation.log_policy.needed:
            return None
        origin = origin_of(public_key_of(self.trust.log_certificate))
        try:
            shown = await self._server.cosignatures()
            await self._watch.take(shown, self.state, origin, self.size, self._tree.root)
        except JinshuError as error:
            return error
        return None

    async def _advance(self) -> list[Event]:
        before = self.size
        raw, consistency = await self._server.log_head(before)
        signed = Signed.parse(raw, SignedType.LOG_HEAD)
        trust = await self._trust_behind(signed)
        head = self._checked(signed, trust)
        self._compare(head)
        if head.size == before:
            trust = self._believed(trust, self.state)
            await self._store.write(lambda connection: self._keep(connection, head.size, raw, trust))
            self._head, self._trust = head, trust
            return []
        merkle.verify_consistency(before, head.size, consistency, self._tree.root(), head.root)
        leaves = await self._fetch(before, head.size)
        # Everything is tried on copies: of a batch that does not verify, nothing has ever been believed.
        tree, state = copy.deepcopy(self._tree), self.state.clone()
        for leaf in leaves:
            tree.append(merkle.leaf_hash(leaf))
        if tree.root() != head.root:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_PROOF_INVALID)
        self._contains_former(tree)
        parsed = [Leaf.parse(leaf) for leaf in leaves]
        snapshots = await self._fold(state, parsed, tree)
        trust = self._believed(trust, state)

        def write(connection: Connection) -> None:
            table.append(connection, before, leaves)
            self._keep(connection, head.size, raw, trust)
            for organisation in snapshots:
                table.keep_snapshot(connection, organisation.org_seq, list(organisation.raw))

        await self._store.write(write)
        self._tree, self._state, self._head, self._trust = tree, state, head, trust
        self._snapshots |= {organisation.org_seq: organisation for organisation in snapshots}
        return self._news(parsed)

    async def _trust_behind(self, head: Signed) -> Trust:
        """The certificates a head names: ours, or others of the same key that the server has been given since."""
        known = self.trust
        if head.cert_hash == certificate_hash(known.log_certificate):
            return known
        return known.renewed(*await self._server.certificates())

    def _believed(self, trust: Trust, state: DirectoryState) -> Trust:
        """New certificates are kept only if the CA behind them is the one the log names."""
        return trust if trust.issuing == state.issuing else self.trust

    def _keep(self, connection: Connection, size: int, head: bytes, trust: Trust) -> None:
        table.keep_head(connection, size, head)
        if trust is not self._trust:
            table.keep_trust(connection, trust.by_name())

    def _checked(self, head: Signed, trust: Trust) -> LogHead:
        facts = verify_chain(
            trust.log_certificate, trust.issuing, trust.root, at_ms=self._clock.now_ms(), profile=Profile.LOG
        )
        verify(head, facts.public_key, SignedType.LOG_HEAD)
        return LogHead.parse(head.value())

    def _compare(self, head: LogHead) -> None:
        known = self._head
        if head.size < self.size or (known is not None and head.size < known.size):
            raise RemoteProtocolError(ErrorCode.DIRECTORY_ROLLBACK, known=self.size, claimed=head.size)
        same = known is not None and head.size == known.size
        if same and known is not None and head.root != known.root:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=head.size)

    def _contains_former(self, tree: merkle.Tree) -> None:
        """The head kept before may be larger than what was folded then: the one the CA vouched for at
        enrolment."""
        known = self._head
        if known is not None and tree.root(known.size) != known.root:
            raise RemoteProtocolError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=known.size)

    async def _fetch(self, after: int, size: int) -> list[bytes]:
        leaves: list[bytes] = []
        while after + len(leaves) < size:
            page = await self._server.log_entries(after + len(leaves), min(_PAGE, size - after - len(leaves)))
            if not page:
                raise RemoteProtocolError(ErrorCode.DIRECTORY_PROOF_INVALID)
            leaves += page
        return leaves[: size - after]

    async def _fold(
        self, state: DirectoryState, leaves: Sequence[Leaf], tree: merkle.Tree
    ) -> list[Organisation]:
        """Apply leaves, all of them in `tree`, to `state`; returns the snapshots that came with them."""
        snapshots: list[Organisation] = []
        for leaf in leaves:
            organisation, needed = None, state.snapshot_needed(leaf)
            if needed is not None and leaf.kind is LeafKind.ORGANISATION:
                entries = await self._server.organisation_entries(needed)
                organisation = Organisation.parse(needed, entries)
                snapshots.append(organisation)
            elif needed is not None:
                fresh = {snapshot.org_seq: snapshot for snapshot in snapshots}
                organisation = fresh.get(needed) or self._snapshots.get(needed)
            state.apply(leaf, at_ms=self._clock.now_ms(), organisation=organisation, root_at=tree.root)
        return snapshots

    async def _kept_snapshot(self, org_seq: int) -> Organisation:
        raw = await self._store.read(lambda connection: table.snapshot(connection, org_seq))
        if raw is None:
            raise JinshuError(ErrorCode.PROFILE_DAMAGED, org_seq=org_seq)
        return Organisation.parse(org_seq, raw)

    def _news(self, leaves: Sequence[Leaf]) -> list[Event]:
        events: list[Event] = [DirectoryChanged(self.size), MembersChanged()]
        if not self._keystore.certified:
            return events
        me = self._keystore.me
        for leaf in leaves:
            if leaf.kind is LeafKind.DEVICE:
                bundle = DeviceBundle.parse(leaf.parsed().value())
                if bundle.person == me.person and bundle.device != me.device:
                    events.append(OwnDeviceAppeared(bundle.device))
        return events
