"""The directory as the log tells it: one fold over verified leaves, used by the server and by every client (C4).

`apply` checks everything first and changes the state last: a refused leaf leaves no trace (PROTOCOL.md §2). No leaf
is passed over, and the state after the same leaves is the same for every reader. Each kind of leaf has one check in
`_checks`, which returns the change to make. Keep in step: `_apart` (for `clone`) with the types of the attributes here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from protocol.crypto.certificates import Profile, public_key_of, verify_chain, verify_issuing
from protocol.crypto.keys import VerifyingKey
from protocol.crypto.signature import Signed, SignedType, certificate_hash, verify
from protocol.directory import ca_changes, principals
from protocol.directory.ca_changes import IssuingHistory
from protocol.directory.log import (
    STATEMENTS,
    CaChange,
    CaStatement,
    DeviceBundle,
    DeviceConsent,
    GenerationConfirm,
    KeyGeneration,
    KeyShare,
    Leaf,
    LeafKind,
    OlmIdentity,
    OrganisationRoot,
    RevocationList,
    SealCertificate,
)
from protocol.directory.organisation import Organisation, ProcedureEntry
from protocol.directory.records import Device, Generation, SealRecord, Standing
from protocol.directory.statements import check_log, demanded_since
from protocol.errors import ErrorCode, JinshuError

SKEW_MS: Final = 5 * 60 * 1000
_ANY_TIME: Final = 1 << 63
Change = Callable[[], None]


class DirectoryState:
    """Certificates, devices, revocations, generations and the newest organisation.

    `trusted=True` in `apply` is for leaves this device verified before and keeps in its own encrypted store.
    """

    def __init__(self, root: bytes, first: bytes) -> None:
        """`first` is the issuing CA the log began with; which one counts now, the log itself says."""
        self.root = root
        self._issuers = IssuingHistory(first)
        self.size = 0
        self.organisation = Organisation.empty()
        self.organisation_root: OrganisationRoot | None = None
        self.organisation_entry: bytes | None = None
        self.organisation_signed: Signed | None = None
        self.revocations: RevocationList | None = None
        self.revocations_signed: Signed | None = None
        self._revocations_index = -1
        self.witnesses_since: int | None = None  # since when (ms UTC) the site demands witnesses
        self.revoked_at: dict[bytes, int] = {}  # certificate hash → index of the leaf that revoked it
        self.void: set[bytes] = set()  # certificates a replaced CA gave where its word no longer counts
        # org_seq → (index of its leaf, what the CA signed)
        self.organisation_roots: dict[int, tuple[int, Signed]] = {}
        # By hash: those that any snapshot so far has defined.
        self.definitions: dict[bytes, ProcedureEntry] = {}
        self._last_org_seq = 0  # of all snapshots in the log, void ones too
        self._void_snapshots: set[bytes] = set()  # entries since the one in force
        self._in_force: list[tuple[int, int]] = []  # from which leaf on which snapshot
        self._devices: dict[str, Device] = {}
        self._by_cert: dict[bytes, str] = {}
        self._generations: dict[str, list[Generation]] = {}
        self._seals: dict[bytes, SealRecord] = {}
        self._checks: dict[LeafKind, Callable[[Leaf, Signed, int, Organisation | None, bool], Change]] = {
            LeafKind.ORGANISATION: self._organisation,
            LeafKind.REVOCATIONS: self._revocations,
            LeafKind.DEVICE: self._device,
            LeafKind.SEAL: self._seal,
            LeafKind.GENERATION: self._generation,
            LeafKind.SHARE: self._share,
            LeafKind.CONFIRM: self._confirm,
            LeafKind.CONSENT: self._consent,
            LeafKind.CA_CHANGE: self._ca_change,
            LeafKind.OLM: self._olm,
        }

    # What is known

    @property
    def statements(self) -> dict[LeafKind, CaStatement]:
        """The CA's newest statements, those there are."""
        found = {LeafKind.ORGANISATION: self.organisation_root, LeafKind.REVOCATIONS: self.revocations}
        return {kind: statement for kind, statement in found.items() if statement is not None}

    @property
    def statement_indices(self) -> dict[LeafKind, int]:
        """Where in the log they stand."""
        roots = self.organisation_roots.get(self.organisation.org_seq, (-1, None))
        found = {LeafKind.ORGANISATION: roots[0], LeafKind.REVOCATIONS: self._revocations_index}
        return {kind: found[kind] for kind in self.statements}

    @property
    def issuing(self) -> bytes:
        """The issuing CA whose word counts now."""
        return self._issuers.current

    @property
    def first_issuing(self) -> bytes:
        return self._issuers.first

    @property
    def ca_changes(self) -> tuple[CaChange, ...]:
        return tuple(self._issuers.changes)

    @property
    def replaced_issuers(self) -> tuple[bytes, ...]:
        return self._issuers.replaced

    def issuing_for(self, cert_hash: bytes) -> bytes:
        """The CA a device's certificate must come from: of its leaf's time, or the present one if it has no leaf."""
        device = self.device(cert_hash)
        return self._issuers.at(device.index) if device is not None else self.issuing

    def snapshot_needed(self, leaf: Leaf) -> int | None:
        """The number of the snapshot to bring with a leaf: which it signs, or which a change of the CA goes back to."""
        if leaf.kind is LeafKind.ORGANISATION:
            return OrganisationRoot.parse(leaf.parsed().value()).org_seq
        if leaf.kind is not LeafKind.CA_CHANGE:
            return None
        back = self._good_before(self._issuers.void_from(CaChange.parse(leaf.parsed().value())))
        return back if back not in (0, self.organisation.org_seq) else None

    def device(self, cert_hash: bytes) -> Device | None:
        """The device of a certificate, revoked or not."""
        found = self._by_cert.get(cert_hash)
        return self._devices[found] if found is not None else None

    def device_by_id(self, device: str) -> Device | None:
        return self._devices.get(device)

    def devices(self, person: str) -> tuple[Device, ...]:
        """All devices of a person, revoked ones too, oldest first."""
        return tuple(device for device in self._devices.values() if device.person == person)

    def is_active(self, device: Device) -> bool:
        return device.cert_hash not in self.revoked_at

    def was_active(self, cert_hash: bytes, size: int) -> bool:
        """Whether a device or seal certificate was not yet revoked when the log had that size."""
        return self.revoked_at.get(cert_hash, size) >= size

    def org_seq_at(self, size: int) -> int:
        """The number of the snapshot in force when the log had that size, void since or not; 0 before the first.

        What was received then was authorised by it, and stays so: a case must read the same to all its readers.
        """
        return ca_changes.last_before(self._in_force, size)

    def _good_before(self, since: int) -> int:
        """The number of the last snapshot before a leaf that is not void; 0 if there is none."""
        good = ((index, org_seq) for org_seq, (index, _) in self.organisation_roots.items())
        return ca_changes.last_before(good, since)

    @property
    def active(self) -> dict[str, Device]:
        return {device.id: device for device in self._devices.values() if self.is_active(device)}

    def active_devices(self, person: str) -> tuple[Device, ...]:
        return tuple(device for device in self.devices(person) if self.is_active(device))

    def active_signer(self, cert_hash: bytes) -> Device:
        """The device that may act under a certificate now.

        Raises:
            JinshuError: `certificate.unknown` or `certificate.revoked`.
        """
        device = self.device(cert_hash)
        if device is None:
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        if not self.is_active(device):
            raise JinshuError(ErrorCode.CERTIFICATE_REVOKED, device=device.id)
        return device

    def standing(self, device: str) -> Standing | None:
        found = self._devices.get(device)
        return found.standing if found is not None else None

    def generations(self, principal: str) -> tuple[Generation, ...]:
        return tuple(self._generations.get(principal, ()))

    def generation(self, principal: str) -> Generation | None:
        """The newest generation."""
        known = self._generations.get(principal)
        return known[-1] if known else None

    def holders(self, principal: str) -> frozenset[str]:
        """The active devices that hold the newest generation."""
        current = self.generation(principal)
        return principals.active_holders(current, self.organisation, self.active) if current else frozenset()

    def is_stale(self, principal: str) -> bool:
        current = self.generation(principal)
        return current is not None and principals.is_stale(current, self.organisation, self.active)

    def unconfirmed_members(self, principal: str) -> tuple[Device, ...]:
        """Devices of present members that wait for a holder (C6)."""
        return principals.waiting_devices(
            principal, self.generation(principal), self.organisation, self.active.values()
        )

    def seal_certificates(self, body: str) -> tuple[SealRecord, ...]:
        """The seal certificates of a body that are not revoked and whose keeper still keeps it."""
        return tuple(
            record for record in self._seals.values() if record.body == body and self._seal_is_good(record)
        )

    def seal_by_cert(self, cert_hash: bytes) -> SealRecord | None:
        return self._seals.get(cert_hash)

    def _seal_is_good(self, record: SealRecord) -> bool:
        seal = self.organisation.seals.get(record.seal)
        device = self._devices.get(record.device)
        return (
            record.cert_hash not in self.revoked_at
            and seal is not None
            and record.keeper in seal.keepers
            and device is not None
            and self.is_active(device)
        )

    def clone(self) -> DirectoryState:
        """A copy to try leaves on; the records in it are shared, being frozen."""
        other = DirectoryState(self.root, self.first_issuing)
        # Over what is there, not over a list of names: whoever adds a field cannot forget it here.
        for name, value in vars(self).items():
            if name != "_checks":  # the methods of the other are its own
                setattr(other, name, _apart(value))
        return other

    # What may follow

    def apply(
        self,
        leaf: Leaf,
        *,
        at_ms: int,
        organisation: Organisation | None = None,
        trusted: bool = False,
        root_at: Callable[[int], bytes] | None = None,
    ) -> None:
        """Take in the next leaf; `organisation` is the snapshot of that number which `snapshot_needed` names, `root_at` the root
        of the log at a size up to this leaf's index.

        Raises:
            JinshuError: why it may not stand here; nothing has changed.
        """
        signed = leaf.parsed()
        # What was verified once is not judged again by a clock that may have been set back since.
        now = _ANY_TIME if trusted else at_ms
        change = self._checks[leaf.kind](leaf, signed, now, organisation, trusted)
        if leaf.kind in STATEMENTS and not trusted:
            check_log(STATEMENTS[leaf.kind].parse(signed.value()), self.organisation, self.size, root_at)
        change()
        self.size += 1

    def _organisation(
        self, _leaf: Leaf, signed: Signed, _at: int, organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = OrganisationRoot.parse(signed.value())
        self._from_ca(signed, SignedType.ORGANISATION_ROOT, wanted.issued_at, trusted)
        # Void snapshots keep their numbers; which of them the CA had signed itself, the log cannot know.
        former = {self.organisation_entry, *self._void_snapshots}
        if wanted.org_seq != self._last_org_seq + 1 or wanted.previous not in former:
            raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_INVALID, org_seq=wanted.org_seq)
        if organisation is None or (organisation.org_seq, len(organisation.entries), organisation.root) != (
            wanted.org_seq,
            wanted.count,
            wanted.root,
        ):
            raise JinshuError(ErrorCode.DIRECTORY_SNAPSHOT_INVALID, org_seq=wanted.org_seq)

        def change() -> None:
            self.organisation, self.organisation_root = organisation, wanted
            self.organisation_entry, self.organisation_signed = signed.entry_id, signed
            self.organisation_roots[wanted.org_seq] = (self.size, signed)
            self._in_force.append((self.size, wanted.org_seq))
            # Cases under way keep their rules when a later snapshot no longer names them.
            self.definitions |= {
                each.hash: each for each in organisation.procedures.values() if each.definition is not None
            }
            self._last_org_seq = wanted.org_seq
            self._void_snapshots.clear()
            self.witnesses_since = demanded_since(self.witnesses_since, wanted, organisation)

        return change

    def _revocations(
        self, _leaf: Leaf, signed: Signed, _at: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = RevocationList.parse(signed.value())
        self._from_ca(signed, SignedType.REVOCATION_LIST, wanted.issued_at, trusted)
        last = self.revocations.number if self.revocations is not None else 0
        listed = {bytes(item["cert"]) for item in wanted.revoked}
        # A revocation is never taken back; what is void need not be listed.
        if wanted.number <= last or self.revoked_at.keys() - self.void - listed:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="revocations")

        def change() -> None:
            self.revocations, self.revocations_signed = wanted, signed
            self._revocations_index = self.size
            for cert in listed:
                self.revoked_at.setdefault(cert, self.size)

        return change

    def _device(
        self, leaf: Leaf, signed: Signed, at_ms: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = DeviceBundle.parse(signed.value())
        if leaf.certificate is None or certificate_hash(leaf.certificate) != signed.cert_hash:
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        self._not_from_the_future(wanted.created_at, at_ms)
        facts = verify_chain(
            leaf.certificate, self.issuing, self.root, at_ms=wanted.created_at, profile=Profile.DEVICE
        )
        if not trusted:
            verify(signed, facts.public_key, SignedType.DEVICE_BUNDLE)
        if (wanted.device, wanted.person, wanted.cert) != (facts.device, facts.person, signed.cert_hash):
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="bundle")
        if signed.cert_hash in self.revoked_at:
            raise JinshuError(ErrorCode.CERTIFICATE_REVOKED, device=wanted.device)
        if wanted.device in self._devices or wanted.person not in self.organisation.people:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="device")
        further = any(known.cert_hash not in self.void for known in self.devices(wanted.person))
        standing = Standing.ON_CA_WORD if further else Standing.FIRST
        device = Device(
            id=wanted.device,
            person=wanted.person,
            certificate=leaf.certificate,
            cert_hash=signed.cert_hash,
            spki=facts.spki,
            not_after=facts.not_after,
            xwing=wanted.xwing,
            label=wanted.label,
            bundle=signed.entry_id,
            index=self.size,
            created_at=wanted.created_at,
            standing=standing,
        )

        def change() -> None:
            self._devices[device.id] = device
            self._by_cert[device.cert_hash] = device.id

        return change

    def _consent(
        self, leaf: Leaf, signed: Signed, at_ms: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = DeviceConsent.parse(signed.value())
        self._not_from_the_future(wanted.at, at_ms)
        target = self._devices.get(wanted.device)
        if target is None or not self.is_active(target) or target.bundle != wanted.bundle:
            raise JinshuError(ErrorCode.KEYS_UNKNOWN_DEVICE, device=wanted.device)
        if target.person != wanted.person or target.standing is not Standing.ON_CA_WORD:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="consent")
        if signed.type is SignedType.RECOVERY_CONSENT:
            self._from_recovery_code(leaf, signed, wanted.person, trusted)
            standing = Standing.RECOVERED
        else:
            signer = self._from_device(signed, SignedType.DEVICE_CONSENT, trusted)
            if signer.person != wanted.person or signer.standing is Standing.ON_CA_WORD:
                raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
            standing = Standing.CONSENTED
        consented = replace(target, standing=standing)

        def change() -> None:
            self._devices[target.id] = consented

        return change

    def _from_recovery_code(self, leaf: Leaf, signed: Signed, person: str, trusted: bool) -> None:
        current = self.generation(person)
        spki = leaf.certificate
        if current is None or spki is None or current.recovery != signed.cert_hash:
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
        if certificate_hash(spki) != signed.cert_hash:
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
        if not trusted:
            verify(signed, VerifyingKey(spki), SignedType.RECOVERY_CONSENT)

    def _generation(
        self, _leaf: Leaf, signed: Signed, at_ms: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = KeyGeneration.parse(signed.value())
        self._not_from_the_future(wanted.at, at_ms)
        signer = self._from_device(signed, SignedType.KEY_GENERATION, trusted)
        last = self.generation(wanted.principal)
        principals.check_generation(wanted, signer, last, self.organisation, self.active)
        wraps = {str(recipient["to"]): bytes(recipient["wrap"]) for recipient in wanted.recipients}
        generation = Generation(
            principal=wanted.principal,
            number=wanted.generation,
            public=wanted.public,
            entry=signed.entry_id,
            index=self.size,
            signer=signer.id,
            wraps=wraps,
            holders=frozenset(name for name in wraps if name in self._devices),
            confirmed=frozenset({signer.id}),
            recovery=wanted.recovery,
            restart=wanted.restart,
            at=wanted.at,
        )

        def change() -> None:
            self._generations.setdefault(generation.principal, []).append(generation)

        return change

    def _share(
        self, _leaf: Leaf, signed: Signed, at_ms: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = KeyShare.parse(signed.value())
        self._not_from_the_future(wanted.at, at_ms)
        signer = self._from_device(signed, SignedType.KEY_SHARE, trusted)
        current = self.generation(wanted.principal)
        principals.check_share(wanted, signer, current, self.organisation, self.active)
        assert current is not None
        if wanted.to in current.holders:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="share")
        return self._replaces(
            current,
            replace(
                current,
                wraps={**current.wraps, wanted.to: wanted.wrap},
                holders=current.holders | {wanted.to},
            ),
        )

    def _confirm(
        self, _leaf: Leaf, signed: Signed, at_ms: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = GenerationConfirm.parse(signed.value())
        self._not_from_the_future(wanted.at, at_ms)
        signer = self._from_device(signed, SignedType.GENERATION_CONFIRM, trusted)
        known = self.generations(wanted.principal)
        if not 0 < wanted.generation <= len(known):
            raise JinshuError(ErrorCode.KEYS_NO_GENERATION, principal=wanted.principal)
        found = known[wanted.generation - 1]
        if found.entry != wanted.generation_entry:
            raise JinshuError(ErrorCode.KEYS_GENERATION_CONFLICT, principal=wanted.principal)
        if signer.id != wanted.device or signer.id not in found.holders:
            raise JinshuError(ErrorCode.KEYS_NOT_A_MEMBER, principal=wanted.principal)
        if signer.id in found.confirmed:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="confirm")
        return self._replaces(found, replace(found, confirmed=found.confirmed | {signer.id}))

    def _replaces(self, old: Generation, new: Generation) -> Change:
        def change() -> None:
            self._generations[old.principal][old.number - 1] = new

        return change

    def _seal(
        self, _leaf: Leaf, signed: Signed, _at: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = SealCertificate.parse(signed.value())
        self._from_ca(signed, SignedType.SEAL_CERTIFICATE, wanted.at, trusted)
        facts = verify_chain(
            wanted.certificate, self.issuing, self.root, at_ms=wanted.at, profile=Profile.SEAL
        )
        device = self._devices.get(wanted.device)
        seal = self.organisation.seals.get(wanted.seal)
        if device is None or not self.is_active(device) or device.person != wanted.keeper:
            raise JinshuError(ErrorCode.KEYS_UNKNOWN_DEVICE, device=wanted.device)
        if seal is None or seal.body != wanted.body or wanted.keeper not in seal.keepers:
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
        if (facts.seal, facts.body) != (wanted.seal, wanted.body) or facts.sha256 in self._seals:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="seal")
        record = SealRecord(
            seal=wanted.seal,
            body=wanted.body,
            keeper=wanted.keeper,
            device=wanted.device,
            certificate=wanted.certificate,
            cert_hash=facts.sha256,
            entry=signed.entry_id,
            index=self.size,
            signed=signed.to_bytes(),
        )

        def change() -> None:
            self._seals[record.cert_hash] = record

        return change

    def _olm(
        self, _leaf: Leaf, signed: Signed, at_ms: int, _organisation: Organisation | None, trusted: bool
    ) -> Change:
        wanted = OlmIdentity.parse(signed.value())
        self._not_from_the_future(wanted.at, at_ms)
        signer = self._from_device(signed, SignedType.OLM_IDENTITY, trusted)
        if signer.id != wanted.device or signer.curve25519:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="olm")
        identified = replace(signer, curve25519=wanted.curve25519)

        def change() -> None:
            self._devices[signer.id] = identified

        return change

    def _ca_change(
        self, _leaf: Leaf, signed: Signed, _at: int, organisation: Organisation | None, _trusted: bool
    ) -> Change:
        wanted = CaChange.parse(signed.value())
        if signed.cert_hash != certificate_hash(self.root):
            raise JinshuError(ErrorCode.CERTIFICATE_UNTRUSTED)
        verify(signed, _spki(self.root), SignedType.CA_CHANGE)
        verify_issuing(wanted.issuing, self.root, at_ms=wanted.at)
        if wanted.last_trusted > self.size:
            raise JinshuError(ErrorCode.DIRECTORY_ENTRY_REFUSED, reason="ca_change")
        self._issuers.check_next(wanted)
        since = self._issuers.void_from(wanted)
        back = self._good_before(since)
        snapshot: tuple[Organisation, Signed | None] | None = None
        if back != self.organisation.org_seq:
            snapshot = ca_changes.snapshot_before(self.organisation_roots, back, organisation)

        def change() -> None:
            self._void_beyond(since)
            if snapshot is not None:
                self._go_back_to(*snapshot, since)
            self._issuers.add(wanted, self.size)

        return change

    def _void_beyond(self, since: int) -> None:
        """Devices and seals that came at `since` or later stand no more, and revocations of that time do not count."""
        came = [
            *((device.cert_hash, device.index) for device in self._devices.values()),
            *((seal.cert_hash, seal.index) for seal in self._seals.values()),
        ]
        void = ca_changes.from_index(came, since)
        kept = {cert: index for cert, index in self.revoked_at.items() if index < since}
        self.revoked_at = {**kept, **void}
        self.void |= void.keys()
        if self._revocations_index >= since:
            # Until the new CA signs a list there is none; what was revoked before stays so.
            self.revocations = self.revocations_signed = None

    def _go_back_to(self, organisation: Organisation, signed: Signed | None, since: int) -> None:
        for seq, (index, root) in list(self.organisation_roots.items()):
            if index >= since:
                self._void_snapshots.add(root.entry_id)
                del self.organisation_roots[seq]
        self._in_force.append((self.size, organisation.org_seq))
        self.organisation, self.organisation_signed = organisation, signed
        self.organisation_root = OrganisationRoot.parse(signed.value()) if signed is not None else None
        self.organisation_entry = signed.entry_id if signed is not None else None
        self.witnesses_since = demanded_since(self.witnesses_since, self.organisation_root, organisation)

    # Who signed

    def _from_ca(self, signed: Signed, kind: SignedType, at_ms: int, trusted: bool) -> None:
        if signed.cert_hash != certificate_hash(self.issuing):
            raise JinshuError(ErrorCode.CERTIFICATE_UNTRUSTED)
        if not trusted:
            verify_issuing(self.issuing, self.root, at_ms=at_ms)
            verify(signed, _spki(self.issuing), kind)

    def _from_device(self, signed: Signed, kind: SignedType, trusted: bool) -> Device:
        signer = self.active_signer(signed.cert_hash)
        if not trusted:
            verify(signed, signer.verifying_key, kind)
        return signer

    @staticmethod
    def _not_from_the_future(claimed: int, at_ms: int) -> None:
        if claimed > at_ms + SKEW_MS:
            raise JinshuError(ErrorCode.CLOCK_SKEW)


def _spki(certificate: bytes) -> VerifyingKey:
    return VerifyingKey(public_key_of(certificate))


def _apart(value: Any) -> Any:
    """A container copied, with the lists in it; a record, which is frozen, as it is."""
    if isinstance(value, dict):
        return {key: list(each) if isinstance(each, list) else each for key, each in value.items()}
    if isinstance(value, list | set):
        return value.copy()
    return value.copy() if isinstance(value, IssuingHistory) else value
