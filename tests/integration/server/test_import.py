"""The air gap: what `jinshu-ca` writes into files is taken in by `jinshu-server admin import`, by the same rules (C1)."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from client.core.client import CoreClient
from client.core.events import LoginState
from client.core.keys.slots import PassphraseCost
from protocol.errors import ErrorCode, JinshuError
from server_stub import config as configuration
from server_stub.__main__ import main
from server_stub.audit import trail
from server_stub.database.database import Database
from server_stub.directory import log_store
from tests.end_to_end.city import City, Official

T = TypeVar("T")
CHEAP = PassphraseCost(time=1, memory_kib=8, lanes=1)


class Carried(City):
    """A city whose CA has no network: everything goes by files."""

    def files(self, name: str) -> Path:
        return self.folder / "stick" / name

    def take_in(self, *paths: Path) -> int:
        return main(["admin", "import", str(self.server_dir), *map(str, paths)])

    def leaves(self) -> int:
        return len(self._read(lambda connection: log_store.leaves(connection, 0, 1000)))

    def audited(self) -> list[tuple[str, str]]:
        assert self._read(trail.first_broken) is None
        rows = self._read(lambda connection: list(trail.rows(connection)))
        return [(row.action, row.result) for row in rows]

    def _read(self, run: Callable[[Connection], T]) -> T:
        database = Database(configuration.read(self.server_dir))
        try:
            return database.read_now(run)
        finally:
            database.close()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[Carried]:
    made = Carried(tmp_path)
    made.found()
    made.files("").mkdir()
    made._ca("publish", str(made.ca), "--out", str(made.files("first")))
    yield made
    made.stop()


async def test_a_site_lives_on_files_alone(city: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    clerk = city.appoint(Official("甲", "甲", ("fgw.clerk",)))
    city._ca("publish", str(city.ca), "--out", str(city.files("second")))
    registration = city.files("code.json")
    printed = city._ca(
        "enrol", str(city.ca), clerk, "--no-qr", "--out", str(registration), "--server", "https://127.0.0.1:1"
    )
    code = str(next(fact["code"] for fact in printed if "code" in fact))
    # Given in any order, and twice: a snapshot still comes after the one before it.
    assert await asyncio.to_thread(city.take_in, registration, city.files("second"), city.files("first")) == 0
    # Two snapshots, the list of the first, one that names the log since a snapshot said so, and the code.
    assert capsys.readouterr().out.count("imported") == 5
    assert city.leaves() == 4
    assert await asyncio.to_thread(city.take_in, city.files("first"), city.files("second"), registration) == 0
    assert "imported" not in capsys.readouterr().out
    assert city.leaves() == 4
    assert city.audited().count(("import", "ok")) == 5

    city.start_server()
    client = CoreClient.open(city.folder / "profile", cost=CHEAP)
    try:
        await client.login.enrol(city.address, code, "办公室电脑")
        city.sign_all()
        await client.login.wait()
        assert client.login.state is LoginState.UNPROTECTED
        assert client.directory.size >= 5
        device = client.me.device
        assert await asyncio.to_thread(city.take_in, city.files("first")) == 1
        assert "stop it first" in capsys.readouterr().err

        city.stop()
        city._ca("revoke", str(city.ca), device, "--reason", "遗失", "--out", str(city.files("revoked")))
        assert await asyncio.to_thread(city.take_in, city.files("revoked")) == 0
        port = int(city.address.rpartition(":")[2])
        city.start_server(port)
        with pytest.raises(JinshuError) as caught:
            await client.directory.catch_up()
        assert caught.value.code is ErrorCode.CERTIFICATE_REVOKED
    finally:
        await client.stop()


def test_what_the_ca_did_not_sign_is_refused(city: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    path = next(city.files("first").glob("organisation-*.json"))
    document = json.loads(path.read_bytes())
    for name, changed in {
        "one entry less": {"entries": document["entries"][1:]},
        "another number": {"number": 2},
        "another leaf": {"leaf": document["leaf"][:-12] + "AAAAAAAAAAA="},
        "another kind": {"kind": "revocations"},
        "a newer format": {"version": 2},
        "something more": {"more": 1},
    }.items():
        forged = city.files("forged.json")
        forged.write_text(json.dumps({**document, **changed}))
        assert city.take_in(forged) == 1, name
        assert "forged.json" in capsys.readouterr().err, name
        assert (city.leaves(), city.audited()) == (0, []), name
    assert city.take_in(path) == 0
    assert city.leaves() == 1


def test_garbage_stops_everything_before_anything_is_taken_in(
    city: Carried, capsys: pytest.CaptureFixture[str]
) -> None:
    (city.files("first") / "zz.json").write_bytes(b"{")
    assert city.take_in(city.files("first")) == 1
    assert "wire.malformed(file=zz.json)" in capsys.readouterr().err
    assert not configuration.read(city.server_dir).database.exists()


def test_a_changed_issuing_ca_is_taken_in_before_what_it_signed(city: Carried) -> None:
    assert city.take_in(city.files("first")) == 0
    last = str(city.leaves())
    changed = city.files("changed")
    city._ca("ca-change", str(city.root_dir), str(city.ca), "--last-trusted", last, "--out", str(changed))
    city._ca("publish", str(city.ca), "--out", str(changed))
    assert len(list(changed.iterdir())) == 3
    assert city.take_in(changed) == 0
    assert city.leaves() == 5


def test_two_servers_on_one_folder_are_one_too_many(
    city: Carried, capsys: pytest.CaptureFixture[str]
) -> None:
    city.start_server()
    assert main(["serve", str(city.server_dir), "--port", "0"]) == 1
    assert "stop it first" in capsys.readouterr().err
    city.stop()
    shutil.rmtree(city.server_dir / "blobs")
    assert city.take_in(city.files("first")) == 0
