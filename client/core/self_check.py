"""What a check of this installation found, as rows: the command prints them, the page draws them, a help desk reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a check ended. `NOT_TRIED`: what it needs is not here, or cannot be tried from here; it proves nothing."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence of `resources/translations/self_test.json`: its key, and what stands in its gaps."""

    key: str
    params: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, key: str, **params: object) -> Remark:
        """`params` fill the gaps of the sentence, as text."""
        return cls(key, tuple((name, str(value)) for name, value in params.items()))


@dataclass(frozen=True, slots=True)
class CheckRow:
    """What one check found.

    `name` never changes between releases. `facts` are versions and figures that may be sent to a help desk. `private` is
    what stays on this computer: paths, and names of devices, which often hold the name of a person.
    """

    name: str
    outcome: Outcome
    found: Remark
    advice: Remark | None = None
    facts: tuple[tuple[str, str], ...] = ()
    private: tuple[str, ...] = ()

    def value(self) -> dict[str, Any]:
        """As it goes through a pipe; `parse` reads it."""
        return asdict(self)

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> CheckRow:
        """Read what `value` made.

        Raises:
            ValueError, KeyError, TypeError: it is something else.
        """
        advice = value["advice"]
        return cls(
            str(value["name"]),
            Outcome(value["outcome"]),
            _remark(value["found"]),
            None if advice is None else _remark(advice),
            _pairs(value["facts"]),
            tuple(str(each) for each in value["private"]),
        )


def _remark(value: Mapping[str, Any]) -> Remark:
    return Remark(str(value["key"]), _pairs(value["params"]))


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(text)) for name, text in value)
