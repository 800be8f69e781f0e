"""The data channel "slots" at the SFU's end: what clients may ask for, read strictly, and what they are told (C24). JSON."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from protocol.crypto.frames import Stream
from protocol.meetings.slots import MOST_CHANNEL_BYTES, MOST_CONTROL_BYTES, SENT, VIDEO_SLOTS
from server_stub.meetings.sfu.assignment import Shown, View

_MOST_PINS: Final = 64
_MOST_NAME: Final = 128
MOST_SPEAKERS: Final = 20


@dataclass(frozen=True, slots=True)
class Publish:
    """Which streams a participant sends now."""

    streams: frozenset[Stream]


@dataclass(frozen=True, slots=True)
class Control:
    """A sealed message to all others; `data` is its base64, as it goes on."""

    data: str


Asked: TypeAlias = View | Publish | Control


def read(text: str) -> Asked:
    """What a client asked for.

    Raises:
        ValueError: it is none of our words, or not exactly in their form.
    """
    if len(text) > MOST_CHANNEL_BYTES:
        raise ValueError("too long")
    try:
        message = json.loads(text)
        match message:
            case {"t": "view", "pins": pins, "high": high, "videos": videos, "screen": bool(screen), **rest}:
                _nothing(rest)
                return View(_names(pins), _count(high), _count(videos), screen)
            case {"t": "publish", "streams": list(streams), **rest}:
                _nothing(rest)
                return Publish(_streams(streams))
            case {"t": "control", "data": str(data), **rest}:
                _nothing(rest)
                return Control(_sealed(data))
    except RecursionError as error:
        raise ValueError("too deep") from error
    raise ValueError("not one of our words")


def say_map(version: int, slots: Sequence[tuple[str, Shown | None]]) -> str:
    """The whole map: mids with whoever is there."""
    return json.dumps(
        {
            "t": "map",
            "version": version,
            "slots": [
                None
                if shown is None
                else {
                    "mid": mid,
                    "sender": shown.sender,
                    "stream": int(shown.stream),
                    "layer": shown.layer,
                }
                for mid, shown in slots
            ],
        }
    )


def say_speakers(order: Iterable[str]) -> str:
    """Who spoke last, first."""
    return json.dumps({"t": "speakers", "order": list(order)[:MOST_SPEAKERS]})


def say_control(sender: str, data: str) -> str:
    return json.dumps({"t": "control", "from": sender, "data": data})


def _nothing(rest: Mapping[Any, Any]) -> None:
    if rest:
        raise ValueError("a field we do not know")


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST_PINS:
        raise ValueError("not a list of names")
    if not all(isinstance(name, str) and len(name) <= _MOST_NAME for name in value):
        raise ValueError("not a name")
    return tuple(value)


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= VIDEO_SLOTS:
        raise ValueError("not a count of slots")
    return value


def _streams(value: list[Any]) -> frozenset[Stream]:
    if len(value) > len(SENT) or not all(type(number) is int and number in SENT for number in value):
        raise ValueError("not streams of ours")
    return frozenset(map(Stream, value))


def _sealed(data: str) -> str:
    try:
        size = len(base64.b64decode(data, validate=True))
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not 0 < size <= MOST_CONTROL_BYTES:
        raise ValueError("too large")
    return data
