"""The directory log at the server: appended by rule, proved to whoever asks, pushed to every device."""

from __future__ import annotations

import base64
import json
import ssl

import httpx
import pytest
from websockets.asyncio.client import connect

from protocol.crypto import merkle
from protocol.crypto.signature import Signed, SignedType
from protocol.directory.log import LogHead
from protocol.release import PROTOCOL_VERSION
from server_stub.audit import trail
from server_stub.database.database import Database
from server_stub.directory.log_store import DirectoryLog
from server_stub.directory.trust import ServerTrust
from tests.support.small_city import Device, SmallCity, append, b64


def code_of(reply: httpx.Response) -> str:
    assert 400 <= reply.status_code < 500, reply.text
    return str(reply.json()["code"])


def head_of(client: httpx.Client, first: int = 0) -> tuple[LogHead, list[bytes]]:
    reply = client.get("/directory/head", params={"first": first}).json()
    signed = Signed.parse(base64.b64decode(reply["head"]), SignedType.LOG_HEAD)
    return LogHead.parse(signed.value()), [base64.b64decode(item) for item in reply["consistency"]]


def leaves_of(client: httpx.Client) -> list[bytes]:
    return [base64.b64decode(leaf) for leaf in client.get("/directory/entries").json()["leaves"]]


def test_the_head_covers_the_leaves_and_continues_every_former_one(city: SmallCity) -> None:
    _clerk, client = city.enrolled(city.clerk)
    before, _ = head_of(client)
    city.enrolled(city.leader)
    after, proof = head_of(client, before.size)
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves_of(client)]
    assert (after.size, merkle.root(hashes)) == (len(hashes), after.root)
    merkle.verify_consistency(before.size, after.size, proof, before.root, after.root)
    path = client.get("/directory/proof", params={"index": 1, "size": after.size}).json()["path"]
    merkle.verify_inclusion(hashes[1], 1, after.size, [base64.b64decode(p) for p in path], after.root)


def test_the_same_leaf_again_is_the_same_act(city: SmallCity) -> None:
    device = city.ca.device(city.clerk)
    with city.server.device(device) as client:
        leaf = device.bundle()
        first, again = append(client, leaf), append(client, leaf)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json()["index"] == again.json()["index"]
        assert head_of(client)[0].size == 2


def test_a_refused_leaf_changes_nothing_but_leaves_an_audit_row(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    before, _ = head_of(client)
    leaf, wraps = device.generation(city.bureau, 2, b"\0" * 32, {device.id: device.xwing}, 1)
    assert code_of(append(client, leaf, wraps)) == "keys.generation_conflict"
    assert head_of(client)[0].size == before.size
    rows = client_rows(city)
    assert (rows[-1].actor, rows[-1].result) == (device.id, "keys.generation_conflict")


def client_rows(city: SmallCity) -> list[trail.Row]:
    database = Database(city.server.config)
    try:
        assert database.read_now(trail.first_broken) is None
        return database.read_now(lambda connection: list(trail.rows(connection)))
    finally:
        database.close()


def test_only_the_ca_speaks_for_the_organisation(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    leaf, _organisation = city.ca.snapshot()
    assert code_of(append(client, leaf)) == "directory.not_authorised"


def test_nobody_appends_what_another_device_signed(city: SmallCity) -> None:
    _clerk, client = city.enrolled(city.clerk)
    other = city.ca.device(city.leader)
    assert code_of(append(client, other.bundle())) == "directory.not_authorised"


def make_generation(city: SmallCity, device: Device, client: httpx.Client) -> httpx.Response:
    leaf, wraps = device.generation(city.bureau, 1, None, {device.id: device.xwing}, 1)
    return append(client, leaf, wraps)


def test_wraps_reach_their_recipient_and_nobody_else(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    _other, other_client = city.enrolled(city.second_clerk)
    assert make_generation(city, device, client).status_code == 200
    mine = client.get("/directory/wraps", params={"principal": city.bureau}).json()["wraps"]
    theirs = other_client.get("/directory/wraps", params={"principal": city.bureau}).json()["wraps"]
    assert (len(mine), theirs) == (1, [])


def test_a_second_first_generation_is_a_conflict(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    other, other_client = city.enrolled(city.second_clerk)
    assert make_generation(city, device, client).status_code == 200
    assert code_of(make_generation(city, other, other_client)) == "keys.generation_conflict"


@pytest.mark.parametrize("break_it", ["drop", "swap", "extra"])
def test_the_wraps_are_exactly_those_signed(city: SmallCity, break_it: str) -> None:
    device, client = city.enrolled(city.clerk)
    leaf, wraps = device.generation(city.bureau, 1, None, {device.id: device.xwing}, 1)
    _leaf, others = device.generation(city.bureau, 1, None, {device.id: device.xwing}, 1)
    sent = {"drop": [], "swap": others, "extra": [*wraps, *others]}[break_it]
    assert code_of(append(client, leaf, sent)) == "keys.wrap_unsigned"


def test_someone_who_is_no_member_makes_no_key(city: SmallCity) -> None:
    device, client = city.enrolled(city.leader)
    assert code_of(make_generation(city, device, client)) == "keys.not_a_member"


async def test_news_are_pushed_in_order_without_a_gap(city: SmallCity) -> None:
    _clerk, client = city.enrolled(city.clerk)
    context: ssl.SSLContext = city.server.context
    headers = {"Authorization": client.headers["Authorization"], "Jinshu-Protocol": str(PROTOCOL_VERSION)}
    before = client.get("/events").json()["latest"]
    url = city.server.url.replace("https", "wss") + "/stream"
    # Not with a client of threads: two of them in one TLS connection of Python 3.11 lose what they send.
    async with connect(
        url,
        ssl=context,
        additional_headers=headers,
        compression=None,
        proxy=None,
        open_timeout=None,
        ping_interval=None,
    ) as socket:
        # What was appended between connecting and the loop's first look is pushed as well: start from a fetch.
        city.enrolled(city.leader)
        city.enrolled(city.second_clerk)
        pushed = [json.loads(await socket.recv()) for _ in range(2)]
    numbers = [event["n"] for event in pushed]
    assert numbers == [before + 1, before + 2]
    assert [event["body"]["size"] for event in pushed] == sorted(event["body"]["size"] for event in pushed)
    fetched = client.get("/events", params={"after": before}).json()["events"]
    assert fetched == pushed


def test_an_acknowledgement_of_what_was_never_sent_is_refused(city: SmallCity) -> None:
    _clerk, client = city.enrolled(city.clerk)
    latest = client.get("/events").json()["latest"]
    assert client.post("/events/ack", json={"n": latest}).status_code == 200
    assert code_of(client.post("/events/ack", json={"n": latest + 1})) == "wire.malformed"
    assert code_of(client.get("/events", params={"after": latest + 5})) == "sync.resync"


def test_a_restarted_server_has_the_same_log(city: SmallCity) -> None:
    device, client = city.enrolled(city.clerk)
    make_generation(city, device, client)
    before, _ = head_of(client)
    leaves = leaves_of(client)
    database = Database(city.server.config)
    log = DirectoryLog(ServerTrust.load(city.server.config.tls), city.clock)
    database.read_now(log.load)
    database.close()
    assert (log.size, log.head.value()["root"]) == (before.size, before.root)
    assert log.state.generation(city.bureau) is not None
    assert len(leaves) == log.size
    assert b64(log.head.to_bytes()) == client.get("/directory/head").json()["head"]
