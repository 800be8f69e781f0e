"""A client that has opened its profile and read its documents, in a process of its own, so that its memory can be searched."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from client.cases import entry_store
from client.core.client import CoreClient
from client.documents.files import attachments_in
from client.documents.paper import CASES
from tests.integration.documents.desks import CHEAP, PASSPHRASE


async def read(profile: Path) -> object:
    """Unlock, open every case with its files, and hold on to all of it."""
    core = CoreClient.open(profile, cost=CHEAP)
    await core.login.unlock(PASSPHRASE)
    held: list[object] = [core]
    for case in await core.store.read(entry_store.cases):
        state = core.directory.state
        book = await core.store.read(lambda c, case=case, state=state: CASES.shown(c, case, state))  # type: ignore[misc]
        held.append(book)
        for kept in book.kept.values():
            for ref in attachments_in(kept.fields or {}):
                held.append(await core.blobs.open_bytes(ref.blob, ref.key, size=ref.size))
    return held


async def main() -> None:
    held = await read(Path(sys.argv[1]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    del held


if __name__ == "__main__":
    asyncio.run(main())
