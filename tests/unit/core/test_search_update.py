"""An index made by an earlier version is made anew while the program is used, and loses and doubles nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from client.core.bus import EventBus
from client.core.events import Event, IndexMoved
from client.core.search_update import SearchUpdate
from client.core.store import search
from client.core.store.store import Store
from tests.unit.core.indexes import make_accented, make_former

COUNT = 1200


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Open, with a former index of numbered messages; every one says 40km/h."""
    path = tmp_path / "store.db"
    make_former(path, [f"第{n}次：限速40km/h" for n in range(1, COUNT + 1)])
    made = Store(path)
    made.open(bytes(32))
    return made


def find(connection: Connection, query: str, limit: int = 10) -> list[str]:
    return search.find(connection, area="messages", query=query, limit=limit)


async def test_parts_are_found_once_the_index_is_made_anew(store: Store) -> None:
    heard: list[Event] = []
    bus = EventBus()
    bus.subscribe(heard.append)
    await SearchUpdate(store, bus).run()
    assert await store.read(lambda c: find(c, "40 km", 3)) == ["1200", "1199", "1198"]
    assert len(await store.read(lambda c: find(c, "限速", COUNT + 1))) == COUNT
    told = [(event.done, event.total) for event in heard if isinstance(event, IndexMoved)]
    assert told == [(500, COUNT), (1000, COUNT), (COUNT, COUNT)]
    heard.clear()
    await SearchUpdate(store, bus).run()
    assert heard == [], "there is nothing left to do"
    store.close()


async def test_the_newest_are_found_first_and_the_work_goes_on_after_an_end_in_the_middle(
    store: Store,
) -> None:
    await store.write(lambda c: search.move_former(c, 100))
    assert await store.read(lambda c: find(c, "40", 200)) == [str(n) for n in range(1200, 1100, -1)]
    store.close()
    store.open(bytes(32))
    assert await store.read(search.former_size) == COUNT - 100
    await SearchUpdate(store, EventBus()).run()
    assert await store.read(lambda c: find(c, "40", 2000)) == [str(n) for n in range(1200, 0, -1)]
    store.close()


async def test_what_happens_meanwhile_is_kept(store: Store) -> None:
    def happens(connection: Connection) -> None:
        search.move_former(connection, 100)
        search.add(connection, area="messages", key="new", content="限速40km/h")
        search.remove(connection, area="messages", key="7")  # recalled, not moved yet
        search.remove(connection, area="messages", key="1190")  # recalled, moved already
        search.put(connection, area="messages", key="8", content="改为50km/h")

    await store.write(happens)
    assert await store.read(lambda c: find(c, "改为50")) == ["8"], "what is new is found at once"
    await SearchUpdate(store, EventBus()).run()
    found = await store.read(lambda c: find(c, "40", 2000))
    gone = {7, 8, 1190}
    assert found == ["new", *(str(n) for n in range(1200, 0, -1) if n not in gone)]
    assert await store.read(lambda c: find(c, "改为50")) == ["8"]
    store.close()


async def test_another_wording_stays_in_its_place(store: Store) -> None:
    await SearchUpdate(store, EventBus()).run()
    await store.write(
        lambda c: search.put(c, area="messages", key="600", content="第600次：限速40km/h，已改")
    )
    assert await store.read(lambda c: find(c, "40", 2000)) == [str(n) for n in range(1200, 0, -1)]
    store.close()


async def test_nothing_of_the_former_index_is_left_on_disk(store: Store) -> None:
    await SearchUpdate(store, EventBus()).run()
    left = text("SELECT count(*) FROM sqlite_master WHERE name LIKE 'search_former%'")
    assert await store.read(lambda c: c.execute(left).scalar_one()) == 0
    assert await store.read(lambda c: c.execute(text("PRAGMA cipher_integrity_check")).all()) == []
    store.close()


def finding(query: str) -> Callable[[Connection], list[str]]:
    return lambda connection: find(connection, query, 10)


@pytest.mark.parametrize("moved", [0, 3, 8])
async def test_an_index_that_folded_accents_by_itself_is_made_anew_even_half_moved(
    tmp_path: Path, moved: int
) -> None:
    path = tmp_path / "store.db"
    make_accented(path, [f"第{n}次在Phế镇café" for n in range(1, 9)], moved=moved)
    store = Store(path)
    store.open(bytes(32))
    await SearchUpdate(store, EventBus()).run()
    newest_first = [str(n) for n in range(8, 0, -1)]
    for query in ("phe镇", "Phế", "cafe", "CAFÉ"):
        assert await store.read(finding(query)) == newest_first, query
    store.close()
