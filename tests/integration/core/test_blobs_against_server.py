"""Files of a real client through a real server to another one, over connections that are cut in between (C17)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from client.core.client import CoreClient
from client.core.events import Event, TransferProgressed
from client.core.sync.blob_files import StoredBlob
from protocol.errors import ErrorCode, JinshuError
from tests.support.real_clients import RealClients
from tests.support.small_city import SmallCity

MIB = 1 << 20
PLAIN = random.Random(17).randbytes(11 * MIB + 321)


class Relay:
    """Passes TLS on untouched, and hangs up once so many bytes went one way."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.up_left: int | None = None
        self.down_left: int | None = None

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, far_writer, up=True))
                group.create_task(self._pass(far_reader, writer, up=False))
        except* ConnectionError:
            pass
        finally:
            for one in (writer, far_writer):
                one.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        while data := await reader.read(1 << 16):
            left = self.up_left if up else self.down_left
            if left is not None:
                left -= len(data)
                if left < 0:
                    self.up_left = self.down_left = None
                    raise ConnectionResetError
                self.up_left, self.down_left = (left, self.down_left) if up else (self.up_left, left)
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def stop(self) -> None:
        self._server.close()


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
async def relay(city: SmallCity) -> AsyncIterator[Relay]:
    made = Relay(city.server.port)
    yield made
    await made.stop()


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
    await client.blobs.open_to(stored.id, stored.key, target, sha256=stored.sha256)
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
    assert await reader.blobs.open_bytes(first.id, first.key) == b"one"
    with pytest.raises(JinshuError) as caught:
        await reader.blobs.open_bytes(first.id, second.key)
    assert caught.value.code is ErrorCode.BLOBS_DAMAGED


async def test_an_upload_goes_on_where_the_connection_was_cut(
    clients: RealClients, city: SmallCity, relay: Relay, tmp_path: Path
) -> None:
    sender = await clients.enrolled(city.clerk, await relay.start())
    reader = await clients.enrolled(city.leader)
    stored = await encrypted(sender, tmp_path)
    relay.up_left = 6 * MIB
    with pytest.raises(JinshuError) as caught:
        await sender.blobs.upload(stored.id)
    assert caught.value.code is ErrorCode.NETWORK_UNREACHABLE
    seen = progress(sender)
    await finish(sender.blobs.upload, stored.id)
    # The first piece had been acknowledged: it is never sent again.
    assert min(seen) >= 4 * MIB
    assert await opened(reader, stored, tmp_path) == PLAIN


async def test_a_download_goes_on_where_the_connection_was_cut(
    clients: RealClients, city: SmallCity, relay: Relay, tmp_path: Path
) -> None:
    sender = await clients.enrolled(city.clerk)
    reader = await clients.enrolled(city.leader, await relay.start())
    stored = await encrypted(sender, tmp_path)
    await sender.blobs.upload(stored.id)
    relay.down_left = 6 * MIB
    seen = progress(reader)
    assert await opened(reader, stored, tmp_path) == PLAIN
    assert relay.down_left is None
    # What had come was not fetched again: the length here never fell.
    assert seen == sorted(seen)


async def test_a_cancelled_upload_and_a_cancelled_download_go_on_later(
    clients: RealClients, city: SmallCity, tmp_path: Path
) -> None:
    sender, reader = await clients.enrolled(city.clerk), await clients.enrolled(city.leader)
    stored = await encrypted(sender, tmp_path)
    for client, move in ((sender, sender.blobs.upload), (reader, reader.blobs.fetch)):
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
    assert await reader.blobs.open_bytes(stored.id, stored.key) == b"whole"
