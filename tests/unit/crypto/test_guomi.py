"""Suite 2 (国密) as far as it goes: SM3 and SM4 give the values the standards print, SM2 is refused by name, and its printed example
is right, for the library that will fill its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from protocol.crypto.suites import SUITES, Suite, check_suite, read_first_byte, sm3
from protocol.errors import ErrorCode, RemoteProtocolError

VECTORS: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "guomi.json").read_text("utf-8")
)
GUOMI: Final = SUITES[Suite.GUOMI]


@pytest.mark.parametrize("example", VECTORS["sm3"]["examples"])
def test_the_digest_of_suite_2_is_sm3_as_printed(example: dict[str, str]) -> None:
    assert GUOMI.digest(example["text"].encode()).hex() == example["digest"]


def test_sm4_gives_the_printed_blocks_once_and_a_million_times() -> None:
    given = VECTORS["sm4"]
    cipher = Cipher(algorithms.SM4(bytes.fromhex(given["key"])), modes.ECB()).encryptor()
    block = cipher.update(bytes.fromhex(given["plain"]))
    assert block.hex() == given["once"]
    for _ in range(999_999):
        block = cipher.update(block)
    assert block.hex() == given["million_times"]


def test_the_cipher_of_suite_2_is_sm4_gcm_as_printed_and_opens_nothing_else() -> None:
    given = {name: bytes.fromhex(text) for name, text in VECTORS["sm4_gcm"].items() if name != "from"}
    cipher = GUOMI.aead(given["key"])
    sealed = cipher.encrypt(given["nonce"], given["plain"], given["aad"])
    assert sealed == given["sealed"] + given["tag"]
    assert cipher.decrypt(given["nonce"], sealed, given["aad"]) == given["plain"]
    for nonce, data, aad in (
        (given["nonce"], sealed, b"other"),
        (given["nonce"], sealed, None),
        (bytes(12), sealed, given["aad"]),
        (given["nonce"], bytes([sealed[0] ^ 1]) + sealed[1:], given["aad"]),
        (given["nonce"], sealed[:-1], given["aad"]),
        (given["nonce"], b"", given["aad"]),
    ):
        with pytest.raises(InvalidTag):
            cipher.decrypt(nonce, data, aad)


@pytest.mark.parametrize("byte", [2, 0x82])
def test_suite_2_is_refused_and_the_refusal_names_what_is_missing(byte: int) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_first_byte(byte)
    assert caught.value.code is ErrorCode.WIRE_UNKNOWN_TYPE
    assert caught.value.params == {"suite": 2, "missing": "SM2"}


def test_every_suite_has_its_row_and_only_whole_ones_are_taken() -> None:
    assert SUITES.keys() == set(Suite)
    assert [check_suite(suite) for suite in Suite if not SUITES[suite].missing] == [Suite.WESTERN]


# The example of GB/T 32918.5, recomputed from the words of GB/T 32918.2: what is wrong in the file would be found now, and not when
# a library is measured by it. Plain arithmetic for one published example; no key of anybody's ever goes through it.

_SM2: Final = {
    name: int(VECTORS["sm2"][name], 16)
    for name in ("p", "a", "b", "n", "gx", "gy", "private", "public_x", "public_y", "z", "e", "k", "r", "s")
}
_Point = tuple[int, int] | None


def _sum(one: _Point, two: _Point) -> _Point:
    if one is None or two is None:
        return one or two
    p = _SM2["p"]
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % p == 0:
        return None
    slope = (3 * x1 * x1 + _SM2["a"]) * pow(2 * y1, -1, p) if one == two else (y2 - y1) * pow(x2 - x1, -1, p)
    x = (slope * slope - x1 - x2) % p
    return x, (slope * (x1 - x) - y1) % p


def _times(count: int, point: _Point) -> _Point:
    total: _Point = None
    while count:
        if count & 1:
            total = _sum(total, point)
        point, count = _sum(point, point), count >> 1
    return total


def test_the_printed_example_of_sm2_agrees_with_itself() -> None:
    v, base = _SM2, (_SM2["gx"], _SM2["gy"])
    public = (v["public_x"], v["public_y"])
    assert _times(v["private"], base) == public
    name = VECTORS["sm2"]["id"].encode()
    facts = (v["a"], v["b"], *base, *public)
    z = sm3((8 * len(name)).to_bytes(2, "big") + name + b"".join(each.to_bytes(32, "big") for each in facts))
    assert int.from_bytes(z, "big") == v["z"]
    assert int.from_bytes(sm3(z + VECTORS["sm2"]["message"].encode()), "big") == v["e"]
    point = _times(v["k"], base)
    assert point is not None
    assert (v["e"] + point[0]) % v["n"] == v["r"]
    assert pow(1 + v["private"], -1, v["n"]) * (v["k"] - v["r"] * v["private"]) % v["n"] == v["s"]
    checked = _sum(_times(v["s"], base), _times((v["r"] + v["s"]) % v["n"], public))
    assert checked is not None
    assert (v["e"] + checked[0]) % v["n"] == v["r"]
