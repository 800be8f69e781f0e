"""What every message on the wire has in common: strict pydantic models, bytes as base64 text (D3)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

PROTOCOL_HEADER = "Jinshu-Protocol"


def _to_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError("base64 text expected")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None


def _to_text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


# JSON has no bytes: standard base64, padded, nothing else accepted.
Bytes64 = Annotated[bytes, BeforeValidator(_to_bytes), PlainSerializer(_to_text, return_type=str)]
Hash64 = Annotated[Bytes64, Field(min_length=32, max_length=32)]
HexHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Id = Annotated[str, Field(pattern=r"^[a-z]{3}_[a-z2-7]{26}$")]
Count = Annotated[int, Field(ge=0, le=(1 << 63) - 1)]


class Request(BaseModel):
    """The root of what a client sends: nothing unknown, nothing coerced, nothing changed after reading.

    A newer client that wants to say more looks first at the protocol version of its session.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Reply(BaseModel):
    """The root of what a server says: a newer one may say more, and who does not know it passes it over (PROTOCOL.md §8)."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Empty(Reply):
    """A reply that says nothing but yes."""
