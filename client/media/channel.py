"""The data channel "slots": what the SFU says of slots and speakers, and what we ask of it (C24). JSON, at most 64 KiB."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.slots import AUDIO_SLOTS, MOST_CHANNEL_BYTES, MOST_CONTROL_BYTES, SENT, VIDEO_SLOTS

_MOST_SPEAKERS: Final = 1000
_MOST_NAME: Final = 128


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who the SFU says is in a slot. Never the name on a tile: that is in the KID."""

    mid: str
    sender: str
    stream: Stream
    layer: str | None


@dataclass(frozen=True, slots=True)
class SlotMap:
    """The whole map; `slots` in the order of m-lines, None where nobody is."""

    version: int
    slots: tuple[Assignment | None, ...]


@dataclass(frozen=True, slots=True)
class Speakers:
    """Participants in the order of who spoke last."""

    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A message of another participant, still sealed."""

    sender: str
    data: bytes


Said: TypeAlias = SlotMap | Speakers | Control


def read(text: str) -> Said | None:
    """What the SFU said; None for a kind this client does not know.

    Raises:
        JinshuError: `wire.malformed`.
    """
    try:
        if len(text.encode()) > MOST_CHANNEL_BYTES:
            raise ValueError("too long")
        message = json.loads(text)
        return _read(message)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error) as error:
        raise JinshuError(ErrorCode.WIRE_MALFORMED) from error


def _read(message: dict[str, Any]) -> Said | None:
    match message["t"]:
        case "map":
            slots = message["slots"]
            if len(slots) != AUDIO_SLOTS + VIDEO_SLOTS:
                raise ValueError("a map is always whole")
            return SlotMap(
                int(message["version"]), tuple(None if slot is None else _assignment(slot) for slot in slots)
            )
        case "speakers":
            return Speakers(tuple(_name(name) for name in message["order"][:_MOST_SPEAKERS]))
        case "control":
            return Control(_name(message["from"]), base64.b64decode(message["data"], validate=True))
        case _:
            return None


def _assignment(slot: dict[str, Any]) -> Assignment:
    layer = slot.get("layer")
    if layer not in ("high", "low", None):
        raise ValueError("no such layer")
    return Assignment(_name(slot["mid"]), _name(slot["sender"]), Stream(slot["stream"]), layer)


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > _MOST_NAME:
        raise ValueError("not a name")
    return value


def say_view(pins: Sequence[str], high: int, videos: int, screen: bool) -> str:
    """Pins first, then active speakers, at most `videos` of them, the first `high` in the high layer."""
    return json.dumps({"t": "view", "pins": list(pins), "high": high, "videos": videos, "screen": screen})


def say_publish(streams: frozenset[Stream]) -> str:
    """Which streams we send now."""
    return json.dumps({"t": "publish", "streams": [int(stream) for stream in SENT if stream in streams]})


def say_control(sealed: bytes) -> str:
    """To all others.

    Raises:
        JinshuError: `wire.too_large`.
    """
    if len(sealed) > MOST_CONTROL_BYTES:
        raise JinshuError(ErrorCode.WIRE_TOO_LARGE)
    return json.dumps({"t": "control", "data": base64.b64encode(sealed).decode()})
