"""The keys of principals (C6): one's own person, the posts one holds, the bodies one keeps the registry of.

Seeds are wrapped to devices, never to the server; a newcomer gets one only by a member's own, signed and
visible act.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from client.core.clock import Clock
from client.core.identity.keystore import Keystore, RecoveryPublic
from client.core.keys.generations import GenerationDraft, open_seed
from client.core.keys.seeds import Seeds
from client.core.store.store_port import StorePort
from client.core.trust.directory import Directory
from client.core.trust.log_server import LogServer
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, wrap
from protocol.crypto.recovery import RecoveryCode
from protocol.crypto.signature import SignedType, sign
from protocol.directory.log import RECOVERY, DeviceConsent, GenerationConfirm, KeyShare, Leaf, LeafKind
from protocol.directory.records import Device, Generation, Standing, records_office
from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError

_log = logging.getLogger(__name__)
# Another member did the same a moment earlier, or a new snapshot came between.
_RACED = frozenset(
    {
        ErrorCode.KEYS_GENERATION_CONFLICT,
        ErrorCode.DIRECTORY_ENTRY_REFUSED,
        ErrorCode.DOCUMENTS_SNAPSHOT_OUTDATED,
    }
)


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """A device that waits for a member's word; `mine`: it claims to be one of my own."""

    principal: str
    person: str
    device: str
    mine: bool


