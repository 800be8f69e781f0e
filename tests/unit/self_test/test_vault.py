"""The checks of what keeps secrets bite: a store in plain text, one that any key opens, a profile that is in use or open to others."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from client.core.profile import Profile
from client.core.self_check import Outcome
from client.core.store import database
from client.self_test import vault
from client.self_test.surroundings import Surroundings
from protocol.errors import ErrorCode, JinshuError

NOWHERE = Surroundings(Path("/nonexistent"))


def test_a_real_store_is_made_and_looked_at() -> None:
    row = vault.check_store(NOWHERE)
    assert (row.outcome, row.found.key) == (Outcome.OK, "store.found")
    assert all(text and text != "?" for _, text in row.facts)


def test_a_store_without_encryption_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a library that was built without its cipher: the pragma is taken and does nothing."""

    def connector(path: Path, _key: bytes, *, read_only: bool) -> object:
        del read_only
        return lambda: sqlite3.connect(path, check_same_thread=False, isolation_level=None)

    monkeypatch.setattr(database, "connector", connector)
    row = vault.check_store(NOWHERE)
    assert (row.outcome, row.found.key) == (Outcome.FAILED, "store.plain")


def test_a_store_that_any_key_opens_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the key were not what the caller gives."""
    real = database.connector
    monkeypatch.setattr(
        database, "connector", lambda path, _key, *, read_only: real(path, bytes(32), read_only=read_only)
    )
    row = vault.check_store(NOWHERE)
    assert (row.outcome, row.found.key) == (Outcome.FAILED, "store.any_key")


def profile_at(folder: Path) -> Profile:
    return Profile.open(folder, bytes)


def test_a_profile_is_read_and_left_as_it_was(tmp_path: Path) -> None:
    profile_at(tmp_path / "profile").close()
    root = tmp_path / "profile"
    before = {path: path.stat().st_mtime_ns for path in (root, *root.rglob("*"))}
    row = vault.check_profile(Surroundings(root))
    assert (row.outcome, row.found.key) == (Outcome.OK, "profile.found")
    assert {path: path.stat().st_mtime_ns for path in (root, *root.rglob("*"))} == before
    # And nobody was kept from it.
    profile_at(root).close()


def test_a_profile_in_use_is_not_read_but_by_who_has_it(tmp_path: Path) -> None:
    profile = profile_at(tmp_path)
    try:
        row = vault.check_profile(Surroundings(tmp_path))
        assert (row.outcome, row.found.key) == (Outcome.NOT_TRIED, "profile.in_use")
        row = vault.check_profile(Surroundings(tmp_path, held_here=True))
        assert row.outcome is Outcome.OK
    finally:
        profile.close()


def test_without_a_profile_none_is_made(tmp_path: Path) -> None:
    row = vault.check_profile(Surroundings(tmp_path / "none"))
    assert (row.outcome, row.found.key) == (Outcome.NOT_TRIED, "profile.none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_profile_open_to_others_is_named(tmp_path: Path) -> None:
    profile_at(tmp_path).close()
    tmp_path.chmod(0o755)
    assert vault.check_profile(Surroundings(tmp_path)).found.key == "profile.open"


def test_a_plain_database_in_the_stead_of_the_store_is_named(tmp_path: Path) -> None:
    profile_at(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        connection.execute("CREATE TABLE t (a)")
        connection.commit()
    row = vault.check_profile(Surroundings(tmp_path))
    assert (row.outcome, row.found.key) == (Outcome.FAILED, "profile.plain")


def test_a_damaged_profile_is_refused_with_its_code(tmp_path: Path) -> None:
    profile_at(tmp_path).close()
    (tmp_path / "profile.json").write_text("{")
    with pytest.raises(JinshuError) as refused:
        vault.check_profile(Surroundings(tmp_path))
    assert refused.value.code is ErrorCode.PROFILE_DAMAGED
