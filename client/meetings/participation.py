"""Being in one meeting over as many sessions as the network makes of it: what follows when a session, or an attempt to begin one,
ends (PROTOCOL.md §7). A state machine like `MeetingSession`: inputs with the time go in, outputs come out, nothing is awaited.

**Theory of operation.** The state is what the user is told (`LiveState`). From `JOINING` a session is entered; before a locked
meeting it is `WAITING`; when media flow it is `IN`. A session ends in one of two ways: this device lost it (the media, the keys),
or the server put it out. Lost, it is `REJOINING` at once. Put out, the chairs' acts are read first: they may say why, and then it
is `REMOVED` or `ENDED`, for good; only if no session follows within two seconds is a loss spoken of. Coming back is tried at once
after a session that lasted five seconds, and after a pause that doubles (0.1 to 4 s) after a shorter one or a failed try. What no
trying mends is `FAILED`.

**What was missed.** Signals come over the push channel, and are not said again. Whenever that channel is back, or a JOIN could not
be verified for a passing reason, the server is asked who is there (`Look`), at most once a second.

**Keep in step.** Every `LiveState` has its words in client/ui/meetings; `LiveRow.fault` is an error code with words. The chairs'
acts count before what the server answers: `RulesRead` is given after each session's end and before the next begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from client.core.sync.backoff import Backoff
from client.meetings.rows import LiveState
from client.meetings.session import Over
from protocol.errors import ErrorCode, JinshuError, Recovery
from protocol.meetings.chair import Chair

LOOK_AGAIN_MS: Final = 1000
SETTLED_MS: Final = 5000
# Whoever is put out by the server asks at once why: only if there is no answer is a lost connection spoken of.
PUT_OUT: Final = (Over.LEFT, Over.CLOSED)
_ENDS: Final = {
    ErrorCode.MEETINGS_REMOVED: LiveState.REMOVED,
    ErrorCode.MEETINGS_NOT_ADMITTED: LiveState.REMOVED,
    ErrorCode.MEETINGS_ENDED: LiveState.ENDED,
}
_FOR_GOOD: Final = (LiveState.REMOVED, LiveState.ENDED, LiveState.FAILED)
_PASSING: Final = (Recovery.RETRY, Recovery.REAUTHENTICATE)


# Inputs


@dataclass(frozen=True, slots=True)
class LockMet:
    """The server let nobody in for the lock, and I have not been in it."""


@dataclass(frozen=True, slots=True)
class SessionBegan:
    """A session was entered. `first`: there was none before."""

    first: bool = False


@dataclass(frozen=True, slots=True)
class SessionConnected:
    """Its media flow."""


@dataclass(frozen=True, slots=True)
class SessionOver:
    """It is over and closed, and the chairs' acts have been read since."""

    why: Over


@dataclass(frozen=True, slots=True)
class EntryFailed:
    """No session could be entered again."""

    error: JinshuError


@dataclass(frozen=True, slots=True)
class EntryDelayed:
    """A session has been tried for two seconds, and is not there."""


@dataclass(frozen=True, slots=True)
class RulesRead:
    """The chairs' acts as they are now; `silenced`: one of those read for the first time mutes me."""

    chair: Chair
    silenced: bool = False


@dataclass(frozen=True, slots=True)
class SignalsMissed:
    """The push channel was away, or what it brought could not be verified just now."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The server was asked who is there; `error`: it did not answer."""

    error: JinshuError | None = None


@dataclass(frozen=True, slots=True)
class Parted:
    """The user leaves."""


@dataclass(frozen=True, slots=True)
class Stumbled:
    """A fault of ours ended what runs."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Some time has passed in a session."""


Input: TypeAlias = (
    LockMet
    | SessionBegan
    | SessionConnected
    | SessionOver
    | EntryFailed
    | EntryDelayed
    | RulesRead
    | SignalsMissed
    | Looked
    | Parted
    | Stumbled
    | TimePassed
)


# Outputs


@dataclass(frozen=True, slots=True)
class Rest:
    """No session is tried for so many milliseconds, unless it is over before."""

    ms: int


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the server who is there; answer with `Looked`."""


@dataclass(frozen=True, slots=True)
class FallSilent:
    """A chair has muted me."""


@dataclass(frozen=True, slots=True)
class EndSession:
    """The session there is, if any, is over."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The user is to be shown the state."""


Output: TypeAlias = Rest | Look | FallSilent | EndSession | Changed


