"""A city of processes for each test of conversations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.end_to_end.city import City
from tests.integration.messaging.talkers import Hall
from tests.support.cable import Cable
from tests.support.prepared_city import running_city


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with running_city(tmp_path / "city") as made:
        yield made


@pytest_asyncio.fixture
async def cable(city: City) -> AsyncIterator[Cable]:
    """A cable for one client; asked for before the hall, so that it outlives its clients."""
    made = await Cable.to(city.address)
    yield made
    await made.sever()


@pytest_asyncio.fixture
async def hall(city: City, tmp_path: Path) -> AsyncIterator[Hall]:
    made = Hall(city, tmp_path)
    yield made
    await made.close()
