"""What is signed in a meeting (C22, C26): its creation, acts of the chair, joins, epochs of the media keys and their packets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, Self

from protocol import payload
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.identifiers import IdKind

MAX_CHAIRS: Final = 16
MAX_PARTICIPANTS: Final = 1000
NONCE_BYTES: Final = 16
_MEETING: Final = payload.identifier(IdKind.MEETING)
_PERSON: Final = payload.identifier(IdKind.PERSON)
_DEVICE: Final = payload.identifier(IdKind.DEVICE)


class ChairAct(StrEnum):
    """What a chair can do to others."""

    MUTE = "mute"  # a person, or everybody who is no chair
    REMOVE = "remove"
    ADMIT = "admit"  # takes a removal back
    LOCK = "lock"
    UNLOCK = "unlock"
    SPOTLIGHT = "spotlight"  # a person, or nobody
    HAND_OVER = "hand_over"
    END = "end"
    LATER = ""  # never in bytes: an act of a later version, which has its place and does nothing here (C41)


class EpochKind(StrEnum):
    """How an epoch's secret came to be."""

    NEW = "new"  # drawn, and sealed to everybody
    RATCHET = "ratchet"  # out of the one before, sealed to who has just come


_ACTS: Final = frozenset(act.value for act in ChairAct if act is not ChairAct.LATER)
_NEEDS_TARGET: Final = frozenset({ChairAct.REMOVE, ChairAct.ADMIT, ChairAct.HAND_OVER})
_NO_TARGET: Final = frozenset({ChairAct.LOCK, ChairAct.UNLOCK, ChairAct.END})


def _malformed(field: str) -> RemoteProtocolError:
    return RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=field)


@dataclass(frozen=True, slots=True)
class Meeting(payload.Payload):
    """A meeting is called. Who may come is the newest roster of its conversation, where its title is said, encrypted; `chairs`:
    who leads it, in order of succession. Times are ms UTC."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "meeting": _MEETING,
        "conversation": payload.identifier(IdKind.CONVERSATION),
        "person": _PERSON,
        "device": _DEVICE,
        "chairs": payload.list_of(_PERSON, at_most=MAX_CHAIRS),
        "starts_at": payload.integer,
        "ends_at": payload.integer,
        "log_size": payload.integer,
        "log_root": payload.HASH,
        "at": payload.integer,
    }
    meeting: str
    conversation: str
    person: str
    device: str
    chairs: list[str]
    starts_at: int
    ends_at: int
    log_size: int
    log_root: bytes
    at: int

    @classmethod
    def parse(cls, value: Any, *, tolerant: bool = False) -> Self:
        """Read a decoded payload; `tolerant`: pass over what a later version may have added.

        Raises:
            JinshuError: `wire.malformed`.
        """
        made = cls(**payload.check(value, cls.SHAPES, tolerant=tolerant))
        if not made.chairs or made.chairs[0] != made.person or len(set(made.chairs)) != len(made.chairs):
            raise _malformed("chairs")
        if made.ends_at < made.starts_at:
            raise _malformed("ends_at")
        return made


@dataclass(frozen=True, slots=True)
class ChairEntry(payload.Payload):
    """One act of a chair, in a chain that begins at the MEETING: `previous` is its entry id, then that of the act before."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "meeting": _MEETING,
        "n": payload.integer,
        "previous": payload.HASH,
        "person": _PERSON,
        "device": _DEVICE,
        "act": payload.word,
        "target": payload.optional(_PERSON),
        "log_size": payload.integer,
        "log_root": payload.HASH,
        "at": payload.integer,
    }
    meeting: str
    n: int
    previous: bytes
    person: str
    device: str
    act: ChairAct
    target: str | None
    log_size: int
    log_root: bytes
    at: int

    @classmethod
    def parse(cls, value: Any, *, tolerant: bool = False) -> Self:
        """Read a decoded payload; `tolerant`: pass over what a later version may have added.

        Raises:
            JinshuError: `wire.malformed`.
        """
        fields = payload.check(value, cls.SHAPES, tolerant=tolerant)
        known = fields["act"] in _ACTS
        if not known and not tolerant:
            raise RemoteProtocolError(ErrorCode.MEETINGS_UNKNOWN_ACT, act=fields["act"])
        later = cls.unknown(value) is not None
        made = cls(**{**fields, "act": ChairAct.LATER if later else ChairAct(fields["act"])})
        wrong = made.act in (_NEEDS_TARGET if made.target is None else _NO_TARGET)
        if wrong:
            raise _malformed("target")
        return made

    def value(self) -> dict[str, Any]:
        return {**payload.Payload.value(self), "act": self.act.value}

    @classmethod
    def unknown(cls, value: Mapping[str, Any]) -> str | None:
        """The verb, or the first field, that this version does not know."""
        act = value.get("act")
        return payload.unknown_field(value, cls.SHAPES) if act in _ACTS else str(act)


