"""The table attack × object: whatever a lying server does, the client names it and believes none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from protocol.errors import JinshuError
from tests.security import on_devices, on_organisation, on_statements
from tests.security.world import CELLS, Cell, World, belief

TABLES = (on_organisation, on_devices, on_statements)


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
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
