"""Files become blobs and come back, over cut connections too; a byte that differs is never shown."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from client.core.bus import EventBus
from client.core.events import Event, TransferProgressed
from client.core.store.store import Store
from client.core.sync.blob_files import BlobFiles
from client.core.sync.blobs import Blobs
from protocol.crypto.files import CHUNK, BlobEncryptor, ciphertext_size
from protocol.crypto.keys import SecretKey
from protocol.crypto.padding import padded_size
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.blobs import MAX_FILE


class Server:
    """Keeps blobs in memory; `cut_after` ends a connection after that many bytes, once each."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytearray] = {}
        self.cut_after: list[int] = []
        self.read_from: list[int] = []
        self.on_piece: Callable[[], None] = lambda: None  # called before a piece is taken or given

    async def begin_blob(self, blob: str, size: int) -> int:
        return len(self.blobs.setdefault(blob, bytearray()))

    async def append_blob(self, blob: str, offset: int, data: bytes) -> int:
        self.on_piece()
        if self.cut_after:
            self.blobs[blob] += data[: self.cut_after.pop()]
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        assert offset == len(self.blobs[blob])
        self.blobs[blob] += data
        return len(self.blobs[blob])

    @asynccontextmanager
    async def read_blob(self, blob: str, offset: int) -> AsyncIterator[AsyncIterator[bytes]]:
        self.read_from.append(offset)
        yield self._pieces(blob, offset)

    async def _pieces(self, blob: str, offset: int) -> AsyncIterator[bytes]:
        limit = self.cut_after.pop() if self.cut_after else None
        data = bytes(self.blobs[blob][offset:])
        if limit is not None:
            yield data[:limit]
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        for start in range(0, len(data), CHUNK):
            self.on_piece()
            yield data[start : start + CHUNK]


class Desk:
    """One device's blobs."""

    def __init__(self, folder: Path, server: Server, *, pads: bool = False) -> None:
        folder.mkdir()
        (folder / "blobs").mkdir()
        self.folder = folder
        self.store = Store(folder / "store.db")
        self.store.create(bytes(32))
        self.events: list[Event] = []
        bus = EventBus()
        bus.subscribe(self.events.append)
        self.pads = pads
        files = BlobFiles(folder / "blobs", os.urandom)
        self.blobs = Blobs(self.store, files, server, bus, lambda: self.pads)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def desks(tmp_path: Path, server: Server) -> Iterator[tuple[Desk, Desk]]:
    pair = Desk(tmp_path / "a", server), Desk(tmp_path / "b", server)
    yield pair
    for desk in pair:
        desk.store.close()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])
async def test_a_file_arrives_as_it_was(desks: tuple[Desk, Desk], tmp_path: Path, size: int) -> None:
    ours, theirs = desks
    data = os.urandom(size)
    (tmp_path / "in").write_bytes(data)
    stored = await ours.blobs.encrypt_file(tmp_path / "in")
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(data).digest())
    await ours.blobs.upload(stored.id)
    await theirs.blobs.open_to(
        stored.id, stored.key, tmp_path / "out", size=stored.size, sha256=stored.sha256
    )
    assert (tmp_path / "out").read_bytes() == data
    assert ours.events[-1] == TransferProgressed(stored.id, stored.stored_size, stored.stored_size)


async def test_a_cut_upload_goes_on_where_it_ended(desks: tuple[Desk, Desk], server: Server) -> None:
    ours, theirs = desks
    stored = await ours.blobs.encrypt_bytes(b"x" * 5000)
    server.cut_after = [1234]
    with pytest.raises(JinshuError):
        await ours.blobs.upload(stored.id)
    await ours.blobs.upload(stored.id)
    assert len(server.blobs[stored.id]) == stored.stored_size
    assert await theirs.blobs.open_bytes(stored.id, stored.key, size=stored.size) == b"x" * 5000


async def test_a_cut_download_goes_on_where_it_ended(desks: tuple[Desk, Desk], server: Server) -> None:
    ours, theirs = desks
    stored = await ours.blobs.encrypt_bytes(b"y" * 5000)
    await ours.blobs.upload(stored.id)
    server.cut_after = [100, 1000]
    assert await theirs.blobs.open_bytes(stored.id, stored.key, size=stored.size) == b"y" * 5000
    assert server.read_from == [0, 1000, 1100]


async def test_other_bytes_than_the_id_says_are_thrown_away(desks: tuple[Desk, Desk], server: Server) -> None:
    ours, theirs = desks
    stored = await ours.blobs.encrypt_bytes(b"z" * 5000)
    await ours.blobs.upload(stored.id)
    server.blobs[stored.id][2000] ^= 1
    with pytest.raises(JinshuError) as caught:
        await theirs.blobs.fetch(stored.id, stored.stored_size)
    assert caught.value.code is ErrorCode.BLOBS_HASH_MISMATCH
    assert list((theirs.folder / "blobs").iterdir()) == []