class Participation:
    """Made when the user goes in. `me`: the person of this device; `jitter` gives a number in [0, 1)."""

    def __init__(self, me: str, jitter: Callable[[], float]) -> None:
        self._me = me
        self._backoff = Backoff(jitter, first=0.2, most=4.0)
        self._state = LiveState.JOINING
        self._fault: ErrorCode | None = None
        self._parted = False
        self._began_at = 0
        self._look_wanted = False
        self._look_after = 0
        self._out: list[Output] = []

    @property
    def state(self) -> LiveState:
        return self._state

    @property
    def fault(self) -> ErrorCode | None:
        """Why it is over, if it is."""
        return self._fault

    @property
    def parted(self) -> bool:
        return self._parted

    @property
    def ended(self) -> bool:
        """For good, and not by the user."""
        return self._state in _FOR_GOOD

    @property
    def over(self) -> bool:
        """No further session is begun."""
        return self.ended or self._parted

    def take(self, said: Input, now_ms: int) -> tuple[Output, ...]:
        """One input at a monotonic time in milliseconds; returns what is to be done, in this order."""
        self._out = []
        if isinstance(said, SignalsMissed | Looked | TimePassed):
            self._take_looks(said, now_ms)
        elif isinstance(said, RulesRead | Parted | Stumbled):
            self._take_ends(said)
        elif not self.ended:
            self._take_sessions(said, now_ms)
        return tuple(self._out)

    # Sessions come and go

    def _take_sessions(
        self,
        said: LockMet | SessionBegan | SessionConnected | SessionOver | EntryFailed | EntryDelayed,
        now_ms: int,
    ) -> None:
        match said:
            case LockMet():
                self._show(LiveState.WAITING)
            case SessionBegan(first):
                self._began_at = now_ms
                if first:
                    self._show(LiveState.JOINING)
            case SessionConnected():
                self._show(LiveState.IN)
            case SessionOver(why) if not self._parted:
                self._session_over(why, now_ms)
            case EntryFailed(error):
                self._entry_failed(error)
            case EntryDelayed():
                self._show(LiveState.REJOINING)

    def _session_over(self, why: Over, now_ms: int) -> None:
        if why not in PUT_OUT:
            self._show(LiveState.REJOINING)
        if now_ms - self._began_at >= SETTLED_MS:
            self._backoff.reset()
        else:
            # Put out as soon as one is in, again and again: not faster than that.
            self._rest()

    def _entry_failed(self, error: JinshuError) -> None:
        if error.recovery in _PASSING:
            self._show(LiveState.REJOINING)
            self._rest()
        else:
            self._end(_ENDS.get(error.code, LiveState.FAILED), error.code)

    def _rest(self) -> None:
        self._out.append(Rest(round(self._backoff.next() * 1000)))

    # What was missed

    def _take_looks(self, said: SignalsMissed | Looked | TimePassed, now_ms: int) -> None:
        match said:
            case SignalsMissed():
                self._look_wanted = True
            case Looked(error) if error is not None:
                if error.code is ErrorCode.MEETINGS_NOT_PRESENT:
                    self._out.append(EndSession())
                elif error.recovery is Recovery.RETRY:
                    self._look_wanted = True
            case TimePassed() if self._look_wanted and now_ms >= self._look_after:
                self._look_wanted, self._look_after = False, now_ms + LOOK_AGAIN_MS
                self._out.append(Look())

    # The end

    def _take_ends(self, said: RulesRead | Parted | Stumbled) -> None:
        match said:
            case RulesRead(chair, silenced):
                self._rules_read(chair, silenced)
            case Parted():
                self._parted = True
                self._out.append(EndSession())
            case Stumbled() if not self.over:
                self._show(LiveState.FAILED)
                self._fault = ErrorCode.CLIENT_INTERNAL

    def _rules_read(self, chair: Chair, silenced: bool) -> None:
        if chair.ended:
            self._end(LiveState.ENDED, ErrorCode.MEETINGS_ENDED)
        elif self._me in chair.removed:
            self._end(LiveState.REMOVED, ErrorCode.MEETINGS_REMOVED)
        elif silenced:
            self._out.append(FallSilent())

    def _end(self, state: LiveState, code: ErrorCode) -> None:
        self._show(state)
        self._fault = code
        self._out.append(EndSession())

    def _show(self, state: LiveState) -> None:
        if state is not self._state:
            self._state = state
            self._out.append(Changed())
