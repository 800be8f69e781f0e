"""What is signed in a conversation (C4–C7, C14, C44): rosters, messages, key packets, prekeys and channel keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from protocol import payload
from protocol.crypto.keys import XWING_PUBLIC_BYTES
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.identifiers import IdKind

MAX_MEMBERS: Final = 1000
MAX_CIPHERTEXT: Final = 1 << 18
MAX_PARENTS: Final = 64
_PEOPLE: Final = payload.list_of(payload.identifier(IdKind.PERSON), at_most=MAX_MEMBERS)
_CONVERSATION: Final = payload.identifier(IdKind.CONVERSATION)


def _in_order(value: Any, *names: str) -> None:
    for name in names:
        items = getattr(value, name)
        if items != sorted(set(items)):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=name)


@dataclass(frozen=True, slots=True)
class Roster(payload.Payload):
    """Who is in a conversation from here on: one link of a chain signed by its managers (`admins`). Times are ms UTC."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "conversation": _CONVERSATION,
        "n": payload.integer,
        "previous": payload.optional(payload.HASH),
        "group": payload.boolean,
        "person": payload.identifier(IdKind.PERSON),
        "members": _PEOPLE,
        "admins": _PEOPLE,
        "org_seq": payload.integer,
        "log_size": payload.integer,
        "log_root": payload.HASH,
        "at": payload.integer,
    }
    conversation: str
    n: int
    previous: bytes | None
    group: bool
    person: str
    members: list[str]
    admins: list[str]
    org_seq: int
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
        _in_order(made, "members", "admins")
        return made


@dataclass(frozen=True, slots=True)
class MessageEvent(payload.Payload):
    """One message as everybody may see it. `roster`: entry id of the roster it was encrypted for; `session`: the Megolm
    session; `parents`: entry ids of the newest messages its author had seen, so that nobody can be shown another history;
    `log_size`, `log_root`: the directory head its author had verified."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "conversation": _CONVERSATION,
        "id": payload.identifier(IdKind.MESSAGE),
        "person": payload.identifier(IdKind.PERSON),
        "device": payload.identifier(IdKind.DEVICE),
        "roster": payload.HASH,
        "session": payload.text,
        "ciphertext": payload.any_octets,
        "parents": payload.list_of(payload.HASH, at_most=MAX_PARENTS),
        "blobs": payload.list_of(payload.text, at_most=16),
        "log_size": payload.integer,
        "log_root": payload.HASH,
        "sent_at": payload.integer,
    }
    conversation: str
    id: str
    person: str
    device: str
    roster: bytes
    session: str
    ciphertext: bytes
    parents: list[bytes]
    blobs: list[str]
    log_size: int
    log_root: bytes
    sent_at: int

    @classmethod
    def parse(cls, value: Any, *, tolerant: bool = False) -> Self:
        """Read a decoded payload; `tolerant`: pass over what a later version may have added.

        Raises:
            JinshuError: `wire.malformed` or `wire.too_large`.
        """
        made = cls(**payload.check(value, cls.SHAPES, tolerant=tolerant))
        _in_order(made, "parents", "blobs")
        if len(made.ciphertext) > MAX_CIPHERTEXT:
            raise RemoteProtocolError(ErrorCode.WIRE_TOO_LARGE)
        return made


@dataclass(frozen=True, slots=True)
class CommittedMessage(MessageEvent):
    """A message whose author signs its content as well, salted (`protocol.messaging.commitments`), and which is padded inside the
    encryption. Written where the site has switched `messages/2` on (C44)."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        **MessageEvent.SHAPES,
        "commitment": payload.HASH,
    }
    commitment: bytes


# The forms of a message, the oldest first: each is read for ever.
MESSAGE_FORMS: Final[Mapping[SignedType, type[MessageEvent]]] = {
    SignedType.MESSAGE: MessageEvent,
    SignedType.COMMITTED_MESSAGE: CommittedMessage,
}


def read_message(signed: Signed) -> MessageEvent:
    """The payload of a message of any form.

    Raises:
        JinshuError: `signature.wrong_type`, `wire.malformed` or `wire.too_large`.
    """
    form = None if not isinstance(signed.type, SignedType) else MESSAGE_FORMS.get(signed.type)
    if form is None:
        raise RemoteProtocolError(ErrorCode.SIGNATURE_WRONG_TYPE)
    return form.parse(signed.value())


@dataclass(frozen=True, slots=True)
class KeyPacket(payload.Payload):
    """A Megolm session's key on its way to one device: an Olm message inside an HPKE (X-Wing) seal, so that whoever records it
    today has to break both later. `sealed`: suite u8 ‖ HPKE ciphertext, bound to conversation, sender and recipient."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "conversation": _CONVERSATION,
        "device": payload.identifier(IdKind.DEVICE),
        "to": payload.identifier(IdKind.DEVICE),
        "session": payload.text,
        "sealed": payload.any_octets,
        "at": payload.integer,
    }
    conversation: str
    device: str
    to: str
    session: str
    sealed: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Prekey(payload.Payload):
    """A Curve25519 prekey of a device, signed one by one: Olm is as strong as Signal's handshake only if they are
    (arXiv 2408.12743). `identity`: the device's Olm identity key, which must be the logged one."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "device": payload.identifier(IdKind.DEVICE),
        "identity": payload.octets(32),
        "key": payload.octets(32),
        "fallback": payload.boolean,
        "at": payload.integer,
    }
    device: str
    identity: bytes
    key: bytes
    fallback: bool
    at: int


@dataclass(frozen=True, slots=True)
class ChannelKey(payload.Payload):
    """A device's X-Wing key of the week: what is sealed to it stays closed to whoever takes the device's bundle key later,
    because its private half is forgotten. `identity`: as in `Prekey`; `at`: milliseconds UTC."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "device": payload.identifier(IdKind.DEVICE),
        "identity": payload.octets(32),
        "public": payload.octets(XWING_PUBLIC_BYTES),
        "at": payload.integer,
    }
    device: str
    identity: bytes
    public: bytes
    at: int


@dataclass(frozen=True, slots=True)
class LeftOut(payload.Payload):
    """Devices that were sent nothing, because their keys are validly signed and cannot be used (C46). Their owners cannot find
    it out by themselves: what was not sent leaves no trace. `object`: the conversation or meeting it was for."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "object": payload.identifier(IdKind.CONVERSATION, IdKind.MEETING),
        "device": payload.identifier(IdKind.DEVICE),
        "left_out": payload.list_of(payload.identifier(IdKind.DEVICE), at_most=MAX_MEMBERS),
        "at": payload.integer,
    }
    object: str
    device: str
    left_out: list[str]
    at: int

    @classmethod
    def parse(cls, value: Any, *, tolerant: bool = False) -> Self:
        """Read a decoded payload; `tolerant`: pass over what a later version may have added.

        Raises:
            JinshuError: `wire.malformed`.
        """
        made = cls(**payload.check(value, cls.SHAPES, tolerant=tolerant))
        _in_order(made, "left_out")
        if not made.left_out:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="left_out")
        return made
