"""How old the log is, as its CA and its witnesses date it (C45): the rule by which server and clients warn, and then stop.

A server that shows nobody the newest statements forges nothing and yet hides every revocation. So each statement says when the
next one is due; heads say nothing of it, since the server signs those itself. From that day on there is a warning; when the
site's grace is over, what would reach new people stops: sealing and dispatch of documents, and new devices. What shuts somebody
out, and all reading and drafting, goes on. PROTOCOL.md §2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from protocol.directory.cosignatures import Cosignature
from protocol.directory.log import KeyGeneration, Leaf, LeafKind
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError
from protocol.features import LOG_AGE

HOUR_MS: Final = 3600 * 1000
DAY_MS: Final = 24 * HOUR_MS


class Statement(StrEnum):
    """What dates the log."""

    ORGANISATION = "organisation"
    REVOCATIONS = "revocations"
    WITNESSES = "witnesses"


class Stage(StrEnum):
    """What follows from the log's age."""

    CURRENT = "current"
    OVERDUE = "overdue"  # a warning, and nothing else
    STOPPED = "stopped"  # overdue by more than the grace


@dataclass(frozen=True, slots=True)
class LogAge:
    """The age at one moment; times are ms UTC.

    Attributes:
        late: what is overdue, by name.
        due_at: when the first of those was due; 0 while nothing is late.
        stops_at: when the grace ends; None while nothing is late, and where the site does not stop.
        stated_at: when the CA last said anything; 0 before it ever did.
        clock_differs: the clock is further from `stated_at` than the grace, and nobody has vouched for it: it is wrong, or the log
            is very old.
    """

    stage: Stage
    late: tuple[Statement, ...]
    due_at: int
    stops_at: int | None
    stated_at: int
    clock_differs: bool

    def check(self) -> None:
        """Return unless the grace is over.

        Raises:
            JinshuError: `directory.stopped`.
        """
        if self.stage is Stage.STOPPED:
            raise JinshuError(ErrorCode.DIRECTORY_STOPPED, late=", ".join(self.late))


def log_age(
    state: DirectoryState, now_ms: int, cosigned_ms: int | None, clock_is_right: bool = False
) -> LogAge:
    """The age of a verified log. `cosigned_ms`: as `cosigned_at` says; `clock_is_right`: somebody vouches for `now_ms`."""
    due = _due(state, cosigned_ms)
    late = tuple(name for name, at in due.items() if at < now_ms)
    due_at = min((due[name] for name in late), default=0)
    grace = state.organisation.log_policy.grace_days * DAY_MS
    stops = state.organisation.has(LOG_AGE)
    stopped = bool(late) and stops and due_at + grace < now_ms
    stated_at = max((each.issued_at for each in state.statements.values()), default=0)
    return LogAge(
        stage=Stage.STOPPED if stopped else Stage.OVERDUE if late else Stage.CURRENT,
        late=late,
        due_at=due_at,
        stops_at=due_at + grace if late and stops else None,
        stated_at=stated_at,
        clock_differs=stops and not clock_is_right and abs(now_ms - stated_at) > grace,
    )


def cosigned_at(cosignatures: Iterable[Cosignature], state: DirectoryState) -> int | None:
    """When (ms UTC) as many witnesses as the site demands had co-signed, by the newest of each; None: too few did."""
    needed = state.organisation.log_policy.needed
    times = sorted((each.at_s * 1000 for each in cosignatures if _keeps_up(each, state)), reverse=True)
    return times[needed - 1] if 0 < needed <= len(times) else None


def _keeps_up(cosignature: Cosignature, state: DirectoryState) -> bool:
    """A witness that is shown an old log itself signs it with the time of today: it dates the log only if it covers the statements
    of the CA that it has had time to see."""
    hours = state.organisation.log_policy.witness_hours * HOUR_MS
    return all(
        cosignature.size > index or cosignature.at_s * 1000 <= state.statements[kind].issued_at + hours
        for kind, index in state.statement_indices.items()
    )


def _due(state: DirectoryState, cosigned_ms: int | None) -> Mapping[Statement, int]:
    """When each should be renewed. A site that demands witnesses gives them their first hours to co-sign."""
    due = {Statement(kind.value): found.next_update for kind, found in state.statements.items()}
    demanded = state.witnesses_since
    if demanded is not None:
        since = demanded if cosigned_ms is None else max(cosigned_ms, demanded)
        due[Statement.WITNESSES] = since + state.organisation.log_policy.witness_hours * HOUR_MS
    return due


def brings_in(leaf: Leaf, state: DirectoryState) -> bool:
    """Whether a leaf gives a device what it did not have: those wait while the log is too old to know who has been shut out."""
    if leaf.kind in (LeafKind.DEVICE, LeafKind.CONSENT, LeafKind.SHARE):
        return True
    if leaf.kind is not LeafKind.GENERATION:
        return False
    made = KeyGeneration.parse(leaf.parsed().value())
    holders = state.holders(made.principal)
    named = {str(recipient["to"]) for recipient in made.recipients}
    return bool(holders) and not {name for name in named if state.device_by_id(name)} <= holders
