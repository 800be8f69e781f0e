"""Files of a real client through a real server to another one, over connections that are cut in between (C17)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from client.core.client import CoreClient
from client.core.events import Event, TransferProgressed
from client.core.sync.blob_files import StoredBlob
from protocol.errors import ErrorCode, JinshuError
from tests.support.cable import Cable
from tests.support.real_clients import RealClients
from tests.support.small_city import SmallCity

MIB = 1 << 20
PLAIN = random.Random(17).randbytes(11 * MIB + 321)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[SmallCity]:
    made = SmallCity(tmp_path)
    yield made
    made.close()


@pytest_asyncio.fixture
async def clients(city: SmallCity, tmp_path: Path) -> AsyncIterator[RealClients]:
    made = RealClients(city, tmp_path)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def cable(city: SmallCity) -> AsyncIterator[Cable]:
    made = await Cable.to(f"https://127.0.0.1:{city.server.port}")
    yield made
    await made.sever()


def progress(client: CoreClient) -> list[int]:
    """The offsets of all transfers of a client from now on."""
    seen: list[int] = []

    def note(event: Event) -> None:
        if isinstance(event, TransferProgressed):
            seen.append(event.done)

    client.bus.subscribe(note)
    return seen


async def finish(move: Callable[[str], Awaitable[None]], blob: str) -> None:
    """Go on with a transfer, as the outbox does: again when the end of the torn request reached the disk later."""
    while True:
        try:
            await move(blob)
            return
        except JinshuError as error:
            if error.code is not ErrorCode.BLOBS_OFFSET:
                raise


async def encrypted(client: CoreClient, folder: Path) -> StoredBlob:
    source = folder / "请示.pdf"
    source.write_bytes(PLAIN)
    stored = await client.blobs.encrypt_file(source)
    assert stored.sha256 == hashlib.sha256(PLAIN).digest()
    return stored


async def opened(client: CoreClient, stored: StoredBlob, folder: Path) -> bytes:
    target = folder / "fetched.pdf"
    await client.blobs.open_to(stored.id, stored.key, target, size=stored.size, sha256=stored.sha256)
    return target.read_bytes()


async def test_a_file_goes_from_one_client_to_another(
    clients: RealClients, city: SmallCity, tmp_path: Path
) -> None:
    sender, reader = await clients.enrolled(city.clerk), await clients.enrolled(city.leader)
    stored = await encrypted(sender, tmp_path)
    await sender.blobs.upload(stored.id)
    on_server = (city.server.config.blobs / stored.id).read_bytes()
    assert hashlib.sha256(on_server).hexdigest() == stored.id
    assert PLAIN[:64] not in on_server
    assert await opened(reader, stored, tmp_path) == PLAIN


async def test_one_key_opens_one_blob_only(clients: RealClients, city: SmallCity) -> None:
    sender, reader = await clients.enrolled(city.clerk), await clients.enrolled(city.leader)
    first, second = [await sender.blobs.encrypt_bytes(text) for text in (b"one", b"two")]
    for stored in (first, second):
        await sender.blobs.upload(stored.id)
    assert await reader.blobs.open_bytes(first.id, first.key, size=first.size) == b"one"
    with pytest.raises(JinshuError) as caught:
        await reader.blobs.open_bytes(first.id, second.key, size=first.size)
    assert caught.value.code is ErrorCode.BLOBS_DAMAGED


async def test_an_upload_goes_on_where_the_connection_was_cut(
    clients: RealClients, city: SmallCity, cable: Cable, tmp_path: Path
) -> None:
    sender = await clients.enrolled(city.clerk, cable.port)
    reader = await clients.enrolled(city.leader)
    stored = await encrypted(sender, tmp_path)
    cable.up_left = 6 * MIB
    with pytest.raises(JinshuError) as caught:
        await sender.blobs.upload(stored.id)
    assert caught.value.code is ErrorCode.NETWORK_UNREACHABLE
    seen = progress(sender)
    await finish(sender.blobs.upload, stored.id)
    # The first piece had been acknowledged: it is never sent again.
    assert min(seen) >= 4 * MIB
    assert await opened(reader, stored, tmp_path) == PLAIN


async def test_a_download_goes_on_where_the_connection_was_cut(
    clients: RealClients, city: SmallCity, cable: Cable, tmp_path: Path
) -> None:
    sender = await clients.enrolled(city.clerk)
    reader = await clients.enrolled(city.leader, cable.port)
    stored = await encrypted(sender, tmp_path)
    await sender.blobs.upload(stored.id)
    cable.down_left = 6 * MIB
    seen = progress(reader)
    assert await opened(reader, stored, tmp_path) == PLAIN
    assert cable.down_left is None
    # What had come was not fetched again: the length here never fell.
    assert seen == sorted(seen)


async def test_a_cancelled_upload_and_a_cancelled_download_go_on_later(
    clients: RealClients, city: SmallCity, tmp_path: Path
) -> None:
    sender, reader = await clients.enrolled(city.clerk), await clients.enrolled(city.leader)
    stored = await encrypted(sender, tmp_path)

    async def download(blob: str) -> None:
        await reader.blobs.fetch(blob, stored.stored_size)

    moves: tuple[tuple[CoreClient, Callable[[str], Coroutine[Any, Any, None]]], ...] = (
        (sender, sender.blobs.upload),
        (reader, download),
    )
    for client, move in moves:
        seen = progress(client)
        moving = asyncio.get_running_loop().create_task(move(stored.id))
        await clients.until(client, lambda seen=seen: bool(seen) and seen[-1] >= 2 * MIB)  # type: ignore[misc]
        moving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await moving
        reached = len(seen)
        await finish(move, stored.id)
        assert seen[reached] >= 2 * MIB
    assert await opened(reader, stored, tmp_path) == PLAIN


async def test_the_server_completes_a_part_that_lacks_nothing_but_its_name(
    clients: RealClients, city: SmallCity, tmp_path: Path
) -> None:
    sender, reader = await clients.enrolled(city.clerk), await clients.enrolled(city.leader)
    stored = await sender.blobs.encrypt_bytes(b"whole")
    sealed = sender.paths.blobs / stored.id
    (city.server.config.blobs / f"{stored.id}.part").write_bytes(sealed.read_bytes())
    (city.server.config.blobs / f"{stored.id}.size").write_text(str(stored.stored_size))
    await sender.blobs.upload(stored.id)
    (reader.paths.blobs / f"{stored.id}.part").write_bytes(sealed.read_bytes())
    assert await reader.blobs.open_bytes(stored.id, stored.key, size=stored.size) == b"whole"
