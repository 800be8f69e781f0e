"""A directory in memory whose issuing CA can be replaced, by the fold's own rules."""

from __future__ import annotations

from protocol.crypto import certificates
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import CaChange, Leaf, LeafKind, SealCertificate
from protocol.directory.organisation import Duty, Organisation, Seal
from protocol.directory.state import DirectoryState
from tests.support.small_city import Device, SetClock, SmallCa


class ChangingCity:
    """A bureau with a clerk who keeps its seal; leaves and snapshots are kept so that all can be folded again."""

    def __init__(self) -> None:
        self.ca = SmallCa(SetClock())
        self.first = self.ca.issuing
        self.bureau = self.ca.body("发改委")
        self.post = self.ca.post(self.bureau, "文书", Duty.DRAFT, Duty.REGISTRY)
        self.clerk = self.ca.person("文书", self.post)
        self.other = self.ca.person("第二文书", self.post)
        self.seal = self.ca.seal(self.bureau, self.clerk)
        self.state = DirectoryState(self.ca.root, self.first)
        self.leaves: list[Leaf] = []
        self.snapshots: dict[int, Organisation] = {}
        self.publish()

    def add(self, leaf: Leaf) -> None:
        self._apply(self.state, leaf)
        self.leaves.append(leaf)

    def fold(self) -> DirectoryState:
        """Everything from the first leaf again, as a new client does."""
        state = DirectoryState(self.ca.root, self.first)
        for leaf in self.leaves:
            self._apply(state, leaf)
        return state

    def publish(self) -> None:
        leaf, organisation = self.ca.snapshot()
        self.snapshots[organisation.org_seq] = organisation
        self.add(leaf)

    def enter(self, person: str) -> Device:
        device = self.ca.device(person)
        self.add(device.bundle())
        return device

    def seal_for(self, device: Device) -> bytes:
        """A seal certificate on a device, in the log; returns its hash."""
        ca, body = self.ca, self.ca.entries[self.bureau]
        seal = ca.entries[self.seal]
        assert isinstance(seal, Seal)
        made = certificates.make_seal(
            ca.issuing_key,
            ca.issuing,
            SigningKey.generate().public_spki,
            seal=seal.id,
            body=body.id,
            body_name="发改委",
            at_ms=ca.clock.now,
        )
        value = SealCertificate(seal.id, body.id, device.person, device.id, made, ca.clock.now).value()
        self.add(Leaf(LeafKind.SEAL, ca.signed(SignedType.SEAL_CERTIFICATE, value).to_bytes()))
        return certificate_hash(made)

    def change(self, last_trusted: int) -> Leaf:
        """The root replaces the CA; from here on `ca` signs with the new one."""
        ca = self.ca
        ca.clock.advance(1)
        key = SigningKey.generate()
        issuing = certificates.make_issuing(
            ca.root_key, ca.root, key.public_spki, "新签发证书", at_ms=ca.clock.now
        )
        leaf = self.change_to(issuing, last_trusted, ca.clock.now)
        self.add(leaf)
        ca.issuing_key, ca.issuing = key, issuing
        return leaf

    def change_to(self, issuing: bytes, last_trusted: int, at: int) -> Leaf:
        value = CaChange(issuing, last_trusted, at).value()
        signed = sign(self.ca.root_key, certificate_hash(self.ca.root), SignedType.CA_CHANGE, value)
        return Leaf(LeafKind.CA_CHANGE, signed.to_bytes())

    def follow(self) -> None:
        """What `jinshu-ca publish` does after a change: take the numbers the log has, and sign anew."""
        self.ca.org_seq = max(self.snapshots)
        self.publish()

    def _apply(self, state: DirectoryState, leaf: Leaf) -> None:
        needed = state.snapshot_needed(leaf)
        organisation = None if needed is None else self.snapshots[needed]
        state.apply(leaf, at_ms=self.ca.clock.now, organisation=organisation)
