"""Shapes of decoded payloads: exactly these fields, exactly these types.

What a later version signs keeps these fields and may have more (PROTOCOL.md §8): whoever decides that it may be so, because
the site has switched on what this version lacks, reads with `tolerant=True`, and asks `unknown` what it passed over (C41).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Self

from protocol.errors import ErrorCode, JinshuError, RemoteProtocolError
from protocol.identifiers import IdKind, check_id

Shape = Callable[[Any], bool]
_INT64: Final = (1 << 63) - 1
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
MAX_TEXT: Final = 4096


def integer(value: Any) -> bool:
    """A whole number from 0 to 2⁶³ − 1."""
    return type(value) is int and 0 <= value <= _INT64


def between(least: int, most: int) -> Shape:
    """A whole number from `least` to `most`."""
    return lambda value: integer(value) and least <= value <= most


def boolean(value: Any) -> bool:
    return type(value) is bool


def text(value: Any) -> bool:
    return type(value) is str and len(value) <= MAX_TEXT


def octets(length: int) -> Shape:
    """Exactly so many bytes."""
    return lambda value: type(value) is bytes and len(value) == length


def any_octets(value: Any) -> bool:
    return type(value) is bytes


HASH: Final = octets(32)


def identifier(*kinds: IdKind) -> Shape:
    """An id of one of the kinds (of any kind when none is named)."""

    def shape(value: Any) -> bool:
        if type(value) is not str:
            return False
        try:
            check_id(value)
        except JinshuError:
            return False
        return not kinds or value[:3] in {kind.value for kind in kinds}

    return shape


def optional(shape: Shape) -> Shape:
    return lambda value: value is None or shape(value)


def one_of(*values: str) -> Shape:
    return lambda value: type(value) is str and value in values


def word(value: Any) -> bool:
    """A step, duty, kind or verb as it stands in the bytes: this version need not know it."""
    return type(value) is str and _WORD.fullmatch(value) is not None


def list_of(shape: Shape, *, at_most: int = 100_000) -> Shape:
    return lambda value: type(value) is list and len(value) <= at_most and all(map(shape, value))


def map_of(shape: Shape) -> Shape:
    """A map with any text keys."""
    return lambda value: type(value) is dict and all(map(shape, value.values()))


def fields(shapes: Mapping[str, Shape]) -> Shape:
    """A map with exactly these fields."""
    return lambda value: (
        type(value) is dict
        and value.keys() == shapes.keys()
        and all(shape(value[name]) for name, shape in shapes.items())
    )


def unknown_field(value: Mapping[str, Any], shapes: Mapping[str, Shape]) -> str | None:
    """The first field besides `v` that is none of these; None: there is no such field."""
    return min(value.keys() - shapes.keys() - {"v"}, default=None)


def check(value: Any, shapes: Mapping[str, Shape], *, tolerant: bool = False) -> dict[str, Any]:
    """Return a version-1 payload that has exactly these fields besides `v`, without `v`; `tolerant`: others are passed over.

    Raises:
        JinshuError: `wire.malformed`, naming the first field that is wrong.
    """
    if type(value) is not dict or value.get("v") != 1 or type(value["v"]) is not int:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="v")
    rest = {name: item for name, item in value.items() if name in shapes or (name != "v" and not tolerant)}
    if rest.keys() != shapes.keys():
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=min(rest.keys() ^ shapes.keys()))
    for name, shape in shapes.items():
        if not shape(rest[name]):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=name)
    return rest


class Payload:
    """How a payload becomes the value that is signed, and back; dataclasses under it name the shape of each field."""

    __slots__ = ()
    SHAPES: ClassVar[Mapping[str, Shape]]
    ADDED: ClassVar[
        Mapping[str, Shape]
    ] = {}  # what a later form has besides: all of it, or it is the first form

    @classmethod
    def parse(cls, value: Any, *, tolerant: bool = False) -> Self:
        """Read a decoded payload; `tolerant`: pass over what a later version may have added.

        Raises:
            JinshuError: `wire.malformed`, or the code of an unknown word.
        """
        return cls(**check(value, cls._shapes_of(value), tolerant=tolerant))

    @classmethod
    def unknown(cls, value: Mapping[str, Any]) -> str | None:
        """The first thing in a decoded payload that this version does not know; None: it reads all of it."""
        return unknown_field(value, cls._shapes_of(value))

    def value(self) -> dict[str, Any]:
        """What is signed; a field of a later form that is None is not in it."""
        added = {name: getattr(self, name) for name in self.ADDED}
        present = {name: item for name, item in added.items() if item is not None}
        return {"v": 1} | {name: getattr(self, name) for name in self.SHAPES} | present

    @classmethod
    def _shapes_of(cls, value: Any) -> Mapping[str, Shape]:
        later = isinstance(value, dict) and not cls.ADDED.keys().isdisjoint(value)
        return {**cls.SHAPES, **cls.ADDED} if later else cls.SHAPES
