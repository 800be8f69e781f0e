"""The table attack × object: whatever a lying server does, the client names it and believes none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from protocol.errors import JinshuError
from tests.security import (
    on_age,
    on_confirmations,
    on_devices,
    on_doors,
    on_generations,
    on_log,
    on_object_keys,
    on_olm_identities,
    on_organisation,
    on_statements,
    on_wraps,
)
from tests.security.world import CELLS, EMPTY, Attack, Cell, Object, World, Worlds, belief

TABLES = (
    on_organisation,
    on_devices,
    on_statements,
    on_generations,
    on_confirmations,
    on_wraps,
    on_object_keys,
    on_olm_identities,
    on_log,
    on_age,
    on_doors,
)


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    made = Worlds()
    yield made
    made.end()


@pytest_asyncio.fixture
async def world(worlds: Worlds) -> AsyncIterator[World]:
    made = worlds.new()
    yield made
    await made.close()


@pytest.mark.expects_logs
@pytest.mark.parametrize(
    "tried", CELLS, ids=lambda tried: f"{tried.target}-{tried.attack}-{tried.name}".replace(" ", "_")
)
async def test_the_lie_is_named_and_nothing_of_it_believed(world: World, tried: Cell) -> None:
    strike = await tried.run(world)
    before = await belief(strike.victim)
    if tried.notice:
        assert tried.code not in world.real.notices(strike.victim)
        await strike.act()
        assert tried.code in world.real.notices(strike.victim)
    else:
        with pytest.raises(JinshuError) as caught:
            await strike.act()
        assert caught.value.code is tried.code
    assert await belief(strike.victim) == before


def test_every_cell_of_the_table_is_tried_or_says_why_not() -> None:
    assert all(table.__doc__ for table in TABLES)
    tried = {(one.target, one.attack) for one in CELLS}
    every = {(target, attack) for target in Object for attack in Attack}
    assert every - tried == EMPTY.keys()
    assert not tried & EMPTY.keys()


def test_no_two_attacks_have_one_name() -> None:
    assert len({one.name for one in CELLS}) == len(CELLS)
