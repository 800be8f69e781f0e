"""Blobs against the real server (C17): they go on where they were cut, and only what has the right hash is kept."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from protocol.release import PROTOCOL_VERSION
from protocol.wire.blobs import MAX_BLOB
from server_stub.audit import trail
from server_stub.blobs.store import ABANDONED_MS, BlobStore
from server_stub.database.database import Database, DurablePoints
from tests.support.small_city import START_MS, SmallCity
from tests.support.waiting import until_seen

MIB = 1 << 20


@pytest.fixture
def device(city: SmallCity) -> httpx.Client:
    return city.enrolled(city.clerk)[1]


def made(size: int, seed: int = 1) -> tuple[str, bytes]:
    data = random.Random(seed).randbytes(size)
    return hashlib.sha256(data).hexdigest(), data


def start(client: httpx.Client, blob: str, size: int) -> httpx.Response:
    return client.post("/blobs", json={"id": blob, "size": size})


def add(client: httpx.Client, blob: str, offset: int, data: bytes | Iterator[bytes]) -> httpx.Response:
    return client.patch(f"/blobs/{blob}", params={"offset": offset}, content=data)


def refusal(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


def put(client: httpx.Client, size: int = 1000, seed: int = 1) -> tuple[str, bytes]:
    blob, data = made(size, seed)
    assert start(client, blob, size).json() == {"offset": 0}
    assert add(client, blob, 0, data).json() == {"offset": size}
    return blob, data


def audited(city: SmallCity) -> list[tuple[str, str]]:
    database = Database(city.server.config)
    try:
        rows = database.read_now(lambda connection: list(trail.rows(connection)))
    finally:
        database.close()
    return [(row.result, row.reference) for row in rows if row.action == "blob"]


def test_pieces_become_a_blob_that_every_device_may_fetch(city: SmallCity, device: httpx.Client) -> None:
    blob, data = made(3 * MIB + 17)
    assert start(device, blob, len(data)).json() == {"offset": 0}
    assert add(device, blob, 0, data[:MIB]).json() == {"offset": MIB}
    assert start(device, blob, len(data)).json() == {"offset": MIB}
    assert refusal(device.get(f"/blobs/{blob}")) == (404, "blobs.unknown")
    assert add(device, blob, MIB, data[MIB:]).json() == {"offset": len(data)}
    assert start(device, blob, len(data)).json() == {"offset": len(data)}
    _other, neighbour = city.enrolled(city.leader)
    reply = neighbour.get(f"/blobs/{blob}")
    assert (reply.status_code, reply.content) == (200, data)
    assert sorted(path.name for path in city.server.config.blobs.iterdir()) == [blob]


def test_a_completed_upload_is_audited_once(city: SmallCity, device: httpx.Client) -> None:
    blob, data = put(device)
    start(device, blob, len(data))
    assert audited(city) == [("ok", blob)]


def test_an_upload_cut_off_in_a_request_goes_on_from_what_came(city: SmallCity, device: httpx.Client) -> None:
    blob, data = made(5 * MIB)
    start(device, blob, len(data))

    part = city.server.config.blobs / f"{blob}.part"

    def torn() -> Iterator[bytes]:
        yield data[: 2 * MIB + 5]
        until_seen(lambda: part.stat().st_size >= MIB)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        add(device, blob, 0, torn())
    again = httpx.Response(409)
    while again.status_code == 409:
        # The end of the torn request may still be on its way to the disk: then the offset moves once more.
        reached = start(device, blob, len(data)).json()["offset"]
        assert MIB <= reached <= 2 * MIB + 5
        again = add(device, blob, reached, data[reached:])
    assert again.json() == {"offset": len(data)}
    assert device.get(f"/blobs/{blob}").content == data


def test_an_upload_that_hangs_stands_in_nobodys_way(city: SmallCity, device: httpx.Client) -> None:
    blob, data = made(4000)
    start(device, blob, len(data))
    token = device.headers["authorization"]
    with (
        socket.create_connection(("127.0.0.1", city.server.port)) as raw,
        city.server.context.wrap_socket(raw, server_hostname="127.0.0.1") as hanging,
    ):
        head = f"PATCH /v1/blobs/{blob}?offset=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4000\r\n"
        hanging.sendall(
            f"{head}Authorization: {token}\r\nJinshu-Protocol: {PROTOCOL_VERSION}\r\n\r\n".encode()
            + data[:100]
        )
        assert start(device, blob, len(data)).json()["offset"] in (0, 100)
        assert add(device, blob, 0, data).json() == {"offset": 4000}
    assert device.get(f"/blobs/{blob}").content == data


@pytest.mark.parametrize("offset", [0, 99, 101, 4000, 1 << 61])
def test_a_wrong_offset_is_told_the_right_one(device: httpx.Client, offset: int) -> None:
    blob, data = made(4000)
    start(device, blob, len(data))
    add(device, blob, 0, data[:100])
    reply = add(device, blob, offset, data[100:])
    assert refusal(reply) == (409, "blobs.offset")
    assert reply.json()["params"] == {"offset": 100, "size": 4000}
    assert add(device, blob, 100, data[100:]).json() == {"offset": 4000}
    done = add(device, blob, 0, data)
    assert (refusal(done), done.json()["params"]["offset"]) == ((409, "blobs.offset"), 4000)


def test_bytes_of_another_hash_are_thrown_away(city: SmallCity, device: httpx.Client) -> None:
    blob, data = made(4000)
    start(device, blob, len(data))
    assert refusal(add(device, blob, 0, data[:-1] + b"\x00")) == (400, "blobs.hash_mismatch")
    assert list(city.server.config.blobs.iterdir()) == []
    assert refusal(add(device, blob, 0, data)) == (404, "blobs.unknown")
    assert audited(city) == [("blobs.hash_mismatch", blob)]
    put(device, 4000)
    assert device.get(f"/blobs/{blob}").content == data


def test_another_size_for_the_same_id_is_refused(device: httpx.Client) -> None:
    blob, data = made(4000)
    start(device, blob, 4000)
    assert refusal(start(device, blob, 3999)) == (409, "blobs.offset")
    add(device, blob, 0, data)
    assert refusal(start(device, blob, 4001)) == (409, "blobs.offset")


def test_too_much_is_refused_whole_or_in_part(city: SmallCity, device: httpx.Client) -> None:
    blob, data = made(100)
    assert refusal(start(device, blob, MAX_BLOB + 1)) == (413, "blobs.too_large")
    assert list(city.server.config.blobs.iterdir()) == []
    assert start(device, blob, 100).status_code == 200
    assert refusal(add(device, blob, 0, data + b"x")) == (413, "blobs.too_large")
    big, _ = made(200)
    start(device, big, 64 * MIB)
    assert refusal(add(device, big, 0, bytes(8 * MIB + 1))) == (413, "wire.too_large")
    chunked = add(device, big, 0, (bytes(MIB) for _ in range(9)))
    assert refusal(chunked) == (413, "wire.too_large")
    assert add(device, blob, 0, data).json() == {"offset": 100}


def test_ranges_begin_anywhere_up_to_the_end(device: httpx.Client) -> None:
    blob, data = put(device, 3 * MIB)
    for first in (0, 1, MIB, 3 * MIB - 1):
        reply = device.get(f"/blobs/{blob}", headers={"range": f"bytes={first}-"})
        assert (reply.status_code, reply.content) == (206, data[first:])
        assert reply.headers["content-range"] == f"bytes {first}-{3 * MIB - 1}/{3 * MIB}"
    end = device.get(f"/blobs/{blob}", headers={"range": f"bytes={3 * MIB}-"})
    assert (end.status_code, end.content) == (206, b"")
    beyond = device.get(f"/blobs/{blob}", headers={"range": f"bytes={3 * MIB + 1}-"})
    assert refusal(beyond) == (416, "blobs.offset")
    for odd in ("bytes=-5", "bytes=0-5", "bytes=0-,5-", "lines=1-", "bytes=x-", "bytes=" + "9" * 40 + "-"):
        reply = device.get(f"/blobs/{blob}", headers={"range": odd})
        assert refusal(reply) == (400, "wire.malformed")


@pytest.mark.parametrize(
    "odd",
    ["x", "A" * 64, "0" * 63, "0" * 65, "../server.db", "..%2fserver.db", "%2e%2e", "..%5cserver.db", "0" * 64 + "%0a",
     "０" * 64, "0" * 64 + ".part", "%00" * 64],
)  # fmt: skip
def test_ids_name_nothing_but_blobs(city: SmallCity, device: httpx.Client, odd: str) -> None:
    (city.server.config.blobs / ("0" * 64 + ".part")).write_bytes(b"not whole")
    for reply in (device.get(f"/blobs/{odd}"), add(device, odd, 0, b"x")):
        assert reply.status_code == 404, reply.text
        assert reply.json()["code"] in ("blobs.unknown", "request.not_found")
    assert refusal(device.post("/blobs", json={"id": odd, "size": 5})) == (400, "wire.malformed")


def test_garbage_in_numbers_is_refused(device: httpx.Client) -> None:
    blob, _ = made(10)
    for size in (-1, 1 << 63, "10", 1.5, None, True):
        assert refusal(device.post("/blobs", json={"id": blob, "size": size})) == (400, "wire.malformed")
    start(device, blob, 10)
    for offset in ("-1", "x", "", "1e3", "9" * 30):
        reply = device.patch(f"/blobs/{blob}", params={"offset": offset}, content=b"x")
        assert refusal(reply) == (400, "wire.malformed")
    assert refusal(device.patch(f"/blobs/{blob}", content=b"x")) == (400, "wire.malformed")


def test_only_devices_come_in(city: SmallCity, device: httpx.Client) -> None:
    blob, data = put(device)
    for stranger in (city.server.client(), city.server.client("nonsense"), city.operator):
        for reply in (
            stranger.get(f"/blobs/{blob}"),
            start(stranger, blob, len(data)),
            add(stranger, blob, 0, data),
        ):
            assert reply.status_code == 401, reply.text


def test_two_devices_with_one_file_make_one_blob(city: SmallCity, device: httpx.Client) -> None:
    blob, data = made(6 * MIB)
    _second, other = city.enrolled(city.second_clerk)
    replies: list[httpx.Response] = []

    def send(client: httpx.Client) -> None:
        while (offset := start(client, blob, len(data)).json()["offset"]) < len(data):
            replies.append(add(client, blob, offset, data[offset : offset + MIB + 7]))

    senders = [threading.Thread(target=send, args=(client,)) for client in (device, other)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert {reply.status_code for reply in replies} <= {200, 409}
    assert device.get(f"/blobs/{blob}").content == data
    assert audited(city) == [("ok", blob)]


def test_a_blob_whose_power_failed_before_its_name_is_completed_when_asked_again(tmp_path: Path) -> None:
    class Cut(DurablePoints):
        armed = True

        def before_rename(self, name: str) -> None:
            if self.armed:
                raise OSError("the power is gone")

    points = Cut()
    store = BlobStore(tmp_path, points)
    blob, data = made(1000)
    store.begin(blob, 1000)
    with pytest.raises(OSError, match="power"):
        store.append(blob, 0, data)
    points.armed = False
    assert BlobStore(tmp_path, points).begin(blob, 1000) == (1000, True)
    assert (tmp_path / blob).read_bytes() == data


def test_parts_nobody_went_on_with_are_removed_after_a_week(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    whole, data = made(10, 1)
    store.begin(whole, 10)
    store.append(whole, 0, data)
    old, new = made(10, 2)[0], made(10, 3)[0]
    for blob, at in ((old, START_MS - ABANDONED_MS - 1000), (new, START_MS - ABANDONED_MS + 1000)):
        store.begin(blob, 10)
        for path in tmp_path.glob(f"{blob}.*"):
            os.utime(path, (at / 1000, at / 1000))
    os.utime(tmp_path / whole, (0, 0))
    (tmp_path / "README.part").write_text("not ours")
    assert store.prune(START_MS) == 1
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {whole, f"{new}.part", f"{new}.size", "README.part"}
