"""Garbage, floods and lies: a stable code, nothing changed, neighbours unharmed, never a 5xx."""

from __future__ import annotations

import json
import os
import random

import httpx
import pytest

from protocol.crypto.certificates import make_csr
from protocol.crypto.keys import SigningKey, XWingPrivateKey
from protocol.enrolment import BundleFields, EnrolmentCode, request_mac
from protocol.errors import ErrorCode
from protocol.identifiers import IdKind
from server_stub.audit import trail
from server_stub.database.database import Database
from tests.support.small_city import HOUR_MS, SmallCity, b64, fresh

PATHS = [
    ("POST", "/enrolments"),
    ("POST", "/session/nonce"),
    ("POST", "/session"),
    ("POST", "/directory/entries"),
    ("POST", "/events/ack"),
    ("POST", "/seals/requests"),
    ("POST", "/admin/enrolments"),
    ("POST", "/admin/directory"),
    ("PUT", "/admin/organisation/1"),
]
BODIES = [
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"[]",
    b"null",
    b'{"leaf": 1}',
    b'{"leaf": "!!"}',
    b'{"leaf": ""}',
    b'{"n": -1}',
    b'{"n": "1"}',
    b'{"n": 1e400}',
    b'{"lookup_id": "zz", "csr": "", "bundle_fields": "", "mac": ""}',
    b'{"certificate": "AAAA", "proof": "AAAA"}',
    b'{"device_certificate": "AAAA", "more": 1}',
    json.dumps({"leaf": b64(os.urandom(200)), "wraps": [b64(b"x")]}).encode(),
    b'{"leaf": "' + b"[" * 5000 + b'"}',
    b"[" * 100_000,
]


def well_refused(reply: httpx.Response) -> str:
    assert 400 <= reply.status_code < 500, (reply.status_code, reply.text)
    body = reply.json()
    assert set(body) == {"code", "params", "recovery"}
    return str(ErrorCode(body["code"]).value)


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_garbage_is_refused_and_the_next_request_works(city: SmallCity, method: str, path: str) -> None:
    _device, client = city.enrolled(city.clerk)
    size = client.get("/directory/entries").json()["size"]
    caller = city.operator if path.startswith("/admin") else client
    for body in BODIES:
        if body != b'{"device_certificate": "AAAA", "more": 1}' or path != "/session/nonce":
            well_refused(
                caller.request(method, path, content=body, headers={"content-type": "application/json"})
            )
    assert client.get("/directory/entries").json()["size"] == size


def test_random_bytes_never_break_the_server(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    chance = random.Random(20_261_123)
    for _ in range(150):
        method, path = chance.choice(PATHS)
        body = chance.randbytes(chance.randrange(300))
        if chance.random() < 0.5:
            body = json.dumps({chance.choice(["leaf", "n", "csr", "proof"]): b64(body)}).encode()
        caller = city.operator if path.startswith("/admin") else client
        well_refused(caller.request(method, path, content=body))
    assert client.get("/health").json()["ready"]


def test_an_oversized_request_is_refused_before_it_is_read(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    assert well_refused(client.post("/directory/entries", content=b" " * (9 << 20))) == "wire.too_large"

    def stream() -> object:
        for _ in range(10):
            yield b" " * (1 << 20)

    reply = client.post("/directory/entries", content=stream())  # type: ignore[arg-type]  # a generator of bytes
    assert well_refused(reply) == "wire.too_large"


@pytest.mark.parametrize(
    "path", ["/nothing", "/../etc/passwd", "/directory/organisation/99", "/directory/organisation/x"]
)
def test_what_is_not_there_is_not_there(city: SmallCity, path: str) -> None:
    _device, client = city.enrolled(city.clerk)
    assert well_refused(client.get(path)) in {
        "request.not_found",
        "directory.snapshot_missing",
        "wire.malformed",
    }


def test_without_a_session_there_is_nothing(city: SmallCity) -> None:
    with city.server.client() as nobody:
        for path in ("/directory/head", "/directory/entries", "/events", "/admin/enrolments", "/admin/seals"):
            assert well_refused(nobody.get(path)) == "session.expired"
    with city.server.client("made up") as liar:
        assert well_refused(liar.get("/events")) == "session.expired"


def enrolment(code: EnrolmentCode) -> dict[str, str]:
    csr = make_csr(SigningKey.generate(), "device")
    fields = BundleFields(fresh(IdKind.DEVICE), bytes(XWingPrivateKey.generate().public), "电脑").to_bytes()
    mac = request_mac(code.secret, csr, fields)
    return {"lookup_id": code.lookup_id, "csr": b64(csr), "bundle_fields": b64(fields), "mac": b64(mac)}


def given_code(city: SmallCity) -> EnrolmentCode:
    code = EnrolmentCode.new(city.ca.root, os.urandom)
    body = {"lookup_hash": code.lookup_hash, "expires_at": city.clock.now + HOUR_MS}
    assert city.operator.post("/admin/enrolments", json=body).status_code == 201
    return code


def test_an_enrolment_waits_for_the_ca_and_a_code_serves_once(city: SmallCity) -> None:
    code = given_code(city)
    wanted = enrolment(code)
    with city.server.client() as client:
        assert client.post("/enrolments", json=wanted).status_code == 202
        assert client.post("/enrolments", json=wanted).status_code == 202
        assert client.get(f"/enrolments/{code.lookup_id}").json()["state"] == "waiting"
        assert well_refused(client.post("/enrolments", json=enrolment(code))) == "enrolment.used"
    waiting = city.operator.get("/admin/enrolments").json()["requests"]
    assert [one["lookup_hash"] for one in waiting] == [code.lookup_hash]


def test_an_expired_code_is_refused(city: SmallCity) -> None:
    code = given_code(city)
    city.clock.advance(HOUR_MS + 1)
    with city.server.client() as client:
        assert well_refused(client.post("/enrolments", json=enrolment(code))) == "enrolment.expired"


def test_guessing_codes_is_limited(city: SmallCity) -> None:
    guesses = [enrolment(EnrolmentCode.new(city.ca.root, os.urandom)) for _ in range(2)]
    with city.server.client() as client:
        codes = [well_refused(client.post("/enrolments", json=guesses[n % 2])) for n in range(25)]
    assert codes[0] == "enrolment.wrong_code"
    assert codes[-1] == "enrolment.rate_limited"


def test_the_server_keeps_no_secret_of_a_code(city: SmallCity) -> None:
    code = given_code(city)
    with city.server.client() as client:
        client.post("/enrolments", json=enrolment(code))
    stored = b"".join(path.read_bytes() for path in city.server.config.root.glob("server.db*"))
    assert code.secret not in stored
    assert code.secret.hex().encode() not in stored
    assert code.lookup not in stored
    assert code.lookup_id.encode() not in stored


def test_garbage_of_a_known_device_is_written_down_and_a_strangers_is_not(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)

    def rows() -> list[trail.Row]:
        database = Database(city.server.config)
        try:
            return list(database.read_now(lambda connection: list(trail.rows(connection))))
        finally:
            database.close()

    before = len(rows())
    secret = "不该写下的话"
    assert client.post("/documents/entries", json={"entry": secret}).json()["code"] == "wire.malformed"
    with city.server.client() as stranger:
        assert stranger.post("/documents/entries", json={"entry": secret}).status_code in (400, 401)
    (row,) = rows()[before:]
    assert (row.action, row.result, row.reference) == ("request", "wire.malformed", "")
    assert secret.encode() not in city.server.config.database.read_bytes()
