"""The signalling and the keys of being in one meeting, from one JOIN to its end, as a state machine (PROTOCOL.md §7).

**Shape.** Inputs go in, outputs come out, as in str0m: `take(input, now_ms)` changes the state and returns what is to be done;
`wake_at()` says when to come back with `TimePassed` if nothing else comes before. There is no clock, no network, no store and no
signature in here. `SessionDriver` (session_driver.py) verifies what the server says, gives it to the machine as a fact, and does
what comes out.

**Theory of operation.** A JOIN begins a *stay* of a device; the stays that are believed to be present are `keys.presence`. Three
questions are asked after every input:

1. *Who is present?* What the server says, if the JOIN is signed and `AdmissionControl` lets its person in: the roster, the
   removals, the lock. The others are *outside*, and are verified and judged again (`VerifyAgain`) whenever more is known: roster
   or chairs changed (`RulesChanged`), or somebody believed announced an epoch with them in it (§7 "Who may come").
2. *Which epoch is needed?* Whenever the present are not exactly the participants of the epoch in force, a new one is due. The
   present are ranked; the first announces at once, each further one after 2 s of silence (§7 "Whose turn"; `EpochKeys.due_at`).
   An announcement is signed, sealed and sent by the driver (`Announce`), one at a time. It ends as `Announced`, or as
   `AnnouncementRefused`: then another came first and is asked for (`Look`), or it is tried again later.
3. *Who must hear what I do?* Everybody who came: my microphone, camera, screen and hand are said again 0.3 s after somebody
   came, an epoch changed, or somebody spoke for the first time (§7 "What one does").

Time alone does four things, all in `TimePassed`: frames change over to a new epoch and old keys are forgotten (`EpochKeys.maintain`),
an announcement falls due, what I do is said again, and a session that has been without the secret in force for five seconds ends
(`Over.KEYLESS`) and is begun anew.

**Order of inputs.** Until `Entered` nothing falls due: the reply to the JOIN tells who was there first, and those do not have to
pass the lock (nobody here knows who was in it before it was locked). A participant may be said to have left before his JOIN comes,
may come twice, or never leave; an epoch may come before the JOIN of its announcer, and is refused then, or without its secret, and
is kept. `Ended` may come at any moment; after it, and after a `Finished`, nothing comes out any more.

**Keep in step.** What is refused here is refused with the codes of PROTOCOL.md §7, and each refusal has its row in
tests/security/checks_of_meetings.py. `AdmissionControl` decides as server_stub/meetings/meetings.py (`_admit`) does.
`EpochKeys.wake_at` has to name every moment at which `EpochKeys.maintain` would do something:
tests/unit/meetings/test_session_any_order.py compares the two. An output that is added is performed in `SessionDriver._do`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from client.meetings.admission_control import AdmissionControl
from client.meetings.epochs import EpochKeys, Plan
from client.meetings.ledger import Kept
from client.meetings.media_state import MediaState, read
from client.meetings.presence import Stay
from client.meetings.waiting_room import WaitingRoom
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError
from protocol.meetings.payloads import Epoch

_log = logging.getLogger(__name__)
# A room that fills tells everybody of everybody: what one does is said once for all who came within this time.
SAY_AGAIN_MS: Final = 300
AGAIN_MS: Final = 500
LOOK_AGAIN_MS: Final = 100
# A clock is not set right in a moment, and others announce after two seconds.
AGAIN_SKEWED_MS: Final = 5000
KEYLESS_MS: Final = 5000


class Over(Enum):
    """Why a session is over."""

    LOST = "lost"  # the media connection
    CLOSED = "closed"  # the same, by the other end's own word
    LEFT = "left"  # the server says this device is no longer there
    KEYLESS = "keyless"  # the keys in force never came


# Inputs about participants


@dataclass(frozen=True, slots=True)
class JoinCame:
    """A JOIN whose signature and device were verified. `data`: its signed bytes; `now`: the server says that it has just come, and
    not that it was there before me."""

    stay: Stay
    data: bytes
    now: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """The server says that the stay which this JOIN began is over. `device`: whose it was."""

    device: str
    join: bytes


@dataclass(frozen=True, slots=True)
class ListCame:
    """The server's list of those present, in the order they came; of its JOINs, those that were taken in. `asked_of`: the stays
    that were present when it was asked for: whom it does not name has left."""

    joins: tuple[bytes, ...]
    asked_of: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Entered:
    """All that came with the reply to my JOIN, and before it, was taken in."""


@dataclass(frozen=True, slots=True)
class RulesChanged:
    """Roster, chairs' acts or directory are different. `inactive`: devices of those present that are no longer certified."""

    kept: Kept
    inactive: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Knocked:
    """A person whose JOIN was verified was refused by the server's lock, just now."""

    person: str


