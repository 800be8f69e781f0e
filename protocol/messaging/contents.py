"""What a message says, inside the encryption: plain CBOR, one shape for each kind.

A writer packs only text that `protocol.text` accepts; a reader takes whatever text a writer of any version could send within
the bounds of the wire, and shows it with `protocol.text.shown`: refused, it would be lost while its sender reads "delivered".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from protocol import payload, text
from protocol.crypto import cbor
from protocol.errors import ErrorCode, LocalProtocolError, RemoteProtocolError
from protocol.identifiers import IdKind
from protocol.text import Field

# As much as the ciphertext of a message may hold: older writers knew no other bound.
MAX_CONTENT: Final = 1 << 18


class ContentKind(StrEnum):
    """What a message does."""

    TEXT = "text"
    FILE = "file"
    EDIT = "edit"
    RECALL = "recall"
    TITLE = "title"
    READ = "read"


def _text(value: Any) -> bool:
    return type(value) is str


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


# What each kind's text is, for its writer.
WRITTEN: Final[Mapping[ContentKind, tuple[str, Field]]] = {
    ContentKind.TEXT: ("text", Field.MESSAGE),
    ContentKind.EDIT: ("text", Field.MESSAGE),
    ContentKind.FILE: ("name", Field.FILE_NAME),
    ContentKind.TITLE: ("title", Field.GROUP_NAME),
}


def pack(kind: ContentKind, **fields: Any) -> bytes:
    """The bytes to encrypt.

    Raises:
        LocalProtocolError: `wire.malformed`, a text was not made clean for its field.
        JinshuError: `text.*`, a text cannot go.
    """
    if kind in WRITTEN:
        name, field = WRITTEN[kind]
        if text.check(fields[name], field) != fields[name]:
            raise LocalProtocolError(ErrorCode.WIRE_MALFORMED, field=name)
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