class PrincipalKeys:
    """Seeds this device holds, by principal and the public key the log names; the newest generation seals,
    all open."""

    def __init__(
        self,
        store: StorePort,
        keystore: Keystore,
        directory: Directory,
        server: LogServer,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._keystore = keystore
        self._directory = directory
        self._server = server
        self._clock = clock
        self._entropy = entropy
        self._seeds = Seeds(store, keystore, directory)
        self._given_up = False
        self._turn = asyncio.Lock()

    async def load(self) -> None:
        await self._seeds.load()

    def forget(self) -> None:
        self._seeds.forget()
        self._given_up = False

    @property
    def seeds_held(self) -> int:
        """How many seeds this device holds, of all generations."""
        return self._seeds.count

    def mine(self) -> frozenset[str]:
        """The principals I am a member of, by the newest snapshot."""
        return self._directory.organisation.principals_of(self._keystore.me.person)

    @property
    def recoverable(self) -> bool:
        """My own newest key names a recovery code, and this device does not hold it."""
        me = self._keystore.me.person
        generation = self._directory.state.generation(me)
        return generation is not None and generation.recovery is not None and self._seeds.held(me) is None

    @property
    def may_start_anew(self) -> bool:
        """No device is left that could give me my own key, and without the code it can only be started anew."""
        return self.recoverable and not self._directory.state.holders(self._keystore.me.person)

    async def seal_object_key(
        self, object_id: str, key: bytes, principals: Iterable[str]
    ) -> list[WrapRecord]:
        """Wrap an object's key to the newest generation of each principal.

        Raises:
            JinshuError: keys.no_generation, or keys.generation_stale: somebody has left since, and its
                members must rotate first.
        """
        return self._seeds.seal(object_id, key, principals)

    async def open_wrap(self, record: bytes, *, object_id: str, key_commitment: bytes) -> bytes | None:
        """The object's key, or None when the wrap is for none of my principals.

        Raises:
            JinshuError: keys.commitment_mismatch, or envelope.cannot_open.
        """
        parsed = WrapRecord.parse(record)
        return self._seeds.open(parsed, object_id=object_id, key_commitment=key_commitment)

    async def maintain(self) -> None:
        """Create what has no key, fetch and confirm what was shared with me, rotate what is stale."""
        async with self._turn:
            known = self._directory.state.organisation.org_seq > 0
            if not known or self._active(self._keystore.me.device) is None:
                return
            faults = [fault for name in sorted(self.mine()) if (fault := await self._tended(name))]
            if faults:
                raise faults[0]

    async def _tended(self, principal: str) -> JinshuError | None:
        """One principal's trouble must not keep the others from their keys."""
        try:
            await self._tend_one(principal)
        except JinshuError as error:
            _log.info("maintaining %s: %s", principal, error.code.value)
            if error.code not in _RACED:
                return error
            # The log says what holds now; what it brings wakes the next round.
            await self._directory.catch_up()
        return None

    async def unconfirmed_members(self) -> tuple[Unconfirmed, ...]:
        """Devices of members without a share in what I hold; my own further devices come first."""
        state, me = self._directory.state, self._keystore.me
        found: list[Unconfirmed] = []
        for principal in sorted(self.mine(), key=lambda name: (name != me.person, name)):
            if self._seeds.held(principal) is None:
                continue
            found += [
                Unconfirmed(principal, device.person, device.id, device.person == me.person)
                for device in state.unconfirmed_members(principal)
                # One consent covers all I hold.
                if device.person != me.person or principal == me.person
            ]
        return tuple(found)

    async def confirm_member(self, member: Unconfirmed) -> None:
        """The user's word: share the key with this device, or consent to it as my own and share all I
        hold.

        Raises:
            JinshuError: keys.*, or directory.stopped or directory.clock_differs.
        """
        async with self._turn:
            self._directory.check_age()
            if not member.mine:
                await self._share(member.principal, member.device)
                return
            await self._consent(member.device)
            for principal in sorted(self.mine()):
                if self._seeds.held(principal) is not None:
                    await self._share(principal, member.device)

    async def recover(self, code: RecoveryCode) -> None:
        """Make this device one of mine by the recovery code, and open what was sealed to me before.

        Raises:
            JinshuError: keys.wrong_recovery_code: it is not the code my newest generation names; or
                keys.wrap_withheld: the server does not hand over what was wrapped to it; or directory.stopped or
                directory.clock_differs.
        """
        async with self._turn:
            self._directory.check_age()
            me = self._keystore.me
            public = RecoveryPublic(bytes(code.xwing.public), code.signing.public_spki)
            generation = self._directory.state.generation(me.person)
            if generation is None or generation.recovery != public.spki_hash:
                raise JinshuError(ErrorCode.KEYS_WRONG_RECOVERY_CODE)
            # The keys first: once the log says that the code was used, the newest may be started anew.
            await self._open_by_code(code, generation)
            await self._keystore.keep_recovery(public)
            await self._consent_by_code(code, public)

    async def start_anew(self) -> None:
        """The user's decision when the code is lost too: his own key is made anew, and what was sealed to the old
        one stays closed."""
        self._given_up = True
        await self.maintain()

    def _active(self, device: str) -> Device | None:
        return self._directory.state.active.get(device)

    def _may_restart(self, generation: Generation) -> bool:
        """Nobody is left who holds it. A person's own key with a recovery code waits for his decision
        instead:
        starting over would make the code, and with it everything sealed before, worthless."""
        if self._directory.state.holders(generation.principal):
            return False
        own = self._active(self._keystore.me.device)
        recovered = own is not None and own.standing is Standing.RECOVERED
        return generation.recovery is None or recovered or self._given_up

    async def _tend_one(self, principal: str) -> None:
        state, me = self._directory.state, self._keystore.me
        generation = state.generation(principal)
        # A generation that nobody can seal to, and so nobody holds: any of those the log names may replace it (C46).
        broken = generation is not None and not generation.usable and me.device in state.holders(principal)
        if generation is None or broken or self._may_restart(generation):
            await self._create(principal, generation)
            return
        if self._seeds.held(principal) is None and me.device in state.holders(principal):
            await self._receive(principal)
        # A device that has a seed by the recovery code is no holder until one of those there are shares with it.
        if self._seeds.held(principal) is None or me.device not in state.holders(principal):
            return
        if state.is_stale(principal):
            await self._create(principal, generation)
        elif me.device not in generation.confirmed:
            await self._confirm(principal, generation)

    async def _create(self, principal: str, previous: Generation | None) -> None:
        """Make a generation; its seed is on disk before anybody hears of it."""
        held = self._seeds.held(principal)
        draft = GenerationDraft.make(
            principal,
            previous,
            self._recipients(principal),
            self._records(principal),
            await self._keystore.recovery() if principal == self._keystore.me.person else None,
            restart=previous is not None and not self._directory.state.holders(principal),
            former=held[1] if held is not None else None,
            sender=self._keystore.me.device,
            entropy=self._entropy,
        )
        await self._seeds.keep(principal, draft.number, draft.seed)
        value = draft.payload(self._directory.organisation.org_seq, self._clock.now_ms()).value()
        await self._publish(LeafKind.GENERATION, SignedType.KEY_GENERATION, value, draft.records)

    def _recipients(self, principal: str) -> dict[str, bytes]:
        """Every holder that still may hold; at first, my own devices that are beyond doubt."""
        state, me = self._directory.state, self._keystore.me
        holders = state.holders(principal)
        if holders:
            devices = [device for device in state.active.values() if device.id in holders]
        else:
            own = state.active_devices(me.person)
            devices = [d for d in own if d.id == me.device or d.standing is not Standing.ON_CA_WORD]
        return {device.id: device.xwing for device in devices}

    def _records(self, principal: str) -> dict[str, bytes]:
        """The records office of the body a post or body belongs to (C6); a person's key never goes there."""
        organisation = self._directory.organisation
        post = organisation.posts.get(principal)
        body = organisation.bodies.get(principal if post is None else post.body)
        if body is None or body.records_key is None:
            return {}
        return {records_office(body.id): body.records_key}

    async def _receive(self, principal: str) -> None:
        """Fetch the wraps made for this device and keep every seed that derives the logged key.

        Raises:
            JinshuError: keys.wrap_unsigned, keys.seed_mismatch, envelope.cannot_open or keys.wrap_withheld.
        """
        records = [WrapRecord.parse(raw) for raw in await self._server.seed_wraps(principal)]
        for record in records:
            if record.object != principal or record.principal != self._keystore.me.device:
                continue
            for generation in self._directory.state.generations(principal):
                if generation.number == record.generation:
                    # Only a wrap named in a signed entry counts: anybody can seal to a public key (C7).
                    if generation.wraps.get(record.principal) != record.hash:
                        raise JinshuError(ErrorCode.KEYS_WRAP_UNSIGNED, principal=principal)
                    seed = open_seed(self._keystore.xwing, record, generation.public)
                    await self._seeds.keep(principal, generation.number, seed)
        await self._receive_former(principal, records)
        if self._seeds.held(principal) is None:
            # The log says that a wrap was made for this device, and the server took it in with the leaf.
            raise RemoteProtocolError(ErrorCode.KEYS_WRAP_WITHHELD, principal=principal)

    async def _receive_former(self, principal: str, records: Sequence[WrapRecord]) -> None:
        """Open the generations before, each with the one after it, as far as they were handed on."""
        handed_on = {record.hash: record for record in records if record.principal == principal}
        generations = self._directory.state.generations(principal)
        for newer, older in zip(generations[::-1], generations[-2::-1], strict=False):
            record = handed_on.get(newer.wraps.get(principal, b""))
            seed = self._seeds.of(principal, newer.public)
            if record is not None and seed is not None and self._seeds.of(principal, older.public) is None:
                await self._seeds.keep(principal, older.number, open_seed(seed, record, older.public))

    async def _confirm(self, principal: str, generation: Generation) -> None:
        payload = GenerationConfirm(
            principal, generation.number, generation.entry, self._keystore.me.device, self._clock.now_ms()
        )
        await self._publish(LeafKind.CONFIRM, SignedType.GENERATION_CONFIRM, payload.value(), ())

    async def _share(self, principal: str, to: str) -> None:
        held, device = self._seeds.held(principal), self._active(to)
        if held is None or device is None:
            raise JinshuError(ErrorCode.KEYS_UNKNOWN_DEVICE, device=to)
        if to in self._directory.state.holders(principal):
            return
        generation, seed = held
        info = EnvelopeInfo(
            Purpose.PRINCIPAL_SEED, principal, self._keystore.me.device, to, generation.number
        )
        if not device.usable:
            raise JinshuError(ErrorCode.KEYS_UNUSABLE, device=to)
        record = wrap(device.encryption_key, info, seed.seed)
        payload = KeyShare(
            principal, generation.number, generation.entry, to, record.hash, self._clock.now_ms()
        )
        await self._publish(LeafKind.SHARE, SignedType.KEY_SHARE, payload.value(), (record.to_bytes(),))

    async def _consent(self, device: str) -> None:
        me, found = self._keystore.me, self._active(device)
        if found is None or found.person != me.person:
            raise JinshuError(ErrorCode.KEYS_UNKNOWN_DEVICE, device=device)
        if found.standing is not Standing.ON_CA_WORD:
            return
        payload = DeviceConsent(device, found.bundle, me.person, self._clock.now_ms())
        await self._publish(LeafKind.CONSENT, SignedType.DEVICE_CONSENT, payload.value(), ())

    async def _open_by_code(self, code: RecoveryCode, newest: Generation) -> None:
        """Keep the seed of every generation that was wrapped to this code; earlier ones may name another."""
        principal = newest.principal
        records = [WrapRecord.parse(raw) for raw in await self._server.seed_wraps(principal)]
        delivered = {record.hash: record for record in records if record.principal == RECOVERY}
        for generation in self._directory.state.generations(principal):
            record = delivered.get(generation.wraps.get(RECOVERY, b""))
            if record is not None and generation.recovery == newest.recovery:
                seed = open_seed(code.xwing, record, generation.public)
                await self._seeds.keep(principal, generation.number, seed)
        if self._seeds.held(principal) is None:
            raise RemoteProtocolError(ErrorCode.KEYS_WRAP_WITHHELD, principal=principal)

    async def _consent_by_code(self, code: RecoveryCode, public: RecoveryPublic) -> None:
        me = self._keystore.me
        found = self._active(me.device)
        if found is None or found.standing is not Standing.ON_CA_WORD:
            return
        payload = DeviceConsent(me.device, found.bundle, me.person, self._clock.now_ms())
        signed = sign(code.signing, public.spki_hash, SignedType.RECOVERY_CONSENT, payload.value())
        await self._directory.publish(Leaf(LeafKind.CONSENT, signed.to_bytes(), public.signing_spki), ())

    async def _publish(
        self, kind: LeafKind, type_: SignedType, value: dict[str, object], wraps: Iterable[bytes]
    ) -> None:
        signed = await self._keystore.sign(type_, value)
        await self._directory.publish(
            Leaf(kind, signed.to_bytes(), self._keystore.me.certificate), list(wraps)
        )
