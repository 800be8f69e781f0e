"""What keeps secrets: the profile's folder, the encrypted store, the desktop's keyring. Nothing of the user's is opened."""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Final

from client.core.paths import ProfilePaths
from client.core.profile import is_held, read_facts
from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.surroundings import Surroundings
from protocol.errors import ErrorCode, JinshuError

_PLAIN: Final = b"SQLite format 3\0"
_KEY_BYTES: Final = 32


def check_profile(surroundings: Surroundings) -> CheckRow:
    """Whether the profile can be read, belongs to its user alone, and holds an encrypted store."""
    paths = ProfilePaths(surroundings.profile)
    private = (str(paths.root),)
    if not paths.profile.exists():
        return CheckRow("profile", Outcome.NOT_TRIED, Remark("profile.none"), private=private)
    if is_held(paths.lock) and not surroundings.held_here:
        return CheckRow(
            "profile",
            Outcome.NOT_TRIED,
            Remark("profile.in_use"),
            Remark("profile.use_page"),
            private=private,
        )
    stage = read_facts(paths.profile).stage.value
    facts = (("stage", stage),)
    if os.name == "posix" and stat.S_IMODE(paths.root.stat().st_mode) & 0o077:
        return CheckRow(
            "profile", Outcome.WARNING, Remark("profile.open"), Remark("profile.close"), facts, private
        )
    if paths.store.exists() and _begins_plainly(paths.store):
        return CheckRow(
            "profile", Outcome.FAILED, Remark("profile.plain"), Remark("send_this"), facts, private
        )
    return CheckRow("profile", Outcome.OK, Remark.of("profile.found", stage=stage), None, facts, private)


def check_store(_surroundings: Surroundings) -> CheckRow:
    """Make a store in a folder of its own, write, look at its bytes, try a wrong key, and read with the right one."""
    # Deferred: a library that does not load is this check's to say.
    from sqlalchemy import Connection
    from sqlcipher3 import dbapi2

    from client.core.store import settings
    from client.core.store.store import Store

    key, marker = secrets.token_bytes(_KEY_BYTES), f"self-test {secrets.token_hex(16)}"

    def write(connection: Connection) -> None:
        settings.put(connection, marker, marker)

    def read(connection: Connection) -> object:
        return settings.get(connection, marker)

    facts = (("sqlite", dbapi2.sqlite_version), ("sqlcipher", _cipher_version(dbapi2)))
    with tempfile.TemporaryDirectory(prefix="jinshu-") as folder:
        path = Path(folder, "store.db")
        store = Store(path)
        store.create(key)
        try:
            asyncio.run(store.write(write))
            plain = _holds(Path(folder), marker)
        finally:
            store.close()
        if plain or _holds(Path(folder), marker) or _begins_plainly(path):
            return CheckRow(
                "store", Outcome.FAILED, Remark("store.plain"), Remark("do_not_use"), facts, (folder,)
            )
        if not _refuses(Store(path), secrets.token_bytes(_KEY_BYTES)):
            return CheckRow("store", Outcome.FAILED, Remark("store.any_key"), Remark("do_not_use"), facts)
        store.open(key)
        try:
            if asyncio.run(store.read(read)) != marker:
                return CheckRow("store", Outcome.FAILED, Remark("store.lost"), Remark("send_this"), facts)
        finally:
            store.close()
    return CheckRow("store", Outcome.OK, Remark("store.found"), None, facts)


def check_keyring(_surroundings: Surroundings) -> CheckRow:
    """Which keyring the desktop has; nothing is read from it or written to it, for it may ask the user for his password."""
    # Deferred: it loads the D-Bus libraries.
    from client.core.keys.keyring_port import PlatformKeyring

    ring = PlatformKeyring()
    facts = (("backend", ring.backend),)
    if ring.available:
        return CheckRow("keyring", Outcome.OK, Remark("keyring.found"), None, facts)
    return CheckRow("keyring", Outcome.WARNING, Remark("keyring.none"), Remark("keyring.passphrase"), facts)


def _begins_plainly(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_PLAIN)) == _PLAIN


def _holds(folder: Path, marker: str) -> bool:
    """Whether a text stands in any file of a folder, its journals included."""
    return any(marker.encode() in file.read_bytes() for file in folder.iterdir() if file.is_file())


def _refuses(store: object, key: bytes) -> bool:
    from client.core.store.store import Store  # deferred, as above

    assert isinstance(store, Store)
    try:
        store.open(key)
    except JinshuError as error:
        return error.code is ErrorCode.STORE_WRONG_KEY
    store.close()
    return False


def _cipher_version(driver: object) -> str:
    connection = driver.connect(":memory:")  # type: ignore[attr-defined]  # the library says nothing of its types
    try:
        row = connection.execute("PRAGMA cipher_version").fetchone()
    finally:
        connection.close()
    return str(row[0]) if row else "?"
