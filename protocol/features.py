"""What a site may switch on, and what this program can read of it (C41).

A step, duty, kind, verb or field that a program does not know is tolerated only if the snapshot in force lists a feature the
program lacks: whoever invents a word on a site where nothing new is switched on is refused by server and readers alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.errors import ErrorCode, JinshuError


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that may be signed once the site has switched it on. `protocol`: the first version that reads it."""

    name: str
    protocol: int


# C45: the CA's statements name the log they were signed over, and a log whose statements stay away stops.
LOG_AGE: Final = Feature("log_age/1", protocol=3)
# C9: the CA signs which page settings count, and receipts say how the pages were checked.
PAGE_CHECKS: Final = Feature("page_checks/1", protocol=3)
# C44: messages commit to their content and are padded; contents of document entries, and files, are padded.
MESSAGES_2: Final = Feature("messages/2", protocol=3)
CONTENTS_2: Final = Feature("contents/2", protocol=3)
# C46: who leaves a device out, because its keys cannot be used, signs so, for its owner to hear.
LEFT_OUT: Final = Feature("left_out/1", protocol=3)
# C42: entries name the procedure of their case; which may begin, and what a site defines itself, stands in the snapshot.
DISPATCH_2: Final = Feature("dispatch/2", protocol=4)
# The snapshot names the root of the city's updates, so that no server can put another in its place.
UPDATES: Final = Feature("updates/1", protocol=4)

# By name. A feature is never taken out again: what was signed under it is read for ever.
FEATURES: Final[dict[str, Feature]] = {
    each.name: each for each in (LOG_AGE, PAGE_CHECKS, MESSAGES_2, CONTENTS_2, LEFT_OUT, DISPATCH_2, UPDATES)
}


def lacking(features: Iterable[str]) -> frozenset[str]:
    """Those of a site's features that this program cannot read."""
    return frozenset(features) - FEATURES.keys()


def check_switched_on(feature: Feature, features: Iterable[str]) -> None:
    """Return if a form that stands under a feature may be written where these are switched on.

    Raises:
        JinshuError: `features.not_switched_on`, naming it.
    """
    if feature.name not in features:
        raise JinshuError(ErrorCode.FEATURES_NOT_SWITCHED_ON, feature=feature.name)