async def test_a_file_damaged_on_this_disk_is_not_shown(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    ours, _ = desks
    stored = await ours.blobs.encrypt_bytes(b"z" * 5000)
    path = ours.folder / "blobs" / stored.id
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    with pytest.raises(JinshuError) as caught:
        await ours.blobs.open_to(stored.id, stored.key, tmp_path / "out", size=stored.size)
    assert caught.value.code is ErrorCode.BLOBS_DAMAGED
    assert not (tmp_path / "out").exists()


async def test_nothing_but_ciphertext_lies_in_the_profile(desks: tuple[Desk, Desk]) -> None:
    ours, _ = desks
    stored = await ours.blobs.encrypt_bytes("附件里的话".encode() * 100)
    for path in ours.folder.rglob("*"):
        if path.is_file():
            assert "附件里的话".encode() not in path.read_bytes()
            assert stored.key not in path.read_bytes()


async def test_an_unknown_blob_is_not_uploaded(desks: tuple[Desk, Desk]) -> None:
    with pytest.raises(JinshuError) as caught:
        await desks[0].blobs.upload("0" * 64)
    assert caught.value.code is ErrorCode.BLOBS_UNKNOWN


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "0" * 63])
def test_an_id_can_name_no_other_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(JinshuError):
        BlobFiles(tmp_path, os.urandom).path(name)


async def test_a_removed_blob_leaves_nothing(desks: tuple[Desk, Desk]) -> None:
    ours, _ = desks
    stored = await ours.blobs.encrypt_bytes(b"x")
    await ours.blobs.remove(stored.id)
    assert list((ours.folder / "blobs").iterdir()) == []
    assert not await ours.blobs.here(stored.id)


async def test_a_transfer_can_be_cancelled_and_goes_on_later_from_there(
    desks: tuple[Desk, Desk], server: Server, tmp_path: Path
) -> None:
    ours, theirs = desks
    data = os.urandom(9 * CHUNK)
    stored = await ours.blobs.encrypt_bytes(data)
    server.on_piece = lambda: ours.blobs.cancel(stored.id)
    with pytest.raises(JinshuError) as caught:
        await ours.blobs.upload(stored.id)
    assert caught.value.code is ErrorCode.BLOBS_CANCELLED
    assert 0 < len(server.blobs[stored.id]) < stored.stored_size
    server.on_piece = lambda: None
    await ours.blobs.upload(stored.id)
    server.on_piece = lambda: theirs.blobs.cancel(stored.id)
    target = tmp_path / "out"
    with pytest.raises(JinshuError) as caught:
        await theirs.blobs.open_to(stored.id, stored.key, target, sha256=stored.sha256, size=len(data))
    assert caught.value.code is ErrorCode.BLOBS_CANCELLED
    assert not target.exists()
    server.on_piece = lambda: None
    await theirs.blobs.open_to(stored.id, stored.key, target, sha256=stored.sha256, size=len(data))
    assert target.read_bytes() == data
    # Progress is told with the whole size, and to the end.
    assert theirs.events[-1] == TransferProgressed(stored.id, stored.stored_size, stored.stored_size)


async def test_no_more_is_taken_than_a_file_has(desks: tuple[Desk, Desk], server: Server) -> None:
    ours, theirs = desks
    stored = await ours.blobs.encrypt_bytes(b"z" * 5000)
    await ours.blobs.upload(stored.id)
    server.blobs[stored.id] += bytes(100)
    with pytest.raises(JinshuError) as caught:
        await theirs.blobs.fetch(stored.id, stored.stored_size)
    assert caught.value.code is ErrorCode.BLOBS_TOO_LARGE
    del server.blobs[stored.id][-100:]
    assert await theirs.blobs.open_bytes(stored.id, stored.key, size=stored.size) == b"z" * 5000


async def test_saving_a_file_overwrites_no_other(desks: tuple[Desk, Desk], tmp_path: Path) -> None:
    """Not even one that is called as what is on its way would be."""
    ours, _ = desks
    stored = await ours.blobs.encrypt_bytes(b"mine")
    folder = tmp_path / "saved"
    folder.mkdir()
    others = [folder / "report.pdf.new", folder / ".jinshu-1.new"]
    for other in others:
        other.write_bytes(b"theirs")
    await ours.blobs.open_to(stored.id, stored.key, folder / "report.pdf", size=stored.size)
    with pytest.raises(JinshuError):
        await ours.blobs.open_to(
            stored.id, stored.key, folder / "other.pdf", size=stored.size, sha256=bytes(32)
        )
    assert [other.read_bytes() for other in others] == [b"theirs", b"theirs"]
    assert (folder / "report.pdf").read_bytes() == b"mine"
    assert len(list(folder.iterdir())) == 3


async def test_cancelling_what_does_not_move_changes_nothing(desks: tuple[Desk, Desk]) -> None:
    ours, theirs = desks
    stored = await ours.blobs.encrypt_bytes(b"x" * 5000)
    ours.blobs.cancel(stored.id)
    await ours.blobs.upload(stored.id)
    theirs.blobs.cancel(stored.id)
    assert await theirs.blobs.open_bytes(stored.id, stored.key, size=stored.size) == b"x" * 5000


# Padded blobs (C44)


