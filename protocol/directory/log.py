"""The leaves of the directory log (C4) and the payloads signed in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from protocol import payload
from protocol.crypto import cbor
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.identifiers import IdKind

RECOVERY: Final = "recovery"  # the recipient that is a person's recovery code
MAX_LEAF: Final = 1 << 20
_BUNDLE_LABEL: Final = 64


class LeafKind(StrEnum):
    """What a leaf holds."""

    ORGANISATION = "organisation"
    REVOCATIONS = "revocations"
    DEVICE = "device"
    SEAL = "seal"
    GENERATION = "generation"
    SHARE = "share"
    CONFIRM = "confirm"
    CONSENT = "consent"
    CA_CHANGE = "ca_change"
    OLM = "olm"


TYPES: Final[Mapping[LeafKind, tuple[SignedType, ...]]] = {
    LeafKind.ORGANISATION: (SignedType.ORGANISATION_ROOT,),
    LeafKind.REVOCATIONS: (SignedType.REVOCATION_LIST,),
    LeafKind.DEVICE: (SignedType.DEVICE_BUNDLE,),
    LeafKind.SEAL: (SignedType.SEAL_CERTIFICATE,),
    LeafKind.GENERATION: (SignedType.KEY_GENERATION,),
    LeafKind.SHARE: (SignedType.KEY_SHARE,),
    LeafKind.CONFIRM: (SignedType.GENERATION_CONFIRM,),
    LeafKind.CONSENT: (SignedType.DEVICE_CONSENT, SignedType.RECOVERY_CONSENT),
    LeafKind.CA_CHANGE: (SignedType.CA_CHANGE,),
    LeafKind.OLM: (SignedType.OLM_IDENTITY,),
}


@dataclass(frozen=True, slots=True)
class Leaf:
    """CBOR {k: kind, s: signed bytes, c: the signer's certificate, or null where it is known already}."""

    kind: LeafKind
    signed: bytes
    certificate: bytes | None = None

    @classmethod
    def parse(cls, data: bytes) -> Leaf:
        """Read a leaf.

        Raises:
            JinshuError: `wire.malformed` or `wire.too_large`.
        """
        value = cbor.decode(data, limit=MAX_LEAF)
        shape = payload.fields(
            {
                "k": payload.one_of(*(kind.value for kind in LeafKind)),
                "s": payload.any_octets,
                "c": payload.optional(payload.any_octets),
            }
        )
        if not shape(value):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="leaf")
        return cls(LeafKind(value["k"]), value["s"], value["c"])

    def to_bytes(self) -> bytes:
        return cbor.encode({"k": self.kind.value, "s": self.signed, "c": self.certificate})

    def parsed(self) -> Signed:
        """The signed bytes, split, of a type that fits the kind.

        Raises:
            JinshuError: `wire.malformed`, `wire.unknown_type` or `signature.wrong_type`.
        """
        signed = Signed.parse(self.signed)
        if signed.type not in TYPES[self.kind]:
            raise RemoteProtocolError(ErrorCode.SIGNATURE_WRONG_TYPE)
        return signed


class CaStatement(payload.Payload):
    """What the CA signs anew before `next_update`. Under `log_age/1` it names the log the CA had verified when it signed: a
    statement that is shown in another log names the fork, and one that is not shown at all dates the view (C45)."""

    __slots__ = ()
    ADDED: ClassVar[Mapping[str, payload.Shape]] = {"log_size": payload.integer, "log_root": payload.HASH}
    issued_at: int
    next_update: int
    log_size: int | None
    log_root: bytes | None

    @property
    def dated(self) -> bool:
        """Whether it names a log: the later form."""
        return self.log_root is not None


@dataclass(frozen=True, slots=True)
class OrganisationRoot(CaStatement):
    """The signed root of a snapshot."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "org_seq": payload.integer,
        "root": payload.HASH,
        "count": payload.integer,
        "previous": payload.optional(payload.HASH),
        "issued_at": payload.integer,
        "next_update": payload.integer,
    }
    org_seq: int
    root: bytes
    count: int
    previous: bytes | None
    issued_at: int
    next_update: int
    log_size: int | None = None
    log_root: bytes | None = None


@dataclass(frozen=True, slots=True)
class RevocationList(CaStatement):
    """Always the whole list. `revoked`: {cert 32 bytes, device id or null, reason, at ms}."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "number": payload.integer,
        "revoked": payload.list_of(
            payload.fields(
                {
                    "cert": payload.HASH,
                    "device": payload.optional(payload.identifier(IdKind.DEVICE)),
                    "reason": payload.text,
                    "at": payload.integer,
                }
            )
        ),
        "issued_at": payload.integer,
        "next_update": payload.integer,
    }
    number: int
    revoked: list[dict[str, Any]]
    issued_at: int
    next_update: int
    log_size: int | None = None
    log_root: bytes | None = None


