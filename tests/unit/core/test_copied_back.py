"""A store that is an earlier one is noticed, by what the server says was acknowledged or by an act of one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection

from client.core.bus import EventBus
from client.core.events import ConversationsChanged, Event, NoticeRaised
from client.core.store import events as table
from client.core.store.store import Store
from client.core.sync.copied_back import CopiedBack
from client.core.sync.pull import Pull
from protocol.errors import ErrorCode
from tests.unit.core.clocks import ManualClock
from tests.unit.core.test_pull import Reader, ShortMemory, Source

pytestmark = pytest.mark.expects_logs("an earlier one", "begins anew")
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
    await copied_back.unknown_act(5)
    await copied_back.unknown_act(4)
    assert (copied_back.gap.upto, machine.mended) == (5, 1)
    assert machine.notices() == [ErrorCode.SYNC_COPIED_BACK]


async def test_a_store_so_old_that_its_log_is_gone_is_noticed_as_well(machine: Machine) -> None:
    source = ShortMemory()
    source.said = 2
    copied_back = await machine.follows(source)
    assert copied_back.gap.upto == 2
    assert machine.notices() == [ErrorCode.SYNC_COPIED_BACK]
