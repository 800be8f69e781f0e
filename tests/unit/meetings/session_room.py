"""Sessions of a meeting in one process, and a server between them that says and keeps back what a test likes; no socket, no clock."""

from __future__ import annotations

import hashlib
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from client.meetings import session as machine
from client.meetings.ledger import SETTLED, Kept
from client.meetings.media_state import MediaState
from client.meetings.presence import Stay
from client.meetings.session import Input, MeetingSession, Output, Over
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings import chair
from protocol.meetings.epochs import SWITCH_MS, commitment
from protocol.meetings.payloads import Epoch, Meeting

MEETING = "mtg_" + "a" * 26
CHAIR = "a"
NAMES = "abcde"


def person(name: str) -> str:
    return f"prs_{name}"


def device(name: str) -> str:
    return f"dev_{name}"


def called() -> Kept:
    """The meeting of all of `NAMES`, led by the first."""
    values = {"meeting": MEETING, "conversation": "cnv_" + "a" * 26, "person": person(CHAIR)}
    times = {"starts_at": 1, "ends_at": 2, "log_size": 1, "log_root": bytes(32), "at": 1}
    made = Meeting(device=device(CHAIR), chairs=[person(CHAIR)], **values, **times)  # type: ignore[arg-type]
    state = chair.opened(b"m" * 32, made)
    members = tuple(person(name) for name in NAMES)
    return Kept(MEETING, made.conversation, b"m" * 32, made, SETTLED, state, "", members)


@dataclass
class Sent:
    """An epoch as the server has it."""

    id: bytes
    epoch: Epoch
    packets: dict[bytes, bytes]  # JOIN -> secret


