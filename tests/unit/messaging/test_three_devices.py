"""Whatever three devices do, and however the log reaches them: all is read once, in one order, by those it was for."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from client.core.keys import ratchets
from tests.unit.messaging.three_devices import Circle

_MEMORY: Final = Path("/dev/shm")
_NAMES = st.sampled_from(("甲", "乙", "丙"))
_CRASHES = st.sampled_from(("after the keys", "while encrypting", "after encrypting"))


class Conversation(RuleBasedStateMachine):
    """The model is the list of what the log acknowledged, each with who was in then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)
        self.circle = Circle(Path(self.folder.name))
        self.count = 0

    @rule(name=_NAMES)
    def says(self, name: str) -> None:
        if name in self.circle.members:
            self.count += 1
            self.circle.send(name, f"第{self.count}条".encode())

    @rule(name=_NAMES, crash=_CRASHES)
    def crashes_and_says_it_again(self, name: str, crash: str) -> None:
        if name in self.circle.members:
            self.count += 1
            self.circle.send(name, f"第{self.count}条".encode(), crash)
            self.circle.send(name, f"第{self.count}条".encode())

    @rule(name=_NAMES)
    def leaves(self, name: str) -> None:
        if len(self.circle.members) > 1:
            self.circle.members.discard(name)

    @rule(name=_NAMES)
    def joins(self, name: str) -> None:
        self.circle.members.add(name)

    @rule(name=_NAMES)
    def is_opened_again(self, name: str) -> None:
        with self.circle.devices[name].store() as connection:
            ratchets.retire_sessions(connection)

    @rule(name=_NAMES)
    def takes_the_next(self, name: str) -> None:
        if self.circle.devices[name].inbox:
            self.circle.take(name)

    @rule(name=_NAMES, at=st.integers(0, 5))
    def takes_one_out_of_turn(self, name: str, at: int) -> None:
        inbox = self.circle.devices[name].inbox
        if inbox:
            self.circle.take(name, at % len(inbox))

    @precondition(lambda self: any(device.seen for device in self.circle.devices.values()))
    @rule(name=_NAMES, at=st.integers(0, 20))
    def is_told_again(self, name: str, at: int) -> None:
        device = self.circle.devices[name]
        if device.seen:
            self.circle.apply(device, device.seen[at % len(device.seen)])

    @invariant()
    def nothing_is_read_that_was_not_said(self) -> None:
        for device in self.circle.devices.values():
            for number, text in device.read.items():
                message = self.circle.log[number]
                assert message.text == text
                assert device.name in message.members

    def teardown(self) -> None:
        try:
            for name, device in self.circle.devices.items():
                while device.inbox:
                    self.circle.take(name)
                meant = [m.number for m in self.circle.log if name in m.members]
                assert sorted(device.read) == meant  # none lost, none twice, none of another's
                assert device.waiting == []
                for message in self.circle.log:
                    if name not in message.members:
                        assert self.circle.open(device, message) is None
        finally:
            self.circle.close()
            self.folder.cleanup()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_whoever_begins_a_new_channel_and_leaves_reads_no_more(tmp_path: Path) -> None:
    """The shortest walk that once went wrong: a new channel made the others forget who had the key."""
    circle = Circle(tmp_path)
    circle.send("丙", "一".encode(), "after the keys")
    circle.send("丙", "一".encode())
    circle.send("乙", "二".encode())
    circle.members.discard("丙")
    circle.take("乙")
    circle.send("乙", "三".encode())
    assert circle.open(circle.devices["丙"], circle.log[-1]) is None
