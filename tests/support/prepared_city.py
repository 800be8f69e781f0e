"""A city of processes for tests that need one and are not about its founding.

Founding takes the CA's slow key derivation, a server's start and a publication: 4 s of processor time, and the same outcome each
time. Each test process therefore founds one city in `_founded`, publishes its organisation, ends its server and keeps the folders:
the CA's, the root's, the server's with its database. The passphrase on the CA's keys is real and its derivation made cheap by
sealing them anew, for no test is about how long a guess takes.

A test gets a copy of these folders and processes of its own over them. Nothing in the folders names another folder or a port
(the CA is told the server's new address), nothing is written back, and what differs from city to city by chance — keys,
serials — no test may rely on. The dates in it are of this run, an hour ago at most.
"""

from __future__ import annotations

import atexit
import functools
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from server_stub.ca.key_files import KeyCost, read_key_file, write_key_file
from tests.end_to_end.city import PASSPHRASE, City
from tests.support.forked_commands import ForkedCommands

_CHEAP = KeyCost(memory_kib=8, time=1, lanes=1)


@contextmanager
def running_city(folder: Path) -> Iterator[City]:
    """A city with an empty log but for its organisation, whose CA approves whoever asks."""
    city = City(folder, ForkedCommands())
    open_copy(city)
    watcher = city.watch()
    try:
        yield city
    finally:
        watcher.stop()
        city.stop()


def open_copy(city: City) -> None:
    """Fill a city's folders and start its server: it is then as after `found` and `open`."""
    shutil.copytree(_founded(), city.folder, dirs_exist_ok=True)
    city.start_server()
    _introduce(city)


@functools.cache
def _founded() -> Path:
    city = City(Path(tempfile.mkdtemp(prefix="founded-")), ForkedCommands())
    atexit.register(shutil.rmtree, city.folder)
    city.found()
    seal_cheaply(PASSPHRASE, city.ca, city.root_dir)
    try:
        city.open()
    finally:
        city.stop()
    shutil.rmtree(city.folder / "logs")
    return city.folder


def seal_cheaply(passphrase: str, *folders: Path) -> None:
    """Seal all keys in a CA's folders anew, so that opening them takes no time: 0.6 s each, and two for nearly every command."""
    for key in (key for folder in folders for key in folder.glob("*.key")):
        secret = read_key_file(key, passphrase)
        key.unlink()
        write_key_file(key, secret, passphrase, _CHEAP)


def _introduce(city: City) -> None:
    """As an operator does with `--server` at the next command."""
    state = city.ca / "state.json"
    known = json.loads(state.read_text("utf-8"))
    state.write_text(json.dumps(known | {"server": city.address}), "utf-8")
