"""The principals' seeds this device holds: the newest generation seals, and every one of them opens."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from client.core.identity.keystore import Keystore
from client.core.store import keys as table
from client.core.store.store_port import StorePort
from client.core.trust.directory import Directory
from protocol.crypto.content import check_key_commitment
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, unwrap, wrap
from protocol.crypto.keys import SecretKey, XWingPrivateKey
from protocol.directory.records import Generation
from protocol.errors import ErrorCode, JinshuError


class Seeds:
    """By principal and public key: a seed counts for a generation only if it derives the key in the log."""

    def __init__(self, store: StorePort, keystore: Keystore, directory: Directory) -> None:
        self._store = store
        self._keystore = keystore
        self._directory = directory
        self._seeds: dict[tuple[str, bytes], XWingPrivateKey] = {}

    async def load(self) -> None:
        rows = await self._store.read(table.seeds)
        self._seeds = {(principal, public): XWingPrivateKey(seed) for principal, _, public, seed in rows}

    def forget(self) -> None:
        self._seeds = {}

    async def keep(self, principal: str, number: int, seed: XWingPrivateKey) -> None:
        """On disk first; a seed of a generation that never gets into the log is harmless."""
        public = bytes(seed.public)

        def write(connection: Connection) -> None:
            table.keep_seed(connection, principal, number, public, seed.seed)

        await self._store.write(write)
        self._seeds[(principal, public)] = seed

    def of(self, principal: str, public: bytes) -> XWingPrivateKey | None:
        """The seed of one generation, by its public key."""
        return self._seeds.get((principal, public))

    @property
    def count(self) -> int:
        """How many seeds this device holds."""
        return len(self._seeds)

    def held(self, principal: str) -> tuple[Generation, XWingPrivateKey] | None:
        """The newest generation of a principal with its seed, if this device has it."""
        generation = self._directory.state.generation(principal)
        if generation is None:
            return None
        seed = self._seeds.get((principal, generation.public))
        return None if seed is None else (generation, seed)

    def seal(self, object_id: str, key: bytes, principals: Iterable[str]) -> list[WrapRecord]:
        """Wrap an object's key to the newest generation of each principal.

        Raises:
            JinshuError: keys.no_generation, or keys.generation_stale.
        """
        sender = self._keystore.me.device
        records: list[WrapRecord] = []
        for principal in sorted(set(principals)):
            generation = self._newest(principal)
            info = EnvelopeInfo(Purpose.OBJECT_KEY, object_id, sender, principal, generation.number)
            records.append(wrap(generation.encryption_key, info, key))
        return records

    def open(self, record: WrapRecord, *, object_id: str, key_commitment: bytes) -> bytes | None:
        """The object's key, or None when the wrap is for a generation this device does not hold.

        Raises:
            JinshuError: keys.commitment_mismatch or envelope.cannot_open.
        """
        if record.object != object_id:
            raise JinshuError(ErrorCode.KEYS_COMMITMENT_MISMATCH, object=object_id)
        generations = self._directory.state.generations(record.principal)
        if not 0 < record.generation <= len(generations):
            return None
        seed = self._seeds.get((record.principal, generations[record.generation - 1].public))
        if seed is None:
            return None
        key = unwrap(seed, record, Purpose.OBJECT_KEY)
        check_key_commitment(object_id, SecretKey(key), key_commitment)
        return key

    def _newest(self, principal: str) -> Generation:
        state = self._directory.state
        generation = state.generation(principal)
        if generation is None:
            raise JinshuError(ErrorCode.KEYS_NO_GENERATION, principal=principal)
        if state.is_stale(principal) or not generation.usable:
            raise JinshuError(ErrorCode.KEYS_GENERATION_STALE, principal=principal)
        return generation
