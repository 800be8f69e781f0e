"""What a directory state knows about devices, generations and seals: frozen, so that a check can never half-change it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.crypto.keys import VerifyingKey, XWingPublicKey, is_usable_xwing
from protocol.identifiers import IdKind


class Standing(StrEnum):
    """Why a device is believed to be its person's (C2)."""

    FIRST = "first"
    CONSENTED = "consented"  # another device of his said so
    RECOVERED = "recovered"  # his recovery code said so
    ON_CA_WORD = "on_ca_word"  # only the CA says so: shown, and given nothing by itself


@dataclass(frozen=True, slots=True)
class Device:
    """A device in the log. `bundle` is the entry id, `index` the leaf that brought it."""

    id: str
    person: str
    certificate: bytes
    cert_hash: bytes
    spki: bytes
    not_after: int
    xwing: bytes
    label: str
    bundle: bytes
    index: int
    created_at: int
    standing: Standing
    curve25519: bytes = b""  # the Olm identity, once the device has logged it

    @property
    def verifying_key(self) -> VerifyingKey:
        return VerifyingKey(self.spki)

    @property
    def encryption_key(self) -> XWingPublicKey:
        return XWingPublicKey(self.xwing)

    @property
    def usable(self) -> bool:
        """Whether anything can be sealed to it. Logs made before the server looked may hold a key that is none (C46)."""
        return is_usable_xwing(self.xwing)


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of a principal's key. `wraps`: recipient → hash of its wrap record; `holders`: device ids."""

    principal: str
    number: int
    public: bytes
    entry: bytes
    index: int
    signer: str
    wraps: dict[str, bytes]
    holders: frozenset[str]
    confirmed: frozenset[str]
    recovery: bytes | None
    restart: bool
    at: int

    @property
    def encryption_key(self) -> XWingPublicKey:
        return XWingPublicKey(self.public)

    @property
    def usable(self) -> bool:
        """As of a device."""
        return is_usable_xwing(self.public)


@dataclass(frozen=True, slots=True)
class SealRecord:
    """A seal certificate on a keeper's device."""

    seal: str
    body: str
    keeper: str
    device: str
    certificate: bytes
    cert_hash: bytes
    entry: bytes
    index: int
    signed: bytes  # the CA's word for it, as it stands in the log


def records_office(body: str) -> str:
    """The id of a body's records office, made from the body's own."""
    return f"{IdKind.RECORDS.value}{body[3:]}"
