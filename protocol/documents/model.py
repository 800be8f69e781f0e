"""The elements of an official document that 签发 signs, and the details (number, dates) that come after it.

Elements travel as a plain CBOR value and are hashed in one way only; nothing here knows layout, files or keys.
"""

from __future__ import annotations

import datetime
import hashlib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TypeVar

import cbor2

from protocol.documents.kinds import Kind

_HASH_DOMAIN = b"jinshu/elements/v1"
_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)
_BIDI = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# The largest plain integers that every implementation can hold.
_MAX_SIZE = 2**53
SALT_BYTES = 16


class ElementsError(ValueError):
    """A value is not the elements of a document; the message names the field, never its content."""


class Urgency(StrEnum):
    """紧急程度 (7.2.3)."""

    NONE = "none"
    URGENT = "urgent"
    MOST_URGENT = "most_urgent"

    @property
    def chinese(self) -> str:
        """As printed on the page; empty for none."""
        return {"none": "", "urgent": "加急", "most_urgent": "特急"}[self.value]


class Label(StrEnum):
    """标识. State secrets (秘密 and above) have no place here and no value (条例 art. 26)."""

    PUBLIC = "public"
    INTERNAL = "internal"
    WORK_SECRET = "work_secret"

    @property
    def chinese(self) -> str:
        """As officials call it."""
        return {"public": "公开", "internal": "内部", "work_secret": "工作秘密"}[self.value]


class Publicity(StrEnum):
    """公开属性."""

    ON_INITIATIVE = "on_initiative"
    ON_REQUEST = "on_request"
    WITHHELD = "withheld"

    @property
    def chinese(self) -> str:
        """As officials call it."""
        return {"on_initiative": "主动公开", "on_request": "依申请公开", "withheld": "不予公开"}[self.value]


class Level(IntEnum):
    """Level of a block of body text (7.3.3)."""

    PARAGRAPH = 0
    FIRST = 1  # 一、
    SECOND = 2  # （一）
    THIRD = 3  # 1.
    FOURTH = 4  # （1）


@dataclass(frozen=True, slots=True)
class RecipientRef:
    """A receiving body: who it is, and the name printed on the page."""

    body_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph of the body, its heading number included in the text."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class AttachmentRef:
    """An attachment by its place, name, type and the hash of its plaintext."""

    order: int
    name: str
    media_type: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Elements:
    """Everything 签发 signs. Not here: number, 成文日期, printing date, copy number, layout."""

    kind: Kind
    issuer_body_id: str
    issuer_name: str  # 发文机关标志 without 文件
    issuer_code: str  # 机关代字
    title: str
    main_recipients: tuple[RecipientRef, ...]
    copy_recipients: tuple[RecipientRef, ...]
    body: tuple[Block, ...]
    attachments: tuple[AttachmentRef, ...]
    signature_name: str  # 署名
    urgency: Urgency
    label: Label
    publicity: Publicity
    publicity_reason: str
    note: str  # 附注
    contact: str
    printer_name: str  # 印发机关
    # Random, so that the visible element hash confirms nobody's guess of the text; empty in previews only.
    salt: bytes = b""

    def to_cbor_value(self) -> dict[str, object]:
        """The plain value: text in NFC, enums by value.

        Raises:
            ElementsError: a text holds control or direction characters, or attachments are out of order.
        """
        value: dict[str, object] = {"v": 1}
        value.update({name: _text(_nfc(getattr(self, name)), name) for name in _TEXTS})
        value.update({name: str(getattr(self, name).value) for name in _ENUMS})
        for name in ("main_recipients", "copy_recipients"):
            value[name] = [_recipient_value(each) for each in getattr(self, name)]
        value["body"] = [{"level": int(b.level), "text": _text(_nfc(b.text), "body")} for b in self.body]
        value["attachments"] = [_attachment_value(each) for each in self.attachments]
        _check_orders(self.attachments)
        value["salt"] = _salt(self.salt)
        return value

    @classmethod
    def from_cbor_value(cls, value: object) -> Elements:
        """Read a plain value strictly: unknown or missing keys and wrong types are refused.

        Raises:
            ElementsError: naming the field that is wrong.
        """
        fields = _mapping(value, {"v", *ELEMENT_FIELDS}, "elements")
        if fields["v"] != 1 or isinstance(fields["v"], bool):
            raise ElementsError("elements: version")
        attachments = tuple(_each(fields["attachments"], _read_attachment, "attachments"))
        _check_orders(attachments)
        texts = {name: _text(fields[name], name) for name in _TEXTS}
        return cls(
            kind=_enum(Kind, fields["kind"], "kind"),
            main_recipients=tuple(_each(fields["main_recipients"], _read_recipient, "main_recipients")),
            copy_recipients=tuple(_each(fields["copy_recipients"], _read_recipient, "copy_recipients")),
            body=tuple(_each(fields["body"], _read_block, "body")),
            attachments=attachments,
            urgency=_enum(Urgency, fields["urgency"], "urgency"),
            label=_enum(Label, fields["label"], "label"),
            publicity=_enum(Publicity, fields["publicity"], "publicity"),
            salt=_salt(fields["salt"]),
            **texts,
        )


