"""An act queued is an act that arrives, once and in its object's order, whatever the network and the process
do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.events import Event, OutboxChanged
from client.core.store import blobs
from client.core.store import settings as facts
from client.core.store.store import Store
from client.core.sync.acts import Act, ActStanding
from client.core.sync.outbox import Outbox
from client.core.tasks import TaskSupervisor
from protocol.errors import ErrorCode, JinshuError
from tests.unit.core.clocks import ManualClock, settle

KEY = bytes(32)


class Server:
    """Takes each act once; `script` says what else may happen on the way: lost request, lost reply,
    refusal."""

    kind = "test"

    def __init__(self, script: Iterable[str] = ()) -> None:
        self.script = list(script)
        self.taken: list[str] = []
        self.sent: list[str] = []
        self.refusing: set[str] = set()

    async def send(self, act: Act) -> object:
        self.sent.append(act.id)
        fate = self.script.pop(0) if self.script else "ok"
        if fate == "lost request":
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        if act.id in self.refusing:
            raise JinshuError(ErrorCode.SYNC_ID_REUSED, why="刚好")
        if act.id not in self.taken:
            self.taken.append(act.id)
        if fate == "lost reply":
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        return "receipt"

    def settle(self, connection: Connection, act: Act, reply: object) -> Iterable[Event]:
        facts.put(connection, f"settled {act.id}", reply)
        return ()

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        facts.put(connection, f"refused {act.id}", error.code.value)
        return ()


class Desk:
    """A store, an outbox and its tasks; `restart` is what a crash and a new start amount to."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.path = folder / "store.db"
        self.server = server
        self.clock = ManualClock()
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(self.events.append)
        self.uploaded: list[str] = []
        self.uploading: asyncio.Event | None = None  # what uploads wait for
        self.store = Store(self.path)
        if self.path.exists():
            self.store.open(KEY)
        else:
            self.store.create(KEY)
        self.start()

    def start(self) -> None:
        self.tasks = TaskSupervisor()
        self.outbox = Outbox(self.store, self.bus, self.clock, lambda: 0.5, self.upload)
        self.outbox.register(self.server)
        self.tasks.start("outbox", self.outbox.run(self.tasks))

    async def upload(self, blob: str) -> None:
        """As `Blobs.upload` does: the blob is noted to be there before the act goes."""
        self.uploaded.append(blob)
        if self.uploading is not None:
            await self.uploading.wait()
        await self.store.write(lambda c: blobs.put(c, blob, 9, here=True, there=True))

    async def restart(self) -> None:
        await self.tasks.stop()
        self.store.close()
        self.store = Store(self.path)
        self.store.open(KEY)
        self.start()

    async def until_drained(self) -> None:
        drained = self.tasks.start("drained", self.outbox.drained())
        while not drained.done():
            await settle(5)
            if self.clock.sleeping:
                await self.clock.advance(60)
            else:
                await self.store.read(lambda connection: None)

    async def settled(self, name: str) -> object:
        return await self.store.read(lambda connection: facts.get(connection, f"settled {name}"))

    async def close(self) -> None:
        await self.tasks.stop()
        self.store.close()


def act(name: str, target: str = "a", *, blobs: tuple[str, ...] = (), requires: tuple[str, ...] = ()) -> Act:
    return Act(name, "test", target, name.encode(), blobs, requires)


fates = st.lists(st.sampled_from(["ok", "lost request", "lost reply"]), max_size=12)
steps = st.lists(
    st.one_of(st.tuples(st.just("queue"), st.sampled_from("abc")), st.just(("restart", ""))), max_size=10
)


@given(script=fates, plan=steps)
@settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
async def test_every_queued_act_arrives_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, script: list[str], plan: list[tuple[str, str]]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"), Server(script))
    queued: list[tuple[str, str]] = []
    for number, (what, target) in enumerate(plan):
        if what == "queue":
            queued.append((f"act {number}", target))
            await desk.outbox.queue([act(f"act {number}", target)])
        else:
            await desk.restart()
    await desk.until_drained()
    assert sorted(desk.server.taken) == sorted(name for name, _ in queued)
    for target in "abc":
        mine = [name for name, other in queued if other == target]
        assert [name for name in desk.server.taken if name in mine] == mine
    assert await desk.outbox.states() == ()
    for name, _ in queued:
        assert await desk.settled(name) == "receipt"
    await desk.close()


@pytest.fixture
def server() -> Server:
    return Server()


