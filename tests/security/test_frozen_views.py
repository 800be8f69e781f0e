"""A newcomer who is shown a log of long ago (C45): he would begin by believing whoever has been shut out since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from protocol.errors import ErrorCode, JinshuError
from tests.security.world import World
from tests.support.small_city import HOUR_MS


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path / "world")
    yield made
    await made.close()
    made.join()


async def test_a_newcomer_who_is_shown_an_old_log_does_not_enter_it(world: World) -> None:
    """The server takes the device in, as an accomplice would; the device does not come."""
    city = world.city
    city.ca.switch_on(grace_days=30)
    city.ca.life_ms = -60 * 24 * HOUR_MS
    city.publish()
    face = world.face()
    client, code = await world.real.asked(face.port)
    world.real.desk.approve(code, city.clerk)
    log = face.fork()
    before = len(log.leaves)
    with pytest.raises(JinshuError) as caught:
        await client.login.wait()
    assert caught.value.code is ErrorCode.DIRECTORY_STOPPED
    assert len(log.leaves) == before
