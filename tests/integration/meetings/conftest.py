"""One city of processes for all tests of a module: its people meet anew in each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.end_to_end.city import City
from tests.integration.meetings.attendees import NAMES, Venue
from tests.support.prepared_city import running_city


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with running_city(tmp_path_factory.mktemp("city") / "city") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hosted(city: City, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Venue]:
    made = Venue(city, tmp_path_factory.mktemp("clients"))
    await made.come(*NAMES)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def venue(hosted: Venue) -> AsyncIterator[Venue]:
    yield hosted
    await hosted.part()