async def test_rows_and_acts_are_written_together_or_not_at_all(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, server)

    def rows(connection: Connection) -> Iterable[Event]:
        facts.put(connection, "row", 1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await desk.outbox.queue([act("one")], rows)
    assert await desk.outbox.states() == ()
    assert await desk.store.read(lambda connection: facts.get(connection, "row")) is None
    await desk.close()


@pytest.mark.expects_logs
async def test_a_refused_act_is_kept_and_holds_back_its_object_alone(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, server)
    server.refusing = {"one"}
    await desk.outbox.queue([act("one"), act("two"), act("other", "b")])
    await desk.until_drained()
    states = {state.id: state for state in await desk.outbox.states()}
    assert states["one"].state is ActStanding.REFUSED
    assert states["one"].code == ErrorCode.SYNC_ID_REUSED.value
    assert states["one"].params == (("why", "刚好"),)
    assert states["two"].state is ActStanding.PENDING
    assert server.taken == ["other"]
    assert desk.events[-1] == OutboxChanged(1, 1)
    await desk.close()


@pytest.mark.expects_logs
async def test_a_refused_act_survives_a_restart_and_goes_when_retried(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, server)
    server.refusing = {"one"}
    await desk.outbox.queue([act("one"), act("two")])
    await desk.until_drained()
    await desk.restart()
    await desk.until_drained()
    assert server.sent == ["one"]
    server.refusing = set()
    await desk.outbox.retry("one")
    await desk.until_drained()
    assert server.taken == ["one", "two"]
    await desk.close()


@pytest.mark.expects_logs
async def test_only_a_refused_act_can_be_withdrawn(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, server)
    server.refusing = {"one"}
    await desk.outbox.queue([act("one"), act("two")])
    await desk.until_drained()
    with pytest.raises(JinshuError) as caught:
        await desk.outbox.withdraw("two")
    assert caught.value.code is ErrorCode.SYNC_ACT_NOT_REFUSED
    await desk.outbox.withdraw("one")
    await desk.until_drained()
    assert server.taken == ["two"]
    await desk.close()


async def test_blobs_go_first_and_required_acts_before(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, server)
    await desk.outbox.queue([act("late", "b", requires=("early",)), act("early", "a", blobs=("f" * 64,))])
    await desk.until_drained()
    assert server.taken == ["early", "late"]
    assert desk.uploaded == ["f" * 64]
    await desk.close()


async def test_the_same_act_again_is_one_act_and_other_bytes_are_refused(
    tmp_path: Path, server: Server
) -> None:
    desk = Desk(tmp_path, server)
    server.script = ["lost request"]
    await desk.outbox.queue([act("one")])
    await desk.outbox.queue([act("one")])
    with pytest.raises(JinshuError) as caught:
        await desk.outbox.queue([Act("one", "test", "a", b"other")])
    assert caught.value.code is ErrorCode.SYNC_ID_REUSED
    await desk.until_drained()
    assert server.taken == ["one"]
    await desk.close()


async def test_the_network_back_wakes_acts_from_their_backoff(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, server)
    server.script = ["lost request"]
    await desk.outbox.queue([act("one")])
    while not server.sent or not desk.clock.sleeping:
        await desk.store.read(lambda connection: None)
    desk.outbox.wake()
    await desk.outbox.drained()
    assert server.taken == ["one"]
    assert desk.clock.monotonic() == 0
    await desk.close()


async def test_an_act_whose_file_is_still_on_its_way_can_be_taken_back(
    tmp_path: Path, server: Server
) -> None:
    desk = Desk(tmp_path, server)
    desk.uploading = asyncio.Event()
    await desk.outbox.queue([act("one", blobs=("f" * 64,)), act("two")])
    while not desk.uploaded:
        await settle(1)

    def rows(connection: Connection) -> Iterable[Event]:
        facts.put(connection, "taken back", True)
        return ()

    await desk.outbox.cancel("one", rows)
    assert await desk.store.read(lambda connection: facts.get(connection, "taken back"))
    desk.uploading.set()  # the upload came to its end all the same
    await desk.until_drained()
    assert server.taken == server.sent == ["two"]
    assert await desk.outbox.states() == ()
    await desk.close()


async def test_an_act_that_may_have_left_cannot_be_taken_back(tmp_path: Path, server: Server) -> None:
    desk = Desk(tmp_path, server)
    server.script = ["lost reply"]
    await desk.outbox.queue([act("one", blobs=("f" * 64,)), act("plain", "b")])
    while "one" not in server.sent or "plain" not in server.sent:
        await settle(1)
    for name in ("one", "plain", "never queued"):
        with pytest.raises(JinshuError) as caught:
            await desk.outbox.cancel(name)
        assert caught.value.code is ErrorCode.SYNC_ACT_UNDER_WAY
    await desk.until_drained()
    assert sorted(server.taken) == ["one", "plain"]
    await desk.close()
