"""A floor for each test, closed after it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.meetings_sfu.floor import Floor


@pytest.fixture
async def floor() -> AsyncIterator[Floor]:
    floor = Floor()
    yield floor
    await floor.close()
