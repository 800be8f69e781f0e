"""What pages see of cases whatever their procedure: how far an act has got, and what a step asks for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How far a row or an act of mine has got."""

    SETTLED = "settled"  # acknowledged by the server
    PENDING = "pending"  # on disk here, on its way
    REFUSED = "refused"  # the server refused it; `refusal` says why


@dataclass(frozen=True, slots=True)
class Target:
    """A person, a post or a body that a step may name."""

    id: str
    name: str
    detail: str


class FieldKind(StrEnum):
    """How a field of a head is filled in."""

    ONE = "one"  # one of the choices
    MANY = "many"  # any of them
    TEXT = "text"
    FIGURE = "figure"  # a whole number, in digits


@dataclass(frozen=True, slots=True)
class HeadField:
    """What a step of a procedure shows to everybody and its author decides. `called`: the site's word for it."""

    name: str
    called: str
    kind: FieldKind
    choices: tuple[Target, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """A case of a procedure the site defines itself, in the site's words: what it is, and where it stands."""

    called: str
    phase: str
