"""Which version may open a profile, and when the former one comes back: the rules, without a file and without a clock.

Rules (DECISIONS 38):
- Before another version opens a profile, the profile is copied. Whoever installs does it; where somebody else installed (the
  site's package source, an administrator), the new version does it itself before anything else.
- A new version has *started* when its store is open and its window made, and says so before it connects to the server. Until
  then it has sent nothing and acknowledged nothing, so the copy is the newest there is: putting it back loses nothing, and no
  ratchet in it has been used beyond what it says.
- A start that ended in neither way, neither completed nor closed in order, is a death. After the second the former version is
  put back, and with it the copy. A version that has started once never goes back by itself.

How it works: every event is a function from a state to the next; `begun` also says what is to be done before the program goes on.
The state is on disk before that is done (`journal.py`), and each deed can be done twice, so a crash anywhere leads back here.

What must be kept in step: nothing may connect before `completed` (`client/app.py`, which a test holds).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

# Once may be a power cut; twice is the version.
DEATHS: Final = 2
_REMEMBERED: Final = 20


class UpdatePhase(StrEnum):
    """Where a profile stands between two versions."""

    SETTLED = "settled"  # `good` was the last to start, and nothing is under way
    INSTALLING = "installing"  # the profile is copied, and `fresh` on its way in the place of `good`
    STARTING = "starting"  # `fresh` has been run and has not started yet


class Deed(StrEnum):
    """What is to be done before the version that has begun may go on."""

    GO = "go"
    COPY = "copy"  # the profile, for nobody did
    RESTORE = "restore"  # the copy: another version may have changed the profile
    GO_BACK = "go_back"  # to the former version: this one is not to go on


@dataclass(frozen=True, slots=True)
class UpdateState:
    """`tries`: starts of `fresh` that have begun and are neither completed nor ended in order. `former`: the package of `good`, where
    going back needs one. `failed`: versions that did not start here, the newest last. `untold`: the one of them that the user has
    not been told of."""

    phase: UpdatePhase = UpdatePhase.SETTLED
    good: str = ""
    fresh: str = ""
    tries: int = 0
    former: str = ""
    failed: tuple[str, ...] = ()
    untold: str = ""


def installing(state: UpdateState, good: str, fresh: str, former: str) -> UpdateState:
    """The running version `good` has copied the profile and is about to be replaced."""
    return replace(state, phase=UpdatePhase.INSTALLING, good=good, fresh=fresh, tries=0, former=former)


def not_installed(state: UpdateState) -> UpdateState:
    """It was not replaced after all."""
    return _settled(state, state.good)


def begun(state: UpdateState, running: str) -> tuple[UpdateState, Deed]:
    """A program of version `running` begins. It has opened nothing yet."""
    if state.phase is UpdatePhase.SETTLED:
        if running == state.good or not state.good:
            return state, Deed.GO
        return _starting(state, running), Deed.COPY
    if state.phase is UpdatePhase.INSTALLING:
        return (_settled(state, running) if running == state.good else _starting(state, running)), Deed.GO
    if running == state.fresh:
        if state.tries >= DEATHS:
            return state, Deed.GO_BACK
        return replace(state, tries=state.tries + 1), Deed.GO
    return replace(_gave_up(state), fresh=running, tries=1), Deed.RESTORE


def restored(state: UpdateState, running: str) -> UpdateState:
    """The copy is back in its place, for `running` to open."""
    return _settled(state, running) if running == state.good else state


def died_unseen(state: UpdateState) -> UpdateState:
    """The new version died too early to write anything down; the one that started it saw it."""
    return replace(state, phase=UpdatePhase.STARTING, tries=DEATHS)


def ended(state: UpdateState, running: str) -> UpdateState:
    """The program was closed in order without having started, at its login page."""
    if state.phase is UpdatePhase.STARTING and running == state.fresh:
        return replace(state, tries=0)
    return state


def completed(state: UpdateState, running: str) -> UpdateState:
    """The version has started; from here on it connects, and the copy is of no use any more."""
    left = tuple(each for each in state.failed if each != running)
    return replace(_settled(state, running), failed=left)


def told(state: UpdateState) -> UpdateState:
    """The user has read which version did not start."""
    return replace(state, untold="")


def _starting(state: UpdateState, running: str) -> UpdateState:
    return replace(state, phase=UpdatePhase.STARTING, fresh=running, tries=1)


def _settled(state: UpdateState, good: str) -> UpdateState:
    return replace(state, phase=UpdatePhase.SETTLED, good=good, fresh="", tries=0, former="")


def _gave_up(state: UpdateState) -> UpdateState:
    """The version that was starting has been replaced by another without ever having started."""
    failed = (*(each for each in state.failed if each != state.fresh), state.fresh)[-_REMEMBERED:]
    return replace(state, failed=failed, untold=state.fresh)