@dataclass
class Member:
    """One session, and what came out of it. What waits in `inbox` has not reached it yet."""

    name: str
    stay: Stay
    session: MeetingSession
    inbox: deque[Callable[[], object]] = field(default_factory=deque)
    announcing: deque[machine.Announce] = field(default_factory=deque)
    over: list[Over] = field(default_factory=list)
    said: list[tuple[int, MediaState]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    pictures_begun: int = 0
    channel: bool = True

    @property
    def present(self) -> set[str]:
        return {stay.person.removeprefix("prs_") for stay in self.session.keys.presence.stays}


class SessionRoom:
    """Everybody, their server, and one monotonic time in milliseconds."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.kept = called()
        self.members: dict[str, Member] = {}
        self.joins: dict[bytes, Stay] = {}  # what a signed JOIN verifies to
        self.present: list[bytes] = []  # by the server's word
        self.chain: list[Sent] = []
        self.gone: list[Member] = []
        self.came: dict[str, set[str]] = {name: set() for name in NAMES}
        self.refusals: deque[ErrorCode] = deque()  # what the next announcements are refused with
        self.chance = random.Random(1)

    # The server

    def join(self, name: str) -> Member:
        """Somebody comes in, is told who is there, and the others will be told of it."""
        if name in self.members:
            self.leave(name)
        stay = Stay(self.chance.randbytes(32), person(name), device(name), self.chance.randbytes(16))
        self.joins[stay.id] = stay
        session = MeetingSession(stay, self.kept, self.came[name], self.chance.randbytes, self.now)
        member = self.members[name] = Member(name, stay, session)
        self.present.append(stay.id)
        for other in self.others(member):
            self.post(other, machine.JoinCame(stay, stay.id, now=True))
        self.list_to(member)
        self.give(member, machine.Entered())
        return member

    def list_to(self, member: Member, asked_of: frozenset[bytes] = frozenset()) -> None:
        """The server's list and the epoch in force, as at a JOIN or when somebody asks."""
        believed = []
        for join in list(self.present):
            try:
                self.take(member, machine.JoinCame(self.joins[join], join))
            except JinshuError:
                continue
            believed.append(join)
        self.take(member, machine.ListCame(tuple(believed), asked_of))
        if self.chain:
            self.hand(member, self.chain[-1])

    def leave(self, name: str) -> None:
        """Somebody is gone; the others will be told."""
        member = self.members.pop(name)
        self.gone.append(member)
        self.present.remove(member.stay.id)
        for other in self.members.values():
            self.post(other, machine.Left(member.stay.device, member.stay.id))

    def post(self, member: Member, said: Input) -> None:
        member.inbox.append(partial(self.give, member, said))

    def hand(self, member: Member, sent: Sent, secret: bytes | None = None) -> bool:
        """An epoch and this member's packet; says whether it was believed."""
        try:
            asked = self.take(member, machine.EpochCame(sent.id, sent.epoch))
            for output in asked:
                assert isinstance(output, machine.OpenPacket)
                found = sent.packets.get(member.stay.id) if secret is None else secret
                self.give(member, machine.SecretCame(sent.id, sent.epoch, output.announcer.id, found))
        except JinshuError as error:
            return error.code is not ErrorCode.MEETINGS_EPOCH_REFUSED
        return True

    def rule(self, **changes: object) -> None:
        """The chairs did something, and everybody has read of it."""
        self.kept = replace(self.kept, chair=replace(self.kept.chair, **changes))  # type: ignore[arg-type]
        for member in self.members.values():
            self.give(member, machine.RulesChanged(self.kept))

    # A member

    def others(self, member: Member) -> list[Member]:
        return [other for other in self.members.values() if other is not member]

    def take(self, member: Member, said: Input) -> tuple[Output, ...]:
        return member.session.take(said, self.now)

    def give(self, member: Member, said: Input) -> tuple[Output, ...]:
        """One input, with what comes out of it done; what is refused changes nothing."""
        try:
            outputs = self.take(member, said)
        except JinshuError:
            return ()
        for output in outputs:
            self._do(member, output)
        return outputs

    def _do(self, member: Member, output: Output) -> None:
        match output:
            case machine.Announce():
                member.announcing.append(output)
            case machine.Look():
                self._look(member)
            case machine.VerifyAgain(joins):
                for join in joins:
                    self.give(member, machine.JoinCame(self.joins[join], join))
            case _:
                self._note(member, output)

    def _note(self, member: Member, output: Output) -> None:
        match output:
            case machine.Say(doing):
                member.said.append((self.now, doing))
                if not member.channel:
                    self.give(member, machine.Unsaid())
            case machine.BeginPictures():
                member.pictures_begun += 1
            case machine.TellWaiting(who):
                member.waiting.append(who)
            case machine.Finished(why):
                member.over.append(why)

    def _look(self, member: Member) -> None:
        if self.chain:
            newest = self.chain[-1]
            self.hand(member, newest)
            self.give(member, machine.EpochInsisted(newest.id, newest.epoch.n))
        self.give(member, machine.Looked())

    def answer(self, member: Member) -> None:
        """The server takes the announcement of a member, or says why not."""
        plan = member.announcing.popleft().plan
        last = self.chain[-1] if self.chain else None
        follows = (plan.n, plan.previous) == ((1, None) if last is None else (last.epoch.n + 1, last.id))
        refusal = self.refusals.popleft() if self.refusals else None
        if refusal is None and member.stay.id not in self.present:
            refusal = ErrorCode.MEETINGS_NOT_PRESENT
        if refusal is None and not follows:
            refusal = ErrorCode.MEETINGS_ACT_OUTDATED
        if refusal is not None:
            self.give(member, machine.AnnouncementRefused(JinshuError(refusal)))
            return
        epoch = Epoch(
            meeting=MEETING,
            n=plan.n,
            previous=plan.previous,
            kind=plan.kind,
            participants=list(plan.participants),
            commitment=commitment(MEETING, plan.secret),
            person=member.stay.person,
            device=member.stay.device,
            log_size=1,
            log_root=bytes(32),
            at=self.now,
        )
        entry_id = hashlib.sha256(repr(epoch).encode() + self.chance.randbytes(4)).digest()
        sent = Sent(entry_id, epoch, {stay.id: plan.secret for stay in plan.to})
        self.chain.append(sent)
        for other in self.others(member):
            other.inbox.append(partial(self.hand, other, sent))
        self.give(member, machine.Announced(entry_id, epoch, plan.secret))

    # Time

    def let_time_pass(self, ms: int = 0) -> None:
        """Everybody is woken when he asked for it, and not otherwise; nothing is delivered meanwhile."""
        end = self.now + ms
        while True:
            for member in self.members.values():
                self.give(member, machine.TimePassed())
                at = member.session.wake_at()
                assert at is None or at > self.now, "it would be woken without end"
            wakes = [at for each in self.members.values() if (at := each.session.wake_at()) is not None]
            self.now = min([end, *wakes])
            if self.now == end:
                break
        for member in self.members.values():
            self.give(member, machine.TimePassed())

    def settle(self) -> None:
        """Everything is delivered and answered, until nobody has anything more to send."""
        for _ in range(200):
            self.let_time_pass()
            busy = [each for each in self.members.values() if each.inbox or each.announcing]
            if not busy:
                return
            for member in busy:
                while member.inbox:
                    member.inbox.popleft()()
                if member.announcing:
                    self.answer(member)
        raise AssertionError("they do not come to rest")

    def rest(self) -> None:
        """Settled and half a minute later; who was put out for want of a key, or by a word of the server, comes anew."""
        for _ in range(60):
            self.settle()
            self.let_time_pass(500)
            for member in [each for each in self.members.values() if each.over]:
                self.join(member.name)
        self.settle()

    # What is believed

    def hears(self, listener: Member, speaker: Member) -> bool:
        sealer = speaker.session.keys.sealer(Stream.AUDIO)
        assert sealer is not None
        try:
            kid, plain = listener.session.keys.open(sealer.seal(b"a word"))
        except JinshuError as error:
            return error.code is not ErrorCode.FRAMES_UNKNOWN_KEY
        return plain == b"a word" and listener.session.sender_of(kid) == speaker.stay

    def check(self) -> None:
        """All are in one epoch, hear each other, and nobody who has gone hears them."""
        everybody = list(self.members.values())
        assert len({each.session.keys.epoch for each in everybody}) <= 1
        for member in everybody:
            assert member.session.keys.ready
            assert member.present == set(self.members)
        for speaker in everybody:
            assert all(self.hears(other, speaker) for other in everybody if other is not speaker)
            assert not any(self.hears(former, speaker) for former in self.gone)


def seated(*names: str) -> tuple[SessionRoom, list[Member]]:
    """Several who are in and have agreed on keys."""
    room = SessionRoom()
    for name in names:
        room.join(name)
        room.settle()
    room.let_time_pass(SWITCH_MS)
    room.check()
    return room, [room.members[name] for name in names]


def refused(room: SessionRoom, member: Member, said: machine.Input) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        room.take(member, said)
    return caught.value.code


def added(room: SessionRoom, name: str) -> Stay:
    """A stay whose JOIN would be verified."""
    stay = Stay(name.encode() * 32, person(name), device(name), bytes(16))
    room.joins[stay.id] = stay
    return stay
