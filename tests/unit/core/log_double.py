"""A CA and a directory log in memory, by the protocol's own rules; a malicious server replaces one answer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from client.core.bus import EventBus
from client.core.events import Event
from client.core.identity.keystore import DeviceKeys, Keystore, RecoveryPublic
from client.core.keys.principals import PrincipalKeys
from client.core.store import directory as directory_table
from client.core.store.store import Store
from client.core.trust.anchors import Trust
from client.core.trust.directory import Directory
from protocol.crypto import certificates, merkle
from protocol.crypto.envelope import WrapRecord
from protocol.crypto.keys import SigningKey
from protocol.crypto.recovery import RecoveryCode
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.cosignatures import Cosignature
from protocol.directory.log import (
    DeviceBundle,
    Leaf,
    LeafKind,
    LogHead,
    OrganisationRoot,
    RevocationList,
)
from protocol.directory.organisation import (
    LOG_POLICY_ID,
    SITE_ID,
    Body,
    Duty,
    Entry,
    Holding,
    LogPolicy,
    Organisation,
    Person,
    Post,
    Site,
)
from protocol.directory.state import DirectoryState
from protocol.features import LOG_AGE
from protocol.identifiers import IdKind, new_id
from tests.support.memory_store import MemoryStore
from tests.unit.core.clocks import ManualClock

DAY = 24 * 3600 * 1000


def identifier(kind: IdKind, number: int) -> str:
    return new_id(kind, number.to_bytes(16, "big"))


BODY = identifier(IdKind.BODY, 1)
POST = identifier(IdKind.POST, 1)
WANG, LI = identifier(IdKind.PERSON, 1), identifier(IdKind.PERSON, 2)


class City:
    """The CA, the log and its key, behind the interface a client asks."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        now = clock.now_ms()
        self.root_key, self.ca_key, self.log_key = (SigningKey.generate() for _ in range(3))
        root = certificates.make_root(self.root_key, "root", at_ms=now)
        issuing = certificates.make_issuing(self.root_key, root, self.ca_key.public_spki, "CA", at_ms=now)
        log = certificates.make_log(self.ca_key, issuing, self.log_key.public_spki, at_ms=now)
        self.trust = Trust(root, issuing, log, issuing)
        self.leaves: list[bytes] = []
        self.wraps: list[bytes] = []
        self.snapshots: dict[int, list[bytes]] = {}
        self.state = DirectoryState(root, issuing)
        self.revoked: list[dict[str, object]] = []
        self.site: list[Entry] = []  # what the site has switched on, and its policy
        self.said: list[Cosignature] = []  # by its witnesses

    def switch_on(self, *, grace_days: int = 30, witnesses: Sequence[str] = (), needed: int = 0) -> None:
        """The next snapshot says that the log's age counts (C45)."""
        policy = LogPolicy(LOG_POLICY_ID, grace_days, tuple(sorted(witnesses)), needed, witness_hours=24)
        self.site = [Site(SITE_ID, (LOG_AGE.name,), LOG_AGE.protocol), policy]

    def publish_organisation(self, holders: Sequence[str], *, people: Sequence[str] = (WANG, LI)) -> None:
        """A body with one registry post held by `holders`."""
        entries: list[Entry] = [
            Body(BODY, "fgw", "市发展和改革委员会", "市发展改革委", None, 1, "发改", "bureau", None),
            Post(POST, BODY, "文书", (Duty.DRAFT, Duty.REGISTRY), 1),
            *(Person(person, f"人员{number}", number) for number, person in enumerate(people)),
            *(Holding(identifier(IdKind.HOLDING, n), person, POST, 0) for n, person in enumerate(holders)),
            *self.site,
        ]
        organisation = Organisation(
            self.state.organisation.org_seq + 1, sorted(entries, key=lambda entry: entry.id)
        )
        self.snapshots[organisation.org_seq] = list(organisation.raw)
        now = self.clock.now_ms()
        root = OrganisationRoot(
            org_seq=organisation.org_seq,
            root=organisation.root,
            count=len(organisation.entries),
            previous=self.state.organisation_entry,
            issued_at=now,
            next_update=now + 7 * DAY,
            **self.dated(),
        )
        self.add_by_ca(LeafKind.ORGANISATION, SignedType.ORGANISATION_ROOT, root.value(), organisation)

    def revoke(self, device: str) -> None:
        found = self.state.device_by_id(device)
        assert found is not None
        now = self.clock.now_ms()
        self.revoked.append({"cert": found.cert_hash, "device": device, "reason": "lost", "at": now})
        number = 1 if self.state.revocations is None else self.state.revocations.number + 1
        value = RevocationList(number, self.revoked, now, now + DAY, **self.dated()).value()
        self.add_by_ca(LeafKind.REVOCATIONS, SignedType.REVOCATION_LIST, value)

    def dated(self) -> dict[str, Any]:
        """What a statement of the CA says of the log, where it says anything."""
        if not self.state.organisation.dates_statements:
            return {}
        tree = self.tree()
        return {"log_size": len(tree), "log_root": tree.root()}

    def add_by_ca(
        self,
        kind: LeafKind,
        type_: SignedType,
        value: dict[str, object],
        organisation: Organisation | None = None,
    ) -> None:
        signed = sign(self.ca_key, certificate_hash(self.trust.issuing), type_, value)
        self._add(Leaf(kind, signed.to_bytes()), organisation)

    def certificate(self, keys: DeviceKeys, person: str, device: str) -> bytes:
        return certificates.make_device(
            self.ca_key,
            self.trust.issuing,
            keys.signing.public_spki,
            person=person,
            device=device,
            at_ms=self.clock.now_ms(),
        )

    async def log_head(self, first: int) -> tuple[bytes, Sequence[bytes]]:
        tree = self.tree()
        return self.sign_head(len(tree), tree.root()), tree.consistency_proof(first) if first <= len(
            tree
        ) else []

    async def log_entries(self, after: int, limit: int) -> Sequence[bytes]:
        return self.leaves[after : after + min(limit, 3)]

    async def organisation_entries(self, org_seq: int) -> Sequence[bytes]:
        return self.snapshots[org_seq]

    async def certificates(self) -> tuple[bytes, bytes]:
        return self.trust.issuing, self.trust.log_certificate

    async def cosignatures(self) -> Sequence[Cosignature]:
        return self.said

    async def append(self, leaf: bytes, wraps: Sequence[bytes]) -> int:
        self._add(Leaf.parse(leaf), None)
        self.wraps += wraps
        return len(self.leaves) - 1

    async def seed_wraps(self, principal: str) -> Sequence[bytes]:
        return [wrap for wrap in self.wraps if WrapRecord.parse(wrap).object == principal]

    def tree(self) -> merkle.Tree:
        return merkle.Tree([merkle.leaf_hash(leaf) for leaf in self.leaves])

    def sign_head(self, size: int, root: bytes) -> bytes:
        value = LogHead(size, root, self.clock.now_ms(), []).value()
        return sign(
            self.log_key, certificate_hash(self.trust.log_certificate), SignedType.LOG_HEAD, value
        ).to_bytes()

    def _add(self, leaf: Leaf, organisation: Organisation | None) -> None:
        root_at = self.tree().root
        self.state.apply(leaf, at_ms=self.clock.now_ms(), organisation=organisation, root_at=root_at)
        self.leaves.append(leaf.to_bytes())