# Inputs about keys


@dataclass(frozen=True, slots=True)
class EpochCame:
    """An EPOCH whose signature was verified."""

    entry_id: bytes
    epoch: Epoch


@dataclass(frozen=True, slots=True)
class SecretCame:
    """The packet that `OpenPacket` asked for was opened; `secret` is None when there was none, or it does not open."""

    entry_id: bytes
    epoch: Epoch
    announcer: bytes
    secret: bytes | None


@dataclass(frozen=True, slots=True)
class EpochInsisted:
    """The server says that this is the epoch in force, and mine has to follow it, whether it is believed or not."""

    entry_id: bytes
    n: int


@dataclass(frozen=True, slots=True)
class Announced:
    """The server took my announcement."""

    entry_id: bytes
    epoch: Epoch
    secret: bytes


@dataclass(frozen=True, slots=True)
class AnnouncementRefused:
    """My announcement could not be made, or the server did not take it."""

    error: JinshuError


@dataclass(frozen=True, slots=True)
class Looked:
    """The epoch in force at the server was asked for and taken in."""


@dataclass(frozen=True, slots=True)
class LookFailed:
    """It could not be asked for."""

    error: JinshuError


# Inputs of this device


@dataclass(frozen=True, slots=True)
class StateChanged:
    """What I do: microphone, camera, screen, hand."""

    doing: MediaState


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What I do could not be said: there is no key or no channel yet."""


@dataclass(frozen=True, slots=True)
class Connected:
    """Media flow."""


@dataclass(frozen=True, slots=True)
class ControlCame:
    """What a participant does, as his key opened it."""

    kid: int
    message: bytes


@dataclass(frozen=True, slots=True)
class MediaLost:
    """The media connection is gone; `closed`: by the other end's own word."""

    closed: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """Work of this session ended by a fault."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """`wake_at` is there, or something was taken in that may have changed it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is ended from outside."""


_PeopleInput: TypeAlias = JoinCame | Left | ListCame | Entered | RulesChanged | Knocked
_KeyInput: TypeAlias = (
    EpochCame | SecretCame | EpochInsisted | Announced | AnnouncementRefused | Looked | LookFailed
)
_OwnInput: TypeAlias = (
    StateChanged | Unsaid | Connected | ControlCame | MediaLost | Failed | TimePassed | Ended
)
Input: TypeAlias = _PeopleInput | _KeyInput | _OwnInput


# Outputs


@dataclass(frozen=True, slots=True)
class OpenPacket:
    """An epoch counts if its secret can be had: open the packet that came with it and answer with `SecretCame`."""

    announcer: Stay


@dataclass(frozen=True, slots=True)
class Announce:
    """Sign, seal and send an epoch; answer with `Announced` or `AnnouncementRefused`."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the server for the epoch in force; answer with `Looked` or `LookFailed`."""


@dataclass(frozen=True, slots=True)
class VerifyAgain:
    """Verify these signed JOINs and give those that hold as `JoinCame`."""

    joins: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Say:
    """Tell all participants what I do; `Unsaid` if it cannot be said."""

    doing: MediaState


@dataclass(frozen=True, slots=True)
class BeginPictures:
    """Somebody can open what is sealed from now on, who could not before: pictures begin anew, with a key frame."""


