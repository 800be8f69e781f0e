"""What a message says, inside the encryption: plain CBOR, one shape for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from protocol import payload
from protocol.crypto import cbor
from protocol.documents.model import is_clean_text
from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.identifiers import IdKind

MAX_TEXT: Final = 20_000
MAX_CONTENT: Final = 1 << 17


class ContentKind(StrEnum):
    """What a message does."""

    TEXT = "text"
    FILE = "file"
    EDIT = "edit"
    RECALL = "recall"
    TITLE = "title"
    READ = "read"


def _text(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= MAX_TEXT and all(map(is_clean_text, value.split("\n")))


_TARGET: Final = payload.identifier(IdKind.MESSAGE)
_SHAPES: Final[Mapping[ContentKind, Mapping[str, payload.Shape]]] = {
    ContentKind.TEXT: {"text": _text, "reply_to": payload.optional(_TARGET)},
    ContentKind.FILE: {
        "name": _text,
        "media_type": payload.text,
        "size": payload.integer,
        "sha256": payload.HASH,
        "blob": payload.text,
        "key": payload.octets(32),
    },
    ContentKind.EDIT: {"target": _TARGET, "text": _text},
    ContentKind.RECALL: {"target": _TARGET},
    ContentKind.TITLE: {"title": _text},
    ContentKind.READ: {"upto": payload.integer},
}


def pack(kind: ContentKind, **fields: Any) -> bytes:
    """The bytes to encrypt."""
    return cbor.encode({"v": 1, "kind": kind.value, **fields})


def unpack(data: bytes) -> tuple[ContentKind, dict[str, Any]]:
    """Read what was decrypted.

    Raises:
        JinshuError: `wire.malformed`, `wire.too_large`, or `messaging.unknown_kind`: it is of a later version, or of none.
    """
    value = cbor.decode(data, limit=MAX_CONTENT)
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="kind")
    try:
        kind = ContentKind(value["kind"])
    except ValueError:
        raise RemoteProtocolError(ErrorCode.MESSAGING_UNKNOWN_KIND, kind=value["kind"]) from None
    rest = {name: item for name, item in value.items() if name != "kind"}
    field = payload.unknown_field(rest, _SHAPES[kind])
    if field is not None:
        raise RemoteProtocolError(ErrorCode.MESSAGING_UNKNOWN_KIND, kind=kind.value, field=field)
    return kind, payload.check(rest, _SHAPES[kind])
