"""Making one generation of a principal's key, and opening the seed of one that was shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

from client.core.identity.keystore import RecoveryPublic
from protocol.crypto.envelope import EnvelopeInfo, Purpose, WrapRecord, unwrap, wrap
from protocol.crypto.keys import XWingPrivateKey, XWingPublicKey, is_usable_xwing
from protocol.directory.log import RECOVERY, KeyGeneration
from protocol.directory.records import Generation
from protocol.errors import ErrorCode, JinshuError


@dataclass(frozen=True, slots=True)
class GenerationDraft:
    """A generation before it is signed: the fresh seed, and its wraps to everyone who shall hold it."""

    principal: str
    number: int
    previous: bytes | None
    seed: XWingPrivateKey = field(repr=False)
    wraps: tuple[WrapRecord, ...]
    recovery: bytes | None
    restart: bool

    @classmethod
    def make(
        cls,
        principal: str,
        previous: Generation | None,
        devices: Mapping[str, bytes],
        records: Mapping[str, bytes],
        recovery: RecoveryPublic | None,
        *,
        restart: bool,
        former: XWingPrivateKey | None,
        sender: str,
        entropy: Callable[[int], bytes],
    ) -> Self:
        """Draw a seed and wrap it to `devices` and `records` (id → X-Wing public key) and to the recovery
        code; `former`, the seed before, is wrapped to the new key."""
        number = 1 if previous is None else previous.number + 1
        seed = XWingPrivateKey.generate(entropy)
        recipients = {**devices, **records, **({} if recovery is None else {RECOVERY: recovery.xwing})}
        wraps = tuple(
            wrap(
                _recipient(public, entropy),
                EnvelopeInfo(Purpose.PRINCIPAL_SEED, principal, sender, to, number),
                seed.seed,
            )
            for to, public in sorted(recipients.items())
        )
        if former is not None:
            info = EnvelopeInfo(Purpose.PRINCIPAL_SEED, principal, sender, principal, number)
            wraps = (*wraps, wrap(seed.public, info, former.seed))
        return cls(
            principal,
            number,
            None if previous is None else previous.entry,
            seed,
            wraps,
            None if recovery is None else recovery.spki_hash,
            restart,
        )

    @property
    def records(self) -> tuple[bytes, ...]:
        return tuple(record.to_bytes() for record in self.wraps)

    def payload(self, org_seq: int, at: int) -> KeyGeneration:
        return KeyGeneration(
            principal=self.principal,
            generation=self.number,
            public=bytes(self.seed.public),
            previous=self.previous,
            recipients=[{"to": record.principal, "wrap": record.hash} for record in self.wraps],
            org_seq=org_seq,
            restart=self.restart,
            recovery=self.recovery,
            at=at,
        )


def _recipient(public: bytes, entropy: Callable[[int], bytes]) -> XWingPublicKey:
    """A holder has to be named in the next generation; of one whose key cannot be used the wrap is made to a key that nobody
    has, so that the others go on and it opens nothing (C46)."""
    return XWingPublicKey(public) if is_usable_xwing(public) else XWingPrivateKey.generate(entropy).public


def open_seed(device: XWingPrivateKey, record: WrapRecord, public: bytes) -> XWingPrivateKey:
    """The seed in a wrap, if it derives the public key the log names.

    Raises:
        JinshuError: keys.seed_mismatch, or envelope.cannot_open.
    """
    seed = XWingPrivateKey(unwrap(device, record, Purpose.PRINCIPAL_SEED))
    if bytes(seed.public) != public:
        raise JinshuError(ErrorCode.KEYS_SEED_MISMATCH, principal=record.object, generation=record.generation)
    return seed