@dataclass(frozen=True, slots=True)
class IssueDetails:
    """What is settled after 签发: 发文字号, 成文日期 (the last 签发's date) and the printing date."""

    number: str
    signed_on: datetime.date
    printed_on: datetime.date


_TEXTS = (
    "issuer_body_id",
    "issuer_name",
    "issuer_code",
    "title",
    "signature_name",
    "publicity_reason",
    "note",
    "contact",
    "printer_name",
)
_ENUMS = ("kind", "urgency", "label", "publicity")
# Besides `v`. A later version of the elements has another `v`, or more of them.
ELEMENT_FIELDS = frozenset(
    {"main_recipients", "copy_recipients", "body", "attachments", "salt", *_TEXTS, *_ENUMS}
)


def element_hash(elements: Elements) -> bytes:
    """What 签发 signs: SHA-256 over the domain prefix and the deterministic CBOR of the elements."""
    return hashlib.sha256(_HASH_DOMAIN + cbor2.dumps(elements.to_cbor_value(), canonical=True)).digest()


def is_clean_text(text: str) -> bool:
    """Whether a text holds no control, private, surrogate or direction characters: what is signed is what is seen."""
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Co") or c in _BIDI for c in text)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not unicodedata.is_normalized("NFC", value) or not is_clean_text(value):
        raise ElementsError(f"{what}: text expected, in NFC and without control characters")
    return value


def _integer(value: object, what: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_SIZE:
        raise ElementsError(f"{what}: integer expected")
    return value


def _salt(value: object) -> bytes:
    if not isinstance(value, bytes) or len(value) not in (0, SALT_BYTES):
        raise ElementsError("salt: 16 bytes expected")
    return value


def _mapping(value: object, keys: set[str], what: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or set(value) != keys:
        raise ElementsError(f"{what}: keys")
    return value


def _each(value: object, read: Callable[[object], _T], what: str) -> list[_T]:
    if not isinstance(value, (list, tuple)):
        raise ElementsError(f"{what}: list expected")
    return [read(item) for item in value]


def _enum(kind: type[_E], value: object, what: str) -> _E:
    try:
        return kind(_text(value, what))
    except ValueError as error:
        raise ElementsError(f"{what}: unknown value") from error


def _recipient_value(recipient: RecipientRef) -> dict[str, object]:
    return {"body_id": _text(_nfc(recipient.body_id), "body_id"), "name": _text(_nfc(recipient.name), "name")}


def _read_recipient(value: object) -> RecipientRef:
    fields = _mapping(value, {"body_id", "name"}, "recipient")
    return RecipientRef(_text(fields["body_id"], "body_id"), _text(fields["name"], "name"))


def _read_block(value: object) -> Block:
    fields = _mapping(value, {"level", "text"}, "block")
    level = _integer(fields["level"], "level")
    if level > Level.FOURTH:
        raise ElementsError("block: level")
    return Block(level, _text(fields["text"], "body"))


def _attachment_value(attachment: AttachmentRef) -> dict[str, object]:
    return {
        "order": attachment.order,
        "name": _text(_nfc(attachment.name), "attachment name"),
        "media_type": _text(_nfc(attachment.media_type), "media_type"),
        "size": attachment.size,
        "sha256": bytes(attachment.sha256),
    }


def _read_attachment(value: object) -> AttachmentRef:
    fields = _mapping(value, {"order", "name", "media_type", "size", "sha256"}, "attachment")
    digest = fields["sha256"]
    if not isinstance(digest, bytes) or len(digest) != hashlib.sha256().digest_size:
        raise ElementsError("attachment: sha256")
    return AttachmentRef(
        _integer(fields["order"], "order"),
        _text(fields["name"], "attachment name"),
        _text(fields["media_type"], "media_type"),
        _integer(fields["size"], "size"),
        digest,
    )


def _check_orders(attachments: tuple[AttachmentRef, ...]) -> None:
    if [each.order for each in attachments] != list(range(1, len(attachments) + 1)):
        raise ElementsError("attachments: order")
