"""A real client at the real server: what the snapshot pins, the server carries, and the client has on its disk in the end."""

from __future__ import annotations

from pathlib import Path

from client.core.connection.update_requests import UpdateRequests
from client.updates.rows import UpdateStage
from client.updates.updates import Updates
from protocol.directory.organisation import SITE_ID, UPDATE_ROOT_ID, Site, UpdateRoot
from protocol.features import UPDATES
from server_stub.updates.update_files import bring
from tests.integration.core.bureau import Bureau
from tests.support.update_office import TREE
from tests.support.update_site import UpdateSite

CONTENT = bytes(range(251)) * 20_000


async def test_a_version_comes_from_the_city_to_the_computer(tmp_path: Path) -> None:
    bureau = Bureau(tmp_path / "bureau")
    try:
        client = await bureau.at_work(bureau.city.clerk)
        updates = Updates(
            client.directory,
            UpdateRequests(client.api),
            client.settings,
            client.clock,
            client.bus,
            lambda: 0.0,
            tmp_path / "updates",
            TREE,
            frozenset,
        )
        assert (await updates.check()).stage is UpdateStage.NONE
        site = UpdateSite(tmp_path / "site", bureau.city.clock.now)
        pinned = site.found()
        bureau.city.ca.entries[SITE_ID] = Site(SITE_ID, (UPDATES.name,), 0)
        bureau.city.ca.entries[UPDATE_ROOT_ID] = UpdateRoot(UPDATE_ROOT_ID, pinned)
        bureau.city.publish()
        await client.directory.catch_up()
        site.add("0.5.0", CONTENT)
        bring(site.publish(), bureau.city.server.config.updates)
        row = await updates.check()
        assert (row.stage, row.version) == (UpdateStage.AVAILABLE, "0.5.0")
        # A client too old for a session has none, and gets its update all the same.
        client.api.drop_token(await client.api.token())
        await updates.fetch()
        assert (await updates.ready()).package.read_bytes() == CONTENT
    finally:
        await bureau.close()
        bureau.join()