@dataclass(frozen=True, slots=True)
class TellWaiting:
    """The user, who chairs, hears that this person stands before the locked meeting."""

    person: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Who is there, or what a participant does, is different."""


@dataclass(frozen=True, slots=True)
class Finished:
    """Once: the session is over and is to be ended."""

    why: Over


Output: TypeAlias = (
    OpenPacket | Announce | Look | VerifyAgain | Say | BeginPictures | TellWaiting | Changed | Finished
)


class MeetingSession:
    """Made as soon as the JOIN is signed, before the server has it; not used again once it is over.

    `keys` may be used from encoder and decoder threads (`EpochKeys`), all else on one thread. `came`: people who have been in the
    meeting in whichever session of this device, kept by the caller.
    """

    def __init__(
        self, me: Stay, kept: Kept, came: set[str], entropy: Callable[[int], bytes], now_ms: int
    ) -> None:
        self.me = me
        self.keys = EpochKeys(kept.id, me, now_ms, entropy)
        self._meeting = kept.id
        self._admission = AdmissionControl(kept, came)
        self._waiting = WaitingRoom(me.person)
        self._entering = True
        self._over = False
        self._now = now_ms
        self._announcing = False  # from `Announce` until it was taken or given up
        self._not_before = now_ms  # the next announcement
        self._looked_from: tuple[int, bytes] | None = None
        self._keyless_since: int | None = None
        self._mine = MediaState()
        self._say_at: int | None = None
        self._doing: dict[bytes, MediaState] = {}
        self._out: list[Output] = []

    # What can be asked

    @property
    def over(self) -> bool:
        return self._over

    @property
    def watches_door(self) -> bool:
        """Whether it matters who knocks: else his JOIN need not be verified."""
        return self._waiting.is_watched(self._admission.kept)

    def doing(self, stay: Stay) -> MediaState:
        """What a participant does, by his own word."""
        return self._mine if stay.id == self.me.id else self._doing.get(stay.id, MediaState())

    def sender_of(self, kid: int | None) -> Stay | None:
        """Whose key it is."""
        if kid is None:
            return None
        try:
            return self.keys.sender(kid)[0]
        except JinshuError:
            return None

    def has_secret_of(self, entry_id: bytes) -> bool:
        """Whether it is the epoch in force, and nothing is missing of it."""
        return self.keys.epoch == entry_id and self.keys.ready

    def wake_at(self) -> int | None:
        """When to come with `TimePassed`, in the milliseconds of `take`; None: nothing falls due by time alone. After a
        `TimePassed` it is always later than that."""
        if self._entering or self._over:
            return None
        due = None if self._announcing else self.keys.due_at()
        times = [
            None if due is None else max(due, self._not_before),
            None if self._keyless_since is None else self._keyless_since + KEYLESS_MS,
            self._say_at,
            self.keys.wake_at(self._now),
        ]
        return min((at for at in times if at is not None), default=None)

    # What is done

    def take(self, said: Input, now_ms: int) -> tuple[Output, ...]:
        """One input at a monotonic time in milliseconds; returns what is to be done, in this order.

        Raises:
            JinshuError: `meetings.*`: what the server said is not believed, and changes nothing but that a JOIN may be judged
                again later.
        """
        if self._over:
            return ()
        self._now, self._out = now_ms, []
        if isinstance(said, _PeopleInput):
            self._take_people(said)
        elif isinstance(said, _KeyInput):
            self._take_keys(said)
        else:
            self._take_own(said)
        return tuple(self._out)

    def _take_people(self, said: _PeopleInput) -> None:
        match said:
            case JoinCame():
                self._join_came(said)
            case Left(device, join):
                self._left(device, join)
            case ListCame(joins, asked_of):
                self._list_came(joins, asked_of)
            case RulesChanged(kept, inactive):
                self._rules_changed(kept, inactive)
            case Knocked(person):
                if self._waiting.knock(person, self._admission.kept):
                    self._out.append(TellWaiting(person))
            case Entered():
                self._entering = False

    def _take_keys(self, said: _KeyInput) -> None:
        match said:
            case EpochCame(_, epoch):
                self._epoch_came(epoch)
            case SecretCame(entry_id, epoch, announcer, secret):
                self._take_epoch(entry_id, epoch, announcer, secret)
            case EpochInsisted(entry_id, n):
                if self.keys.epoch != entry_id:
                    self.keys.pass_over(entry_id, n)
            case Announced(entry_id, epoch, secret):
                self._announcing = False
                self._take_epoch(entry_id, epoch, self.me.id, secret)
            case AnnouncementRefused(error) if error.code is ErrorCode.MEETINGS_ACT_OUTDATED:
                # Another came first: its signal may be on its way, or have been missed.
                self._looked_from = self.keys.chain_end
                self._out.append(Look())
            case AnnouncementRefused(error) | LookFailed(error):
                self._wait_out(error)
            case Looked():
                self._announcing = False
                if self.keys.chain_end == self._looked_from:
                    # Nothing is there that could have come first.
                    self._not_before = self._now + LOOK_AGAIN_MS

    def _take_own(self, said: _OwnInput) -> None:
        match said:
            case TimePassed():
                self._time_passed()
            case StateChanged(doing):
                self._mine = doing
                self._out.append(Say(doing))
            case Unsaid():
                self._say_soon()
            case Connected():
                self._say_soon()
                self._out.append(Changed())
            case ControlCame(kid, message):
                self._control_came(kid, message)
            case MediaLost(closed):
                self._finish(Over.CLOSED if closed else Over.LOST)
            case Failed():
                self._finish(Over.LOST)
            case Ended():
                self._over = True

    # Who is present

    def _join_came(self, came: JoinCame) -> None:
        stay = came.stay
        if stay.id != self.me.id:
            # At entering, who was there before is not known: being locked keeps out whoever comes now. And who came to a locked
            # meeting before I did knows who was in it before; his epoch says whom he believes.
            been = (self._entering and not came.now) or self.keys.holds(stay)
            self._admission.admit(stay, came.data, been=been)
            self.keys.presence.came(stay, self._now)
        self._admission.note(stay.person)
        self._out.append(Changed())

    def _left(self, device: str, join: bytes) -> None:
        """Named by its JOIN: what is said of an earlier stay, or in a meeting before, says nothing of this one."""
        if join == self.me.id:
            self._finish(Over.LEFT)
            return
        self._admission.forget(device)
        self.keys.presence.over(join, self._now)
        self._out.append(Changed())

    def _list_came(self, joins: tuple[bytes, ...], asked_of: frozenset[bytes]) -> None:
        presence = self.keys.presence
        presence.arrange(list(joins))
        gone = asked_of.difference(joins)
        for stay in presence.stays:
            if stay.id in gone and stay.id != self.me.id:
                presence.left(stay.device, self._now)
        self._out.append(Changed())

    def _rules_changed(self, kept: Kept, inactive: frozenset[str]) -> None:
        """Whoever the chairs keep out now gets no further key, whatever the server lets him do; and whoever they let in was
        perhaps here before we heard of it."""
        self._admission.kept = kept
        self._waiting.judge_again(kept)
        for stay in self.keys.presence.stays:
            believed = stay.device not in inactive and self._admission.admits(stay.person)
            if stay.id != self.me.id and not believed:
                self.keys.presence.left(stay.device, self._now)
        self._verify_again()
        self._out.append(Changed())

    def _verify_again(self) -> None:
        if self._admission.outside:
            self._out.append(VerifyAgain(self._admission.outside))

    # Which epoch is needed

    def _epoch_came(self, epoch: Epoch) -> None:
        announcer = self.keys.announcer(epoch)
        if epoch.meeting != self._meeting or announcer is None or announcer.person != epoch.person:
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        self._out.append(OpenPacket(announcer))

    def _take_epoch(self, entry_id: bytes, epoch: Epoch, announcer: bytes, secret: bytes | None) -> None:
        if self.keys.take(entry_id, epoch, announcer, secret, self._now):
            self._verify_again()
            self._say_soon()
            self._out.append(Changed())

    def _wait_out(self, error: JinshuError) -> None:
        """What passes costs time only: others announce meanwhile, and the media go on."""
        self._announcing = False
        if error.code is ErrorCode.MEETINGS_NOT_PRESENT:
            self._finish(Over.LEFT)
        elif error.code is ErrorCode.CLOCK_SKEW:
            self._not_before = self._now + AGAIN_SKEWED_MS
        elif error.recovery in (Recovery.RETRY, Recovery.REAUTHENTICATE):
            self._not_before = self._now + AGAIN_MS
        else:
            self._finish(Over.LOST)

    # What only time brings

    def _time_passed(self) -> None:
        if self._entering:
            return
        now = self._now
        self._look_for_key(now)
        if self._over:
            return
        if self.keys.maintain(now):
            self._out.append(BeginPictures())
        if self._say_at is not None and now >= self._say_at:
            self._say_at = None
            self._out.append(Say(self._mine))
        due = self.keys.due_at()
        if not self._announcing and due is not None and now >= max(due, self._not_before):
            self._announcing = True
            self._out.append(Announce(self.keys.plan()))

    def _look_for_key(self, now: int) -> None:
        """A session that is without the secret for five seconds has missed it for good."""
        if self.keys.ready or self.keys.epoch is None:
            self._keyless_since = None
        elif self._keyless_since is None:
            self._keyless_since = now
        elif now - self._keyless_since >= KEYLESS_MS:
            self._finish(Over.KEYLESS)

    # What is said of what one does

    def _control_came(self, kid: int, message: bytes) -> None:
        try:
            stay, said = self.keys.sender(kid)[0], read(message)
        except JinshuError as error:
            _log.info("what a participant said of himself cannot be read: %s", error.code.value)
            return
        if stay.id not in self._doing:
            # Whoever speaks for the first time holds the keys now: what was said before he did he has not heard.
            self._say_soon()
        self._doing[stay.id] = said
        self._out.append(Changed())

    def _say_soon(self) -> None:
        if self._say_at is None:
            self._say_at = self._now + SAY_AGAIN_MS

    def _finish(self, why: Over) -> None:
        self._over = True
        self._out.append(Finished(why))
