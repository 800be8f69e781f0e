"""The fold of a chair's acts (C26): the server enforces it and every client believes nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.payloads import ChairAct, ChairEntry, Meeting


@dataclass(frozen=True, slots=True)
class Chair:
    """A meeting as its chairs have left it. `chairs`: in order of succession; `last`: entry id of the newest act, or of the
    MEETING. Being muted is no state: it is done once, and whoever was may speak again (`silenced`)."""

    meeting: str
    chairs: tuple[str, ...]
    last: bytes
    n: int = 0
    removed: frozenset[str] = frozenset()
    locked: bool = False
    spotlight: str | None = None
    ended: bool = False
    later: bool = False  # an act of a later version is among those: what it did is not known here


def opened(entry_id: bytes, meeting: Meeting) -> Chair:
    """The state a MEETING begins with."""
    return Chair(meeting.meeting, tuple(meeting.chairs), entry_id)


def check(state: Chair, entry: ChairEntry) -> None:
    """Return if an act may follow.

    Raises:
        JinshuError: `meetings.act_refused`, `meetings.act_outdated` (another came first) or `meetings.ended`.
    """
    refused = JinshuError(ErrorCode.MEETINGS_ACT_REFUSED, meeting=state.meeting)
    if entry.meeting != state.meeting or entry.person not in state.chairs:
        raise refused
    if state.ended:
        raise JinshuError(ErrorCode.MEETINGS_ENDED, meeting=state.meeting)
    if (entry.n, entry.previous) != (state.n + 1, state.last):
        raise JinshuError(ErrorCode.MEETINGS_ACT_OUTDATED, meeting=state.meeting)
    # A chair does not lose the chair by another's hand: it is handed over, or it passes on.
    if entry.act is ChairAct.REMOVE and entry.target in state.chairs:
        raise refused


def follow(state: Chair, entry_id: bytes, entry: ChairEntry) -> Chair:
    """The state after an act.

    Raises:
        JinshuError: as `check`.
    """
    check(state, entry)
    after = replace(state, last=entry_id, n=entry.n)
    target = entry.target
    if entry.act is ChairAct.LATER:
        return replace(after, later=True)
    if entry.act is ChairAct.REMOVE and target is not None:
        spotlight = None if state.spotlight == target else state.spotlight
        return replace(after, removed=state.removed | {target}, spotlight=spotlight)
    if entry.act is ChairAct.ADMIT and target is not None:
        return replace(after, removed=state.removed - {target})
    if entry.act is ChairAct.HAND_OVER and target is not None:
        rest = tuple(each for each in state.chairs if each != target)
        return replace(after, chairs=(target, *rest), removed=state.removed - {target})
    if entry.act in (ChairAct.LOCK, ChairAct.UNLOCK):
        return replace(after, locked=entry.act is ChairAct.LOCK)
    if entry.act is ChairAct.SPOTLIGHT:
        return replace(after, spotlight=target)
    return replace(after, ended=True) if entry.act is ChairAct.END else after


def passed_over(state: Chair, entry_id: bytes, entry: ChairEntry) -> Chair:
    """The state after an act that was kept before it could be judged, and is refused now that it can: its place counts."""
    return replace(state, last=entry_id, n=entry.n)


def silenced(state: Chair, entry: ChairEntry, person: str) -> bool:
    """Whether an act of muting concerns a person."""
    if entry.act is not ChairAct.MUTE:
        return False
    return person not in state.chairs if entry.target is None else person == entry.target


def silences(state: Chair, acts: Iterable[tuple[bytes, ChairEntry]], person: str) -> bool:
    """Whether one of the acts after a state, each judged in the state it was done in, mutes a person.

    Raises:
        JinshuError: as `check`.
    """
    muted = False
    for entry_id, entry in acts:
        muted = muted or silenced(state, entry, person)
        state = follow(state, entry_id, entry)
    return muted
