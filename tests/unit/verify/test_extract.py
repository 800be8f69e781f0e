"""The embedded extract: exactly its fields, and light to import for whoever makes one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from client.verify.extract import DATED, Extract, elements_bytes, read_elements
from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError
from tests.support.sealed_document import city, elements_of, setter


def right() -> bytes:
    return city().extract(elements_of(), setter=setter()).to_bytes()


def test_what_is_embedded_is_read_again() -> None:
    made = city().extract(elements_of(), setter=setter())
    assert Extract.parse(made.to_bytes()) == made
    assert read_elements(elements_bytes(elements_of())) == elements_of()


@pytest.mark.parametrize(
    "changes",
    [
        {"v": True},
        {"sign_off": "text"},
        {"signed_on": "2026-11-31"},
        {"signed_on": "20261119"},
        {"printed_on": None},
        {"template": b"short"},
        {"organisation_entries": []},
        {"organisation_proofs": [{"index": -1, "path": []}]},
        {"engine": 15},
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(changes: dict[str, Any]) -> None:
    value = {**cbor.decode(right(), limit=1 << 22), **changes}
    with pytest.raises(JinshuError) as caught:
        Extract.parse(cbor.encode(value))
    assert caught.value.code is ErrorCode.VERIFY_EXTRACT_MALFORMED


def test_an_extract_whose_statements_name_the_log_is_of_the_second_version() -> None:
    """Verifiers that read the first alone say of it that a newer one is needed, and do not take it for forged."""
    later = replace(city().extract(elements_of(), setter=setter()), v=DATED)
    assert Extract.parse(later.to_bytes()) == later


@pytest.mark.parametrize("changes", [{"v": 3}, {"more": 1}])
def test_what_a_later_version_made_is_neither_proved_nor_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(JinshuError) as caught:
        Extract.parse(cbor.encode({**cbor.decode(right(), limit=1 << 22), **changes}))
    assert caught.value.code is ErrorCode.VERIFY_NEWER_NEEDED
    with pytest.raises(JinshuError) as caught:
        read_elements(cbor.encode({**elements_of().to_cbor_value(), **changes}))
    assert caught.value.code is ErrorCode.VERIFY_NEWER_NEEDED


@pytest.mark.parametrize("missing", ["sign_off", "organisation_proofs", "engine"])
def test_a_missing_field_is_refused(missing: str) -> None:
    value = cbor.decode(right(), limit=1 << 22)
    del value[missing]
    with pytest.raises(JinshuError) as caught:
        Extract.parse(cbor.encode(value))
    assert caught.value.code is ErrorCode.VERIFY_EXTRACT_MALFORMED


@pytest.mark.parametrize("data", [b"", b"\xff", cbor.encode([]), cbor.encode("text")])
def test_what_is_no_map_is_refused(data: bytes) -> None:
    with pytest.raises(JinshuError) as caught:
        Extract.parse(data)
    assert caught.value.code is ErrorCode.VERIFY_EXTRACT_MALFORMED
    with pytest.raises(JinshuError) as caught:
        read_elements(data)
    assert caught.value.code is ErrorCode.VERIFY_EXTRACT_MALFORMED


def test_making_an_extract_loads_neither_engine_nor_reader() -> None:
    heavy = "{'typst', 'pyhanko', 'pypdfium2', 'PySide6', 'httpx', 'pikepdf'}"
    program = f"import sys, client.verify.extract; sys.exit(bool({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
