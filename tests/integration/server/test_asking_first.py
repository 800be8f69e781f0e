"""Who calls is asked before anything of a body is read, every route says what it takes, and nobody may make others keep too much."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from protocol.errors import ErrorCode, JinshuError
from protocol.release import PROTOCOL_VERSION
from protocol.wire.blobs import MAX_BLOB
from server_stub.audit import trail
from server_stub.auth import guard
from server_stub.auth.quotas import UNFINISHED_BYTES, Quotas
from server_stub.auth.sessions import SESSIONS_KEPT
from server_stub.blobs.store import ABANDONED_MS, BlobStore
from server_stub.blobs.unfinished import LEAST, Unfinished
from server_stub.clock import Clock, SystemClock
from server_stub.database.reading import reading
from server_stub.limits import Limiter
from server_stub.stream import MOST_SOCKETS, Bell
from tests.support.small_city import SmallCity, b64
from tests.support.speaker import speaker


def routes(city: SmallCity) -> list[tuple[str, str]]:
    """Every method and path of the application, with something harmless for its parameters."""
    found = [
        (method.upper(), re.sub(r"\{[^}]*\}", "0", path))
        for path, acts in described(city)["paths"].items()
        for method in acts
    ]
    return [*found, ("GET", "/v1/openapi.json")]


def is_open(method: str, path: str) -> bool:
    return any(method == each and pattern.fullmatch(path) for each, pattern in guard.OPEN)


def heads_only(city: SmallCity, method: str, path: str, length: int, more: str = "") -> bytes:
    """The answer to a request whose body never comes."""
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nJinshu-Protocol: {PROTOCOL_VERSION}\r\nContent-Type: application/json\r\n"
    with (
        socket.create_connection(("127.0.0.1", city.server.port)) as raw,
        city.server.context.wrap_socket(raw, server_hostname="127.0.0.1") as line,
    ):
        line.sendall(f"{head}{more}Content-Length: {length}\r\n\r\n".encode())
        answer = b""
        while not answer.endswith(b"}"):
            answer += line.recv(1 << 16)
        return answer


def test_every_route_but_the_open_ones_asks_for_a_session_before_the_body(city: SmallCity) -> None:
    found = routes(city)
    assert len(found) > 30
    closed = [each for each in found if not is_open(*each)]
    assert len(found) - len(closed) == 8, (
        "trust, health, updates, two for enrolments, two for sessions, one for witnesses"
    )
    for method, path in closed:
        answer = heads_only(city, method, path, 1000)
        assert b" 401 " in answer.partition(b"\r\n")[0], (method, path, answer)
        assert b"session.expired" in answer
    assert b"session.expired" in heads_only(city, "POST", "/v1/nothing", 1000)


def test_a_device_is_no_operator_before_the_body_either(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    token = f"Authorization: {client.headers['authorization']}\r\n"
    answer = heads_only(city, "POST", "/v1/admin/directory", 1000, token)
    assert b"session.unauthorised" in answer


@pytest.mark.parametrize(("path", "limit"), [("/v1/session", 64 << 10), ("/v1/enrolments", 64 << 10)])
def test_a_stranger_may_say_64_kib(city: SmallCity, path: str, limit: int) -> None:
    assert b"wire.too_large" in heads_only(city, "POST", path, limit + 1)
    with city.server.client() as client:
        reply = client.post(path.removeprefix("/v1"), content=b" " * limit)
        assert reply.json()["code"] == "wire.malformed"


def test_a_device_may_say_2_mib_of_json_and_few_values(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    sent = {
        b" " * (2 << 20): "wire.malformed",
        b" " * ((2 << 20) + 1): "wire.too_large",
        json.dumps({"leaf": "AAAA", **{f"k{n}": 0 for n in range(30_000)}}).encode(): "wire.too_large",
        b"[" + b"[]," * 30_000 + b"[]]": "wire.too_large",
        json.dumps({"leaf": "AAAA", "more": 1}).encode(): "wire.malformed",
    }
    for body, code in sent.items():
        reply = client.post("/directory/entries", content=body, headers={"content-type": "application/json"})
        assert reply.json()["code"] == code, body[:40]


def described(city: SmallCity) -> dict[str, Any]:
    _device, client = city.enrolled(city.clerk)
    reply = client.get("/openapi.json")
    assert reply.status_code == 200
    return dict(reply.json())


def test_the_description_is_for_devices_and_operators(city: SmallCity) -> None:
    assert described(city)["paths"].keys() >= {"/v1/directory/entries"}
    assert city.operator.get("/openapi.json").status_code == 200
    with city.server.client() as nobody:
        assert nobody.get("/openapi.json").json()["code"] == "session.expired"
        for path in ("/openapi.json", "/docs", "/redoc"):
            assert nobody.get(city.server.url.removesuffix("/v1") + path).status_code == 401


def bounded(schema: dict[str, Any]) -> bool:
    """Whether a schema of a parameter says how much of it there may be."""
    if schema["type"] == "integer":
        return {"minimum", "maximum"} <= schema.keys()
    return bool({"pattern", "maxLength"} & schema.keys())


def test_every_parameter_is_bounded(city: SmallCity) -> None:
    acts = [act for path in described(city)["paths"].values() for act in path.values()]
    parameters = [each for act in acts for each in act.get("parameters", ())]
    assert len(parameters) > 20
    assert [each["name"] for each in parameters if not bounded(each["schema"])] == []


@pytest.mark.parametrize("number", [1 << 62, 1 << 63, 1 << 64, 10**30, -1])
def test_numbers_too_large_for_the_database_are_malformed(city: SmallCity, number: int) -> None:
    _device, client = city.enrolled(city.clerk)
    for path in (
        f"/directory/organisation/{number}",
        f"/directory/head?first={number}",
        f"/directory/entries?after={number}",
        f"/directory/proof?index=0&size={number}",
        f"/documents/numbers?body={city.bureau}&code=x&year={number}",
    ):
        assert client.get(path).json()["code"] == "wire.malformed", path
    upload = city.operator.put(f"/admin/organisation/{number}", json={"entries": []})
    assert upload.json()["code"] == "wire.malformed"


def test_a_parameter_that_is_not_there_or_there_twice_is_malformed(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    for query in ("aftr=1", "after=1&after=2", "after=0&x="):
        assert client.get(f"/events?{query}").json()["code"] == "wire.malformed"
    assert client.get("/events?after=0").status_code == 200


def rows(city: SmallCity) -> list[trail.Row]:
    with reading(city.server.config) as connection:
        return list(trail.rows(connection))


def test_garbage_sessions_fill_no_audit_trail_and_are_not_forgotten(city: SmallCity) -> None:
    before = len(rows(city))
    body = {"proof": b64(b"x"), "certificate": b64(b"y")}
    with city.server.client() as client:
        for _ in range(40):
            assert client.post("/session", json=body).status_code == 400
        written = rows(city)[before:]
        assert 1 <= len(written) <= 5
        city.clock.advance(60_000)
        client.post("/session", json=body)
    last = rows(city)[-1]
    assert (last.action, last.result, last.reference) == (
        "session",
        "wire.malformed",
        f"+{40 - len(written)}",
    )


def test_a_device_has_some_sessions_and_the_oldest_ends(city: SmallCity) -> None:
    device, first = city.enrolled(city.clerk)
    later = [city.server.device(device) for _ in range(SESSIONS_KEPT - 1)]
    assert first.get("/directory/head").status_code == 200
    newest = city.server.device(device)
    assert first.get("/directory/head").json()["code"] == "session.expired"
    assert all(each.get("/directory/head").status_code == 200 for each in (*later, newest))
    assert city.operator.get("/directory/head").status_code == 200


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallCity]:
    """A city where a device may do three of each."""

    def three(cls: type[Quotas], clock: Clock) -> Quotas:
        return cls(
            **{
                each.name: Limiter(clock, ErrorCode.REQUEST_RATE_LIMITED, burst=3, per_minute=60)
                for each in fields(cls)
            }
        )

    monkeypatch.setattr(Quotas, "made", classmethod(three))
    made = SmallCity(tmp_path)
    yield made
    made.close()


X: Final = b64(b"x")
MEETING: Final = "mtg_" + "a" * 26
# What a device may say so many times and no more, as the description names it, with something to say.
LIMITED: Final[dict[str, dict[str, Any]]] = {
    "POST /v1/directory/entries": {"leaf": X},
    "POST /v1/conversations/rosters": {"roster": X},
    "POST /v1/conversations/messages": {"message": X},
    "POST /v1/conversations/packets": {"packets": [X]},
    "POST /v1/conversations/left-out": {"left_out": X},
    "POST /v1/conversations/prekeys": {"prekeys": []},
    "POST /v1/conversations/prekeys/claim": {"devices": []},
    "POST /v1/documents/entries": {"entry": X, "ciphertext": X},
    "POST /v1/documents/objects/{object_id}/head": {"nonce": b64(b"n" * 16)},
    "POST /v1/events/resync": {},
    "POST /v1/blobs": {"id": "0" * 64, "size": 1},
    "POST /v1/meetings": {"meeting": X},
    "POST /v1/meetings/acts": {"act": X},
    "POST /v1/meetings/{meeting}/join": {"join": X, "offers": ["v=0"]},
    "POST /v1/meetings/{meeting}/epoch": {"epoch": X, "packets": []},
    "POST /v1/seals/requests": {"csr": X, "body": "bdy_" + "a" * 26, "device": "dev_" + "a" * 26},
    "POST /v1/directory/witness": {
        "witness": b64(b"w" * 32),
        "size": 1,
        "root": b64(b"r" * 32),
        "at": 1,
        "signature": b64(b"s" * 64),
    },
}
BY_ADDRESS: Final = {"POST /v1/directory/witness"}  # it has no session, and a neighbour here no other address
# Whatever else is no mere question, and why no device needs a limit there.
UNLIMITED: Final = {
    "POST /v1/conversations/channel-keys": "a question, too long for an address",
    "POST /v1/conversations/delivered": "a question, too long for an address",
    "POST /v1/events/ack": "moves one number of the device's own",
    "PATCH /v1/blobs/{blob}": "adds only to what was announced, byte after byte",
    "POST /v1/meetings/{meeting}/leave": "a second time there is nothing to leave",
    "POST /v1/meetings/{meeting}/speak": "lifts one mark in memory, of who is in the meeting",
    "POST /v1/enrolments": "by address: test_refusals.py",
    "POST /v1/session/nonce": "by address, for thousands behind one",
    "POST /v1/session": "by address, and by device below",
    "POST /v1/admin/enrolments": "operators",
    "POST /v1/admin/enrolments/{lookup_hash}/sign": "operators",
    "POST /v1/admin/enrolments/{lookup_hash}/refuse": "operators",
    "PUT /v1/admin/organisation/{org_seq}": "operators",
    "POST /v1/admin/directory": "operators",
    "POST /v1/admin/seals/{request_id}/sign": "operators",
    "POST /v1/admin/seals/{request_id}/refuse": "operators",
}


def test_every_route_that_is_no_question_is_limited_or_says_why_not(city: SmallCity) -> None:
    found = {
        f"{method.upper()} {path}"
        for path, acts in described(city)["paths"].items()
        for method in acts
        if method != "get"
    }
    assert found == LIMITED.keys() | UNLIMITED.keys()
    assert not LIMITED.keys() & UNLIMITED.keys()


@pytest.mark.parametrize("route", sorted(LIMITED))
def test_what_others_must_keep_is_limited_for_each_device(route: str, strict: SmallCity) -> None:
    _device, client = strict.enrolled(strict.clerk)
    _other, neighbour = strict.enrolled(strict.leader)
    method, _, path = route.partition(" ")
    path = path.removeprefix("/v1").format(meeting=MEETING, object_id="cas_" + "a" * 26)

    def ask(asking: httpx.Client) -> httpx.Response:
        return asking.request(method, path, json=LIMITED[route])

    answers = [ask(client) for _ in range(4)]
    assert answers[-1].status_code == 429
    assert answers[-1].json()["code"] == "request.rate_limited"
    assert [each.status_code for each in answers[:2]].count(429) == 0
    if route not in BY_ADDRESS:
        assert ask(neighbour).status_code != 429, "a device's own limit, and nobody else's"
    strict.clock.advance(60_000)
    assert ask(client).status_code != 429


def test_a_clerk_who_sends_out_two_hundred_documents_at_once_is_held_up_nowhere(city: SmallCity) -> None:
    quotas = Quotas.made(city.clock)
    for _document in range(200):
        quotas.entries.take("dev", 10)
        quotas.heads.take("dev", 4)
        quotas.blobs.take("dev", 12)
    # And yet there is an end to it.
    for limiter in (quotas.entries, quotas.heads, quotas.blobs):
        assert any(not limiter.allows("dev", 100) for _ in range(200))


def test_what_a_device_announces_and_does_not_finish_has_a_bound(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    _other, neighbour = city.enrolled(city.leader)

    def announce(asking: httpx.Client, blob: str, size: int) -> int:
        return asking.post("/blobs", json={"id": blob, "size": size}).status_code

    names = [f"{number:064x}" for number in range(UNFINISHED_BYTES // MAX_BLOB)]
    assert [announce(client, name, MAX_BLOB) for name in names] == [200] * 8
    small = hashlib.sha256(b"small").hexdigest()
    assert announce(client, small, 5) == 429
    assert announce(client, names[0], MAX_BLOB) == 200, "it goes on with what it has begun"
    assert announce(client, "f" * 64, MAX_BLOB + 1) not in (200, 429), (
        "what never can be is not a matter of room"
    )
    assert announce(neighbour, small, 5) == 200
    assert neighbour.patch(f"/blobs/{small}?offset=0", content=b"small").status_code == 200
    assert announce(client, small, 5) == 200, "what is whole takes no room"
    # Whatever is given up gives its room back.
    store = BlobStore(city.server.config.blobs)
    assert store.prune(SystemClock().now_ms() + ABANDONED_MS + 60_000) == 8
    assert announce(client, "e" * 64, MAX_BLOB) == 200


def test_small_parts_count_for_the_files_they_take_and_whole_ones_for_nothing(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    unfinished = Unfinished(store, 10 * LEAST)
    for number in range(10):
        unfinished.begin("dev", f"{number:064x}", 1)
    with pytest.raises(JinshuError) as caught:
        unfinished.begin("dev", "f" * 64, 1)
    assert caught.value.code is ErrorCode.REQUEST_RATE_LIMITED
    assert not store.is_unfinished("f" * 64)
    with pytest.raises(JinshuError, match="hash_mismatch"):
        store.append(f"{0:064x}", 0, b"x")  # refused: it is not there any more
    assert unfinished.begin("dev", "f" * 64, 1) == (0, False)
    unfinished.begin("another", "e" * 64, 1)


def test_one_request_takes_one_key_of_a_device_however_often_it_names_it(strict: SmallCity) -> None:
    asking, victim = speaker(strict, strict.clerk), speaker(strict, strict.leader)
    fallback = victim.prekey(fallback=True)
    assert victim.publish(fallback, victim.prekey()).json() == {"left": 1}
    assert [each.fallback for each in asking.claim(victim.device.id, victim.device.id)] == [False]


def test_too_many_sockets_of_a_device_displace_its_oldest() -> None:
    bell = Bell()
    listeners = [bell.listen("dev") for _ in range(MOST_SOCKETS)]
    other = bell.listen("another")
    assert not any(each.displaced for each in listeners)
    newest = bell.listen("dev")
    assert [each.displaced for each in (*listeners, newest, other)] == [True] + [False] * (MOST_SOCKETS + 1)
    assert listeners[0].news.is_set()
    assert bell.listeners == MOST_SOCKETS + 1
    bell.leave("dev", listeners[0])
    assert bell.listeners == MOST_SOCKETS + 1


def test_a_head_too_long_is_cut(city: SmallCity) -> None:
    with (
        socket.create_connection(("127.0.0.1", city.server.port)) as raw,
        city.server.context.wrap_socket(raw, server_hostname="127.0.0.1") as line,
    ):
        try:
            line.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n")
            while True:
                line.sendall(b"X-More: " + b"y" * 16_000 + b"\r\n")
        except (ConnectionError, ssl.SSLError):
            pass
    with city.server.client() as client:
        assert client.get("/health").status_code == 200
