"""Requests made from the API's own description, with and without a session: never a fault of the server, never another form of answer."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance

from protocol.errors import ErrorCode
from protocol.release import PROTOCOL_VERSION
from server_stub.auth import guard
from tests.fuzz.mutations import mutations
from tests.support.small_city import SmallCity

_SHORT: Final = 3
_LONG: Final = int(os.environ.get("FUZZ_REQUESTS", "2000"))


class Caller:
    """Somebody who calls over one connection, with or without a session."""

    def __init__(self, city: SmallCity, session: str | None) -> None:
        self.known = session is not None
        self.root = city.server.url.removesuffix("/v1")
        self.line = requests.Session()
        self.line.verify = str(city.server.config.tls / "root.pem")
        self.line.trust_env = False
        self.line.headers["Jinshu-Protocol"] = str(PROTOCOL_VERSION)
        if session is not None:
            self.line.headers["Authorization"] = session


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallCity]:
    made = SmallCity(tmp_path_factory.mktemp("city"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def callers(city: SmallCity) -> Iterator[dict[str, Caller]]:
    _device, client = city.enrolled(city.clerk)
    made = {
        "nobody": Caller(city, None),
        "device": Caller(city, client.headers["authorization"]),
        "operator": Caller(city, city.operator.headers["authorization"]),
    }
    yield made
    for caller in made.values():
        caller.line.close()


def operations(city: SmallCity) -> list[Any]:
    schema = schemathesis.openapi.from_dict(city.server.app.openapi())
    found = list(schema.get_all_operations())
    assert all(isinstance(each, Ok) for each in found), "the description describes every operation rightly"
    return [each.ok() for each in found if isinstance(each, Ok)]


def well_formed(reply: requests.Response) -> None:
    """A refusal has one body, whatever was asked (C18)."""
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        body = reply.json()
        assert body.keys() == {"code", "params", "recovery"}
        ErrorCode(body["code"])


def is_open(operation: Any) -> bool:
    path = operation.path.replace("{lookup_id}", "0")
    return any(operation.method.upper() == method and each.fullmatch(path) for method, each in guard.OPEN)


def ask_all(city: SmallCity, caller: Caller, count: int, drawn: int) -> int:
    """Ask every operation up to `count` times; returns how many requests were made."""
    return sum(
        ask_one(operation, caller, None if caller.known or is_open(operation) else 401, count, drawn)
        for operation in operations(city)
    )


def ask_one(operation: Any, caller: Caller, status: int | None, count: int, drawn: int) -> int:
    """`status`: the one answer there may be."""
    asked = 0

    @seed(drawn)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        nonlocal asked
        asked += 1
        reply = case.call(base_url=caller.root, session=caller.line, verify=caller.line.verify)
        well_formed(reply)
        assert status in (None, reply.status_code)
        if reply.status_code < 300:
            case.validate_response(reply, checks=[response_schema_conformance])

    ask()
    return asked


CALLERS = pytest.mark.parametrize("name", ["nobody", "device", "operator"])


@CALLERS
def test_every_operation_answers_in_form_whoever_asks(
    city: SmallCity, callers: dict[str, Caller], name: str
) -> None:
    assert ask_all(city, callers[name], _SHORT, 20_261_201) > 60


@CALLERS
@pytest.mark.soak
def test_every_operation_answers_in_form_for_long(
    city: SmallCity, callers: dict[str, Caller], name: str
) -> None:
    assert ask_all(city, callers[name], _LONG, random.SystemRandom().getrandbits(32)) > 60


_BODIES: Final = (
    b'{"leaf": "AAAA", "wraps": ["AAEC"]}',
    b'{"entry": "AAAA", "ciphertext": "AAAA", "wraps": []}',
    b'{"devices": ["dev_aaaaaaaaaaaaaaaaaaaaaaaaaa"]}',
    b'{"roster": "AAAA"}',
    b'{"proof": "AAAA", "certificate": "AAAA"}',
    b'{"n": 1}',
)
_PATHS: Final = (
    "/v1/directory/entries",
    "/v1/documents/entries",
    "/v1/conversations/prekeys/claim",
    "/v1/conversations/rosters",
    "/v1/session",
    "/v1/events/ack",
)


def damage_requests(callers: dict[str, Caller], count: int, drawn: int) -> None:
    draw = random.Random(drawn)
    for body in mutations(_BODIES, count, drawn):
        caller = callers[draw.choice(("nobody", "device"))]
        path = draw.choice(_PATHS)
        reply = caller.line.post(caller.root + path, data=body, headers={"Content-Type": "application/json"})
        try:
            well_formed(reply)
        except Exception as error:
            error.add_note(f"FUZZ_SEED={drawn}, {path}: {body.hex()}")
            raise


def test_damaged_bodies_are_refused_in_form(callers: dict[str, Caller]) -> None:
    damage_requests(callers, 300, 20_261_201)


@pytest.mark.soak
def test_damaged_bodies_are_refused_in_form_for_long(callers: dict[str, Caller]) -> None:
    chosen = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    damage_requests(callers, int(os.environ.get("FUZZ_RUNS", "1000000")), chosen)


def test_the_description_names_every_file_of_routes() -> None:
    """What is not described is not asked above."""
    root = Path(guard.__file__).parents[1]
    hidden = [path for path in root.rglob("*.py") if "include_in_schema=False" in path.read_text("utf-8")]
    assert [path.name for path in hidden] == ["api.py"], "the description itself alone"
