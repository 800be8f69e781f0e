"""What a site may switch on, and what this program can read of it (C41).

A step, duty, kind, verb or field that a program does not know is tolerated only if the snapshot in force lists a feature the
program lacks: whoever invents a word on a site where nothing new is switched on is refused by server and readers alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that may be signed once the site has switched it on. `protocol`: the first version that reads it."""

    name: str
    protocol: int


# C46: who leaves a device out, because its keys cannot be used, signs so, for its owner to hear.
LEFT_OUT: Final = Feature("left_out/1", protocol=3)

# By name. A feature is never taken out again: what was signed under it is read for ever.
FEATURES: Final[dict[str, Feature]] = {each.name: each for each in (LEFT_OUT,)}


def lacking(features: Iterable[str]) -> frozenset[str]:
    """Those of a site's features that this program cannot read."""
    return frozenset(features) - FEATURES.keys()
