"""Procedures as data: their canonical form and hash, and what the words of their heads mean (C42)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import cbor2
import pytest

from protocol.cases.procedure import Procedure
from protocol.cases.shapes import principals_in, shape
from protocol.documents.dispatch import DISPATCH_1, VERSIONS
from protocol.errors import ErrorCode, JinshuError
from tests.support.document_town import body, digest, person, post

ROOT: Final = Path(__file__).parents[3]
VECTORS: Final = json.loads((ROOT / "tests" / "vectors" / "procedures.json").read_text("utf-8"))
SHIPPED: Final[dict[str, Procedure]] = {each.name: each for each in VERSIONS}


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_the_rows_and_the_hash_of_a_landed_procedure_never_change(name: str) -> None:
    kept = VECTORS[name]
    assert SHIPPED[name].value() == kept["value"]
    encoded = cbor2.dumps(kept["value"], canonical=True)
    assert SHIPPED[name].hash.hex() == kept["hash"] == hashlib.sha256(encoded).hexdigest()


def test_every_shipped_procedure_is_kept_and_stands_in_the_protocol() -> None:
    assert SHIPPED.keys() == VECTORS.keys()
    text = (ROOT / "PROTOCOL.md").read_text("utf-8")
    assert all(kept["hash"] in text for kept in VECTORS.values())


def test_any_change_of_a_row_is_another_procedure() -> None:
    rows = list(DISPATCH_1.rows)
    rows[3] = replace(rows[3], article=21)
    assert replace(DISPATCH_1, rows=tuple(rows)).hash != DISPATCH_1.hash


@pytest.mark.parametrize(
    ("word", "right", "wrong"),
    [
        ("hash", digest("a"), b"short"),
        ("text", "云字〔2026〕1号", 1),
        ("integer", 7, -1),
        ("integer?", None, "7"),
        ("boolean", True, 1),
        ("post|body", post("bureau.head"), person("bureau.head")),
        ("person", person("bureau.head"), post("bureau.head")),
        ("body?", None, post("bureau.head")),
        ("body*", sorted([body("a"), body("b")]), sorted([body("a"), body("b")], reverse=True)),
        ("body*", [], [body("a"), body("a")]),
        ("=agree|disagree", "agree", "perhaps"),
    ],
)
def test_a_shape_takes_what_its_word_says(word: str, right: Any, wrong: Any) -> None:
    assert shape(word)(right)
    assert not shape(word)(wrong)


@pytest.mark.parametrize("word", ["", "?", "posts", "post|", "=", "hash|body", "body**"])
def test_what_is_no_word_is_refused(word: str) -> None:
    with pytest.raises(JinshuError) as refused:
        shape(word)
    assert refused.value.code is ErrorCode.WIRE_MALFORMED


def test_the_principals_of_a_field_are_those_it_names() -> None:
    assert principals_in("post|body", post("a.b")) == (post("a.b"),)
    assert principals_in("post|body?", None) == ()
    assert principals_in("body*", [body("a")]) == (body("a"),)
    assert principals_in("case", "cas_x") == principals_in("hash", b"") == ()
