"""Sessions of a meeting whatever comes, in whatever order: they come to rest in one epoch, and ask to be woken when they must be."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from client.meetings.epochs import EpochKeys
from client.meetings.session import KEYLESS_MS, SAY_AGAIN_MS
from protocol.errors import ErrorCode
from protocol.meetings.epochs import OVERLAP_MS, SUCCESSION_MS, SWITCH_MS
from tests.unit.meetings.session_room import NAMES, Member, SessionRoom


def kept_back(keys: EpochKeys) -> tuple[object, object]:
    """What `maintain` may change."""
    return keys._sealing, frozenset(keys._held)


class AnyOrder(RuleBasedStateMachine):
    """Members come, go and are shut out; signals come late, twice or never; requests fail; sessions are woken only when they ask."""

    def __init__(self) -> None:
        super().__init__()
        self.room = SessionRoom()

    def a_member(self, data: st.DataObject) -> Member:
        return self.room.members[data.draw(st.sampled_from(sorted(self.room.members)))]

    @rule(name=st.sampled_from(NAMES))
    def joins(self, name: str) -> None:
        self.room.join(name)

    @precondition(lambda self: self.room.members)
    @rule(data=st.data())
    def leaves(self, data: st.DataObject) -> None:
        self.room.leave(self.a_member(data).name)

    @precondition(lambda self: self.room.members)
    @rule(data=st.data(), count=st.integers(1, 3))
    def hears(self, data: st.DataObject, count: int) -> None:
        member = self.a_member(data)
        for _ in range(min(count, len(member.inbox))):
            member.inbox.popleft()()

    @precondition(lambda self: self.room.members)
    @rule(data=st.data())
    def misses_all_that_was_said_and_asks(self, data: st.DataObject) -> None:
        member = self.a_member(data)
        member.inbox.clear()
        self.room.list_to(member, frozenset(member.session.keys.presence.joins))

    @precondition(lambda self: self.room.members and self.room.chain)
    @rule(data=st.data())
    def hears_an_epoch_again(self, data: st.DataObject) -> None:
        self.room.hand(self.a_member(data), data.draw(st.sampled_from(self.room.chain)))

    @precondition(lambda self: any(each.announcing for each in self.room.members.values()))
    @rule(data=st.data(), fails=st.booleans())
    def is_answered(self, data: st.DataObject, fails: bool) -> None:
        waiting = sorted(name for name, each in self.room.members.items() if each.announcing)
        if fails:
            self.room.refusals.append(ErrorCode.NETWORK_UNREACHABLE)
        self.room.answer(self.room.members[data.draw(st.sampled_from(waiting))])

    @rule(locked=st.booleans())
    def is_locked_or_unlocked(self, locked: bool) -> None:
        self.room.rule(locked=locked)

    @rule(ms=st.sampled_from([0, 1, SWITCH_MS - 1, SAY_AGAIN_MS, SUCCESSION_MS, KEYLESS_MS, OVERLAP_MS]))
    def time_passes(self, ms: int) -> None:
        self.room.let_time_pass(ms)

    @rule(ms=st.integers(1, OVERLAP_MS))
    def nothing_happens_before_it_asks_to_be_woken(self, ms: int) -> None:
        self.room.let_time_pass()
        for member in self.room.members.values():
            keys = member.session.keys
            at = keys.wake_at(self.room.now)
            then = self.room.now + ms if at is None else min(at - 1, self.room.now + ms)
            before = kept_back(keys)
            assert not keys.maintain(then)
            assert kept_back(keys) == before

    @rule()
    def rests(self) -> None:
        # Whoever missed something asks, as every client does once it is online again.
        self.room.rule(locked=False)
        for member in self.room.members.values():
            member.inbox.clear()
            self.room.list_to(member, frozenset(member.session.keys.presence.joins))
        self.room.rest()
        self.room.check()

    @invariant()
    def one_announcement_at_a_time(self) -> None:
        assert all(len(each.announcing) <= 1 for each in self.room.members.values())

    @invariant()
    def nobody_finishes_twice(self) -> None:
        assert all(len(each.over) <= 1 for each in self.room.members.values())


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
