"""Numbers and words in addresses are what they look like: one number is written one way, and nothing that cannot be seen is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import httpx

from tests.support.small_city import SmallCity

# Each of these is a number to Python or to pydantic, or looks like one to somebody.
NO_NUMBERS: Final = (
    "1_0",
    "+1",
    "-1",
    "-0",
    " 1",
    "1 ",
    "1\n",
    "01",
    "00",
    "1.0",
    "1.",
    "1e3",
    "0x1",
    "0b1",
    "１",
    "١",
    "true",
    "",
    "1\x00",
    "1" * 40,
)
WORDS: Final = {"blob": "0" * 64, "lookup_hash": "0" * 64, "lookup_id": "0" * 32, "request_id": "0" * 64}
IDS: Final = {"meeting": "mtg", "object_id": "cas", "body": "bdy", "principal": "bdy"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an address something is said."""

    method: str
    path: str
    parameters: tuple[dict[str, Any], ...]
    name: str

    def said(self, value: str) -> str:
        """The address with this for the parameter, and something harmless for the others."""
        path, query = self.path.removeprefix("/v1"), []
        for each in self.parameters:
            what = value if each["name"] == self.name else _harmless(each)
            if each["in"] == "path":
                path = path.replace(f"{{{each['name']}}}", quote(what, safe=""))
            elif each["name"] == self.name or each.get("required"):
                query.append(f"{each['name']}={quote(what, safe='')}")
        return f"{path}?{'&'.join(query)}" if query else path


def _harmless(parameter: dict[str, Any]) -> str:
    name, schema = str(parameter["name"]), parameter["schema"]
    if schema["type"] == "integer":
        return str(max(schema["minimum"], 1))
    return WORDS.get(name) or (f"{IDS[name]}_{'a' * 26}" if name in IDS else "x")


def places(city: SmallCity, kind: str) -> list[Place]:
    """Every parameter of a type, of every route."""
    paths = city.operator.get("/openapi.json").json()["paths"]
    return [
        Place(method.upper(), path, tuple(act.get("parameters", ())), each["name"])
        for path, acts in paths.items()
        for method, act in acts.items()
        for each in act.get("parameters", ())
        if each["schema"]["type"] == kind
    ]


def ask(city: SmallCity, device: httpx.Client, place: Place, value: str) -> httpx.Response:
    client = city.operator if place.path.startswith("/v1/admin") else device
    body: dict[str, Any] | None = {"entries": []} if place.method == "PUT" else None
    return client.request(place.method, place.said(value), json=body)


def test_a_number_in_an_address_is_digits_and_nothing_else(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    found = places(city, "integer")
    assert {each.name for each in found} >= {"after", "limit", "first", "year", "offset", "org_seq"}
    assert {each.method for each in found} == {"GET", "PATCH", "PUT"}
    for place in found:
        for value in NO_NUMBERS:
            if not value and f"{{{place.name}}}" in place.path:
                continue  # no path of a route at all
            answer = ask(city, client, place, value)
            assert answer.json().get("code") == "wire.malformed", (
                place.method,
                place.said(value),
                answer.text,
            )


def test_the_same_numbers_in_digits_are_read(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    read = [each for each in places(city, "integer") if each.method == "GET" and "admin" not in each.path]
    for place in read:
        schema = next(each["schema"] for each in place.parameters if each["name"] == place.name)
        for value in (schema["minimum"], schema["maximum"]):
            answer = ask(city, client, place, str(value))
            assert answer.json().get("code") != "wire.malformed", (place.said(str(value)), answer.text)


def test_nothing_unseen_is_taken_in_an_address(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    found = places(city, "string")
    assert {each.name for each in found} >= {"code", "body", "principal", "blob"}
    for place in found:
        for value in ("\x00", "x\x00", "x\n", "\x7f", "\x85"):
            answer = ask(city, client, place, value)
            assert answer.status_code in (400, 404), (place.method, place.said(value), answer.text)
            assert re.fullmatch(
                r"wire\.malformed|blobs\.unknown|request\.not_found|updates\.missing", answer.json()["code"]
            )


def test_a_code_of_a_ledger_is_words(city: SmallCity) -> None:
    _device, client = city.enrolled(city.clerk)
    numbers = next(each for each in places(city, "string") if each.name == "code")
    assert client.get(numbers.said("市政发")).json()["code"] == "directory.not_authorised", "of another body"
