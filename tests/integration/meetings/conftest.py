"""A city of processes with a server that carries media, for each test of meetings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.end_to_end.city import City
from tests.integration.meetings.attendees import Venue


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path / "city")
    made.folder.mkdir()
    made.found()
    made.open()
    watcher = made.watch()
    yield made
    watcher.stop()
    made.stop()


@pytest_asyncio.fixture
async def venue(city: City, tmp_path: Path) -> AsyncIterator[Venue]:
    made = Venue(city, tmp_path)
    yield made
    await made.close()