def _on_disk(folder: Path) -> Store:
    folder.mkdir()
    made = Store(folder / "store.db")
    made.create(bytes(32))
    return made


class Device:
    """One device of one person: store, keystore, directory and principals."""

    def __init__(self, folder: Path | None, city: City, person: str) -> None:
        """Without a folder its store is in memory."""
        self.city, self.person = city, person
        self.store: Store | MemoryStore = MemoryStore() if folder is None else _on_disk(folder)
        self.keystore = Keystore(self.store)
        self.events: list[Event] = []
        self.bus = EventBus()
        self.bus.subscribe(self.events.append)
        self.directory = Directory(self.store, city, self.keystore, self.bus, city.clock)
        self.principals = PrincipalKeys(
            self.store, self.keystore, self.directory, city, city.clock, os.urandom
        )
        self.id = new_id(IdKind.DEVICE, os.urandom(16))
        self.recovery = RecoveryCode.new(os.urandom)

    async def enrol(self, *, recovery: bool = False) -> None:
        """Make keys, be certified, enter the log."""
        keys = DeviceKeys.generate()
        await self.keystore.create(self.id, "桌面", keys.signing, keys.xwing)
        certificate = self.city.certificate(keys, self.person, self.id)
        await self.keystore.certify(certificate, self.person)
        if recovery:
            public = RecoveryPublic(bytes(self.recovery.xwing.public), self.recovery.signing.public_spki)
            await self.keystore.keep_recovery(public)
        trust = self.city.trust.by_name()
        await self.store.write(lambda connection: directory_table.keep_trust(connection, trust))
        await self.directory.load()
        await self.directory.catch_up()
        me = self.keystore.me
        bundle = DeviceBundle(
            self.id, self.person, me.cert_hash, bytes(keys.xwing.public), self.city.clock.now_ms(), "桌面"
        )
        signed = await self.keystore.sign(SignedType.DEVICE_BUNDLE, bundle.value())
        await self.directory.publish(Leaf(LeafKind.DEVICE, signed.to_bytes(), certificate), ())

    async def step(self) -> None:
        """What the running client does when the directory has news."""
        await self.directory.catch_up()
        await self.principals.maintain()

    async def restart(self) -> None:
        for part in (self.keystore, self.directory, self.principals):
            part.forget()
        await self.keystore.load()
        await self.directory.load()
        await self.principals.load()