@pytest.mark.parametrize("size", [0, 1, 511, 513, 100_001, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 5])
async def test_a_padded_file_arrives_as_it_was_and_both_forms_are_read(
    desks: tuple[Desk, Desk], server: Server, tmp_path: Path, size: int
) -> None:
    ours, theirs = desks
    data = os.urandom(size)
    (tmp_path / "in").write_bytes(data)
    for pads in (True, False):
        ours.pads = pads
        stored = await ours.blobs.encrypt_file(tmp_path / "in")
        assert (stored.size, stored.sha256) == (size, hashlib.sha256(data).digest())
        length = ciphertext_size(padded_size(size, MAX_FILE) if pads else size)
        assert stored.stored_size == length
        await ours.blobs.upload(stored.id)
        assert len(server.blobs[stored.id]) == length
        target = tmp_path / f"out {pads}"
        await theirs.blobs.open_to(stored.id, stored.key, target, size=size, sha256=stored.sha256)
        assert target.read_bytes() == data
        assert await theirs.blobs.open_bytes(stored.id, stored.key, size=size) == data
        assert theirs.events[-1] == TransferProgressed(stored.id, length, length)


class Growing:
    """A file that somebody else goes on writing."""

    def __init__(self) -> None:
        self.left = [b"x" * 700, b"y" * 300, b"z" * 2000]

    def read(self, _size: int) -> bytes:
        return self.left.pop(0)


@pytest.mark.parametrize("padded", [False, True])
def test_a_file_that_grows_while_it_is_read_ends_where_it_ended_first(tmp_path: Path, padded: bool) -> None:
    files = BlobFiles(tmp_path, os.urandom)
    stored = files.encrypt(Growing(), padded=padded)
    assert (stored.size, stored.sha256) == (700, hashlib.sha256(b"x" * 700).digest())
    assert b"".join(files.decrypt(stored.id, stored.key, stored.size)) == b"x" * 700


async def test_files_of_like_size_are_of_one_size_at_the_server(
    desks: tuple[Desk, Desk], server: Server
) -> None:
    ours, _ = desks
    ours.pads = True
    for size in (98_400, 99_000, 100_000, 100_352):
        await ours.blobs.upload((await ours.blobs.encrypt_bytes(bytes(size))).id)
    assert {len(blob) for blob in server.blobs.values()} == {ciphertext_size(100_352)}


def _sealed(server: Server, whole: bytes, *, padded: bool) -> tuple[str, bytes]:
    """A blob as somebody makes it who pads as he likes; at the server."""
    key = SecretKey.generate()
    encryptor = BlobEncryptor(key, padded=padded)
    data = encryptor.header + encryptor.chunk(whole, final=True)
    blob = hashlib.sha256(data).hexdigest()
    server.blobs[blob] = bytearray(data)
    return blob, bytes(key)


@pytest.mark.parametrize(
    ("whole", "code"),
    [
        (b"x" * 1000 + bytes(23) + b"\x01", ErrorCode.CONTENT_PADDING_WRONG),
        (b"x" * 1000 + b"\x01" + bytes(23), ErrorCode.CONTENT_PADDING_WRONG),
        (b"x" * 1000 + bytes(23), ErrorCode.CONTENT_PADDING_WRONG),
        (b"x" * 1000, ErrorCode.CONTENT_PADDING_WRONG),
        (b"x" * 500, ErrorCode.CONTENT_PADDING_WRONG),
        (b"x" * 1000 + bytes(25), ErrorCode.BLOBS_TOO_LARGE),
    ],
    ids=["at its end", "at its beginning", "too short", "none", "not even the file", "too long"],
)
async def test_a_pad_that_is_none_is_refused_and_no_file_appears(
    desks: tuple[Desk, Desk], server: Server, tmp_path: Path, whole: bytes, code: ErrorCode
) -> None:
    _, theirs = desks
    blob, key = _sealed(server, whole, padded=True)
    with pytest.raises(JinshuError) as raised:
        await theirs.blobs.open_to(blob, key, tmp_path / "out", size=1000)
    assert raised.value.code is code
    with pytest.raises(JinshuError) as raised:
        await theirs.blobs.open_bytes(blob, key, size=1000)
    assert raised.value.code is code
    assert not (tmp_path / "out").exists()


async def test_a_file_that_is_not_padded_has_no_more_than_was_signed(
    desks: tuple[Desk, Desk], server: Server, tmp_path: Path
) -> None:
    """Within what a padded one could have, so that its bytes come; they are not given out."""
    _, theirs = desks
    blob, key = _sealed(server, b"x" * 1000, padded=False)
    with pytest.raises(JinshuError) as raised:
        await theirs.blobs.open_to(blob, key, tmp_path / "out", size=990)
    assert raised.value.code is ErrorCode.BLOBS_TOO_LARGE
    assert not (tmp_path / "out").exists()


async def test_a_file_larger_than_any_is_not_asked_for(desks: tuple[Desk, Desk], server: Server) -> None:
    _, theirs = desks
    with pytest.raises(JinshuError) as raised:
        await theirs.blobs.open_bytes("a" * 64, bytes(32), size=MAX_FILE + 1)
    assert raised.value.code is ErrorCode.BLOBS_TOO_LARGE
    assert server.read_from == []
