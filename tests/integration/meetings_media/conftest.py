"""A room for each test, closed after it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.meetings_media.room import Room


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    yield room
    await room.close()