@dataclass(frozen=True, slots=True)
class Join(payload.Payload):
    """A device comes into a meeting. `nonce`: fresh, so that no two stays of a device ever share a media key and counter."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "meeting": _MEETING,
        "person": _PERSON,
        "device": _DEVICE,
        "nonce": payload.octets(NONCE_BYTES),
        "log_size": payload.integer,
        "log_root": payload.HASH,
        "at": payload.integer,
    }
    meeting: str
    person: str
    device: str
    nonce: bytes
    log_size: int
    log_root: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Epoch(payload.Payload):
    """New media keys are in force: `participants` are entry ids of the JOINs that hold them, a sender's rank is its place
    there; `commitment` binds the secret."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "meeting": _MEETING,
        "n": payload.integer,
        "previous": payload.optional(payload.HASH),
        "kind": payload.word,
        "participants": payload.list_of(payload.HASH, at_most=MAX_PARTICIPANTS),
        "commitment": payload.HASH,
        "person": _PERSON,
        "device": _DEVICE,
        "log_size": payload.integer,
        "log_root": payload.HASH,
        "at": payload.integer,
    }
    meeting: str
    n: int
    previous: bytes | None
    kind: EpochKind
    participants: list[bytes]
    commitment: bytes
    person: str
    device: str
    log_size: int
    log_root: bytes
    at: int

    @classmethod
    def parse(cls, value: Any, *, tolerant: bool = False) -> Self:
        """Read a decoded payload; `tolerant`: pass over what a later version may have added.

        Raises:
            JinshuError: `wire.malformed`.
        """
        fields = payload.check(value, cls.SHAPES, tolerant=tolerant)
        kind = fields["kind"]
        if kind not in frozenset(EpochKind):
            if not tolerant:
                raise _malformed("kind")
            # However it was made, its secret comes sealed.
            kind = EpochKind.NEW
        made = cls(**{**fields, "kind": EpochKind(kind)})
        if not made.participants or len(set(made.participants)) != len(made.participants):
            raise _malformed("participants")
        return made

    def value(self) -> dict[str, Any]:
        return {**payload.Payload.value(self), "kind": self.kind.value}

    @classmethod
    def unknown(cls, value: Mapping[str, Any]) -> str | None:
        """The kind, or the first field, that this version does not know."""
        kind = value.get("kind")
        return payload.unknown_field(value, cls.SHAPES) if kind in frozenset(EpochKind) else str(kind)


@dataclass(frozen=True, slots=True)
class EpochPacket(payload.Payload):
    """An epoch's secret on its way to one device over the device channel. `sealed`: suite u8 ‖ HPKE ciphertext."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "meeting": _MEETING,
        "epoch": payload.HASH,
        "device": _DEVICE,
        "to": _DEVICE,
        "sealed": payload.any_octets,
        "at": payload.integer,
    }
    meeting: str
    epoch: bytes
    device: str
    to: str
    sealed: bytes
    at: int
