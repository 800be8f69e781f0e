"""A process that commits numbers in pairs and says each one, until it is killed."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path

from sqlalchemy import Connection

from client.core.store import settings
from client.core.store.store import Store


async def main() -> None:
    store = Store(Path(sys.argv[1]))
    store.open(bytes.fromhex(sys.argv[2]))
    for number in itertools.count(1):

        def pair(connection: Connection, value: int = number) -> None:
            settings.put(connection, "left", value)
            settings.put(connection, "right", value)

        await store.write(pair)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


asyncio.run(main())
