"""A store that is an earlier one is noticed, by what the server says was acknowledged or by an act of one's own."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from client.core.bus import EventBus
from client.core.client import CoreClient
from client.core.events import ConversationsChanged, Event, NoticeRaised
from client.core.keys import ratchets
from client.core.store import events as table
from client.core.store.store import Store
from client.core.sync.copied_back import CopiedBack
from client.core.sync.pull import Pull
from protocol.errors import ErrorCode
from tests.unit.core.clocks import ManualClock
from tests.unit.core.test_pull import Reader, ShortMemory, Source

pytestmark = pytest.mark.expects_logs("an earlier one", "begins anew")
KEY = bytes(32)
MENDED = ConversationsChanged(("cnv",))


class Machine:
    """One store and what follows a log into it, begun anew as often as wanted."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "store.db")
        self.store.create(bytes(32))
        self.heard: list[Event] = []
        self.mended = 0

    async def follows(self, source: Source) -> CopiedBack:
        bus = EventBus()
        bus.subscribe(self.heard.append)
        made = CopiedBack(self.store, bus)
        made.register(self._mend)
        await made.load()
        pull = Pull(self.store, source, bus, ManualClock(), copied_back=made)
        pull.register(Reader())
        await pull.catch_up()
        return made

    def notices(self) -> list[ErrorCode]:
        return [event.code for event in self.heard if isinstance(event, NoticeRaised)]

    def _mend(self, connection: Connection) -> Iterable[Event]:
        assert connection.in_transaction()
        self.mended += 1
        return (MENDED,)


@pytest_asyncio.fixture
async def machine(tmp_path: Path) -> AsyncIterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.store.close()


async def test_a_device_in_step_with_its_log_notices_nothing(machine: Machine) -> None:
    source = Source(count=3)
    await machine.follows(source)
    source.said = 3
    assert (await machine.follows(source)).gap.upto == 0
    assert (machine.notices(), machine.mended) == ([], 0)


async def test_more_was_acknowledged_than_is_here(machine: Machine) -> None:
    source = Source(count=6)
    source.said = 4
    copied_back = await machine.follows(source)
    # Up to the newest: what was sent since then was for keys that may be gone, too.
    assert 6 in copied_back.gap
    assert 7 not in copied_back.gap
    assert copied_back.gap.keys_due
    assert (machine.notices(), machine.mended) == ([ErrorCode.SYNC_COPIED_BACK], 1)
    assert MENDED in machine.heard
    # The program ends before the others have new keys: it is remembered, and not said again.
    again = await machine.follows(source)
    assert again.gap == copied_back.gap
    assert (machine.notices(), machine.mended) == ([ErrorCode.SYNC_COPIED_BACK], 1)
    await again.keys_are_new()
    assert not (await machine.follows(source)).gap.keys_due


async def test_a_crash_while_what_was_missed_is_read_does_not_begin_it_again(machine: Machine) -> None:
    source = Source(count=6)
    source.said = 6
    await machine.follows(source)
    await machine.store.write(lambda c: table.move_cursor(c, 2))
    await machine.follows(source)
    assert machine.mended == 1


async def test_an_act_of_ones_own_that_is_not_known_here_is_proof_without_the_server(
    machine: Machine,
) -> None:
    copied_back = await machine.follows(Source(count=6))
    for n in (4, 5, 6):  # they lay in the log together, and nothing of them had been acknowledged
        await copied_back.unknown_act(n)
    assert (copied_back.gap.upto, machine.mended) == (6, 1)
    assert machine.notices() == [ErrorCode.SYNC_COPIED_BACK]
    # Signed since then: a second copy of this store is in use.
    await copied_back.unknown_act(7)
    assert machine.notices() == [ErrorCode.SYNC_COPIED_BACK] * 2


async def test_a_store_so_old_that_its_log_is_gone_is_noticed_as_well(machine: Machine) -> None:
    source = ShortMemory()
    source.said = 2
    copied_back = await machine.follows(source)
    assert copied_back.gap.upto == 2
    assert machine.notices() == [ErrorCode.SYNC_COPIED_BACK]


# Whether a store that is opened is the one that was closed


@pytest_asyncio.fixture
async def core(tmp_path: Path) -> AsyncIterator[CoreClient]:
    made = CoreClient.open(tmp_path / "profile")
    made.store.create(KEY)
    await made.channel.load()
    yield made
    await made.stop()


async def speaks(core: CoreClient) -> str:
    """Begin a session to write with; returns its id."""
    begun = await core.store.write(
        lambda c: ratchets.begin_outbound(c, "cnv", bytes(32), "dev", 1, core.entropy)
    )
    return begun.session


async def session(core: CoreClient) -> str | None:
    found = await core.store.read(lambda c: ratchets.outbound(c, "cnv"))
    return None if found is None else found.session


async def closes(core: CoreClient) -> None:
    await core.channel.close()
    core.store.close()


async def opens(core: CoreClient) -> None:
    core.store.open(KEY)
    await core.channel.load()


async def test_a_lock_and_an_unlock_go_on_with_the_same_sessions(core: CoreClient) -> None:
    name = await speaks(core)
    for _ in range(2):
        await closes(core)
        await opens(core)
        assert await session(core) == name


async def test_a_store_put_back_while_it_was_locked_writes_with_none_of_its_sessions(
    core: CoreClient, tmp_path: Path
) -> None:
    await speaks(core)
    await closes(core)
    copy = tmp_path / "copy.db"
    shutil.copy(core.paths.store, copy)
    await opens(core)
    await closes(core)
    shutil.copy(copy, core.paths.store)
    await opens(core)
    assert await session(core) is None


async def test_another_process_writes_with_none_of_the_sessions_it_finds(core: CoreClient) -> None:
    await speaks(core)
    await core.stop()
    again = CoreClient.open(core.paths.root)
    again.store.open(KEY)
    await again.channel.load()
    try:
        assert await session(again) is None
    finally:
        await again.stop()


async def test_a_full_disk_keeps_nobody_from_reading_and_writes_with_nothing_old(
    core: CoreClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await speaks(core)
    core.store.close()  # without a mark: a crash
    core.store.open(KEY)
    with monkeypatch.context() as full:

        async def refuses(_work: object) -> None:
            raise OperationalError("insert", {}, Exception("database or disk is full"))

        full.setattr(core.store, "write", refuses)
        await core.channel.load()
        await core.channel.close()
    assert await session(core) is not None, "nothing could be written"
    await core.channel.retire()
    assert await session(core) is None
