"""A bureau of the small city with real clients, stepped by the test until it lets them run by themselves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from client.core.client import CoreClient
from client.core.events import LinkState
from protocol.crypto.envelope import WrapRecord
from tests.security.world import World
from tests.support.real_clients import PASSPHRASE


class Bureau(World):
    """The small city's bureau. A client does what the log asks of it when it is stepped; once online, by itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.codes: dict[CoreClient, str] = {}

    async def at_work(self, person: str) -> CoreClient:
        """A client of the honest server, whose person has a recovery code."""
        client = await self.real.enrolled(person)
        self.codes[client] = client.login.recovery_code()
        await client.login.protect(PASSPHRASE)
        await self.in_step(client)
        return client

    async def online(self, *clients: CoreClient) -> None:
        """From now on the server pushes to them, and they run by themselves."""
        for client in clients:
            await client.start()
            await self.real.until(client, lambda one=client: one.link.state is LinkState.ONLINE)  # type: ignore[misc]

    async def sole_clerk(self) -> CoreClient:
        """The first clerk, whose client has made the keys of himself, his post and his body."""
        clerk = await self.at_work(self.city.clerk)
        assert holds(clerk, *self.clerks_keys)
        return clerk

    @property
    def clerks_keys(self) -> tuple[str, ...]:
        return self.city.clerk, self.city.clerk_post, self.city.bureau

    @property
    def shared(self) -> tuple[str, ...]:
        return self.city.clerk_post, self.city.bureau

    async def in_step(self, *clients: CoreClient) -> None:
        """Each sees the whole log and does what it asks of him, one after the other, until nobody adds to it."""
        size = -1
        while size != (size := self.log_size()):
            for client in clients:
                await client.directory.catch_up()
                await client.principals.maintain()

    def log_size(self) -> int:
        return int(self.city.operator.get("/directory/entries?after=0&limit=1").json()["size"])

    async def consented(self, first: CoreClient) -> CoreClient:
        """A further device of the clerk that his first one said yes to."""
        second = await self.at_work(self.city.clerk)
        await self.in_step(first)
        [waiting] = [member for member in await first.principals.unconfirmed_members() if member.mine]
        await first.principals.confirm_member(waiting)
        await self.in_step(second, first)
        assert holds(second, *self.clerks_keys)
        return second

    async def both_clerks(self) -> tuple[CoreClient, CoreClient]:
        """Two clerks of one post, the second confirmed by the first."""
        first, second = await self.sole_clerk(), await self.at_work(self.city.second_clerk)
        await self.in_step(first)
        for member in await first.principals.unconfirmed_members():
            await first.principals.confirm_member(member)
        await self.in_step(second, first)
        assert holds(second, *self.shared)
        return first, second

    def all_wraps(self) -> list[WrapRecord]:
        """Every seed wrap there is, out of the server's own database: a thief of keys may have the server's help."""
        with closing(sqlite3.connect(self.folder / "server" / "server.db")) as database:
            rows = database.execute("SELECT record FROM seed_wraps").fetchall()
        return [WrapRecord.parse(row[0]) for row in rows]


def holds(client: CoreClient, *principals: str) -> bool:
    """Whether the log says that this device opened the newest generation of each."""
    newest = [client.directory.state.generation(principal) for principal in principals]
    return all(one is not None and client.me.device in one.confirmed for one in newest)


def number(client: CoreClient, principal: str) -> int:
    generation = client.directory.state.generation(principal)
    return 0 if generation is None else generation.number
