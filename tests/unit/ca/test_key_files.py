"""Key files open with their passphrase only, and say nothing without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server_stub.ca.faults import CaError
from server_stub.ca.key_files import KeyCost, read_key_file, write_key_file

QUICK = KeyCost(memory_kib=64, time=1, lanes=1)
SECRET = bytes(range(32)) * 3


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "issuing.key"
    write_key_file(path, SECRET, "correct horse", QUICK)
    return path


def test_a_key_comes_back_under_its_passphrase(key_file: Path) -> None:
    assert read_key_file(key_file, "correct horse") == SECRET


def test_the_file_is_for_its_owner_only_and_hides_the_key(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert SECRET not in key_file.read_bytes()
    assert SECRET.hex().encode() not in key_file.read_bytes()


def test_a_wrong_passphrase_is_refused(key_file: Path) -> None:
    with pytest.raises(CaError, match="wrong passphrase"):
        read_key_file(key_file, "wrong horse!")


def test_a_key_file_put_in_another_place_is_refused(key_file: Path) -> None:
    moved = key_file.rename(key_file.with_name("operator.key"))
    with pytest.raises(CaError, match="changed"):
        read_key_file(moved, "correct horse")


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaError, match="at least 8"):
        write_key_file(tmp_path / "k.key", SECRET, "short", QUICK)


def test_a_key_file_is_never_overwritten(key_file: Path) -> None:
    with pytest.raises(CaError, match="exists"):
        write_key_file(key_file, SECRET, "another horse", QUICK)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"kdf": {"memory_kib": 1 << 30, "time": 1, "lanes": 1}},
        {"sealed": "***"},
        {"salt": None},
    ],
)
def test_a_damaged_file_is_refused_before_any_work(key_file: Path, change: dict[str, object]) -> None:
    key_file.write_text(json.dumps(json.loads(key_file.read_text()) | change))
    with pytest.raises(CaError):
        read_key_file(key_file, "correct horse")