# The leaves by which the age of the log is judged.
STATEMENTS: Final[Mapping[LeafKind, type[OrganisationRoot] | type[RevocationList]]] = {
    LeafKind.ORGANISATION: OrganisationRoot,
    LeafKind.REVOCATIONS: RevocationList,
}


@dataclass(frozen=True, slots=True)
class DeviceBundle(payload.Payload):
    """The encryption key of a device, signed by its certificate's key (C5)."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "device": payload.identifier(IdKind.DEVICE),
        "person": payload.identifier(IdKind.PERSON),
        "cert": payload.HASH,
        "xwing": payload.octets(1216),
        "created_at": payload.integer,
        "label": lambda value: payload.text(value) and len(value) <= _BUNDLE_LABEL,
    }
    device: str
    person: str
    cert: bytes
    xwing: bytes
    created_at: int
    label: str


@dataclass(frozen=True, slots=True)
class DeviceConsent(payload.Payload):
    """That a further device of a person is really his (C2)."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "device": payload.identifier(IdKind.DEVICE),
        "bundle": payload.HASH,
        "person": payload.identifier(IdKind.PERSON),
        "at": payload.integer,
    }
    device: str
    bundle: bytes
    person: str
    at: int


@dataclass(frozen=True, slots=True)
class KeyGeneration(payload.Payload):
    """A new key of a principal (C6). `recipients`: {to: device id, records id or "recovery", wrap: hash of the record}."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "principal": payload.identifier(IdKind.PERSON, IdKind.POST, IdKind.BODY),
        "generation": payload.integer,
        "public": payload.octets(1216),
        "previous": payload.optional(payload.HASH),
        "recipients": payload.list_of(payload.fields({"to": payload.text, "wrap": payload.HASH})),
        "org_seq": payload.integer,
        "restart": payload.boolean,
        "recovery": payload.optional(payload.HASH),
        "at": payload.integer,
    }
    principal: str
    generation: int
    public: bytes
    previous: bytes | None
    recipients: list[dict[str, Any]]
    org_seq: int
    restart: bool
    recovery: bytes | None
    at: int


@dataclass(frozen=True, slots=True)
class KeyShare(payload.Payload):
    """A holder gives the present generation to a device of a present member: his confirmation (C6)."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "principal": payload.identifier(IdKind.PERSON, IdKind.POST, IdKind.BODY),
        "generation": payload.integer,
        "generation_entry": payload.HASH,
        "to": payload.identifier(IdKind.DEVICE),
        "wrap": payload.HASH,
        "at": payload.integer,
    }
    principal: str
    generation: int
    generation_entry: bytes
    to: str
    wrap: bytes
    at: int


@dataclass(frozen=True, slots=True)
class GenerationConfirm(payload.Payload):
    """A device opened its wrap and found that the seed derives the logged key."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "principal": payload.identifier(IdKind.PERSON, IdKind.POST, IdKind.BODY),
        "generation": payload.integer,
        "generation_entry": payload.HASH,
        "device": payload.identifier(IdKind.DEVICE),
        "at": payload.integer,
    }
    principal: str
    generation: int
    generation_entry: bytes
    device: str
    at: int


@dataclass(frozen=True, slots=True)
class SealCertificate(payload.Payload):
    """A seal certificate and the keeper's device that holds its key (C5)."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "seal": payload.identifier(IdKind.SEAL),
        "body": payload.identifier(IdKind.BODY),
        "keeper": payload.identifier(IdKind.PERSON),
        "device": payload.identifier(IdKind.DEVICE),
        "certificate": payload.any_octets,
        "at": payload.integer,
    }
    seal: str
    body: str
    keeper: str
    device: str
    certificate: bytes
    at: int


@dataclass(frozen=True, slots=True)
class CaChange(payload.Payload):
    """The root names a new issuing CA and how much of the log the old one may still vouch for (C1)."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "issuing": payload.any_octets,
        "last_trusted": payload.integer,
        "at": payload.integer,
    }
    issuing: bytes
    last_trusted: int
    at: int


@dataclass(frozen=True, slots=True)
class LogHead(payload.Payload):
    """What the log key signs; the format has room for witnesses."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "size": payload.integer,
        "root": payload.HASH,
        "at": payload.integer,
        "witnesses": payload.list_of(payload.any_octets, at_most=16),
    }
    size: int
    root: bytes
    at: int
    witnesses: list[bytes]


@dataclass(frozen=True, slots=True)
class OlmIdentity(payload.Payload):
    """The Olm identity keys of a device (C5), signed by its certificate key: once for its life."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "device": payload.identifier(IdKind.DEVICE),
        "curve25519": payload.octets(32),
        "ed25519": payload.octets(32),
        "at": payload.integer,
    }
    device: str
    curve25519: bytes
    ed25519: bytes
    at: int
