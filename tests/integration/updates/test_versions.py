"""Versions of the real client as processes, side by side under one prefix: 0.5.0 opens 0.4.0's profile; 0.6.0 spoils the store and
dies at its start; 0.5.0 comes back with everything, and what was queued before arrives once."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from client.core.client import CoreClient
from client.core.profile import ProfileLock
from client.messaging.service import Messaging
from client.updates.installers import TreeInstaller
from client.updates.journal import UpdateJournal
from client.updates.rollback import UpdatePhase
from protocol.errors import JinshuError
from tests.end_to_end.city import City
from tests.end_to_end.processes import ROOT, environment
from tests.integration.documents.desks import CHEAP, PASSPHRASE
from tests.integration.messaging.talkers import Hall, Talker
from tests.support.cable import Cable
from tests.support.prepared_city import running_city
from tests.support.version_process import FileKeyring
from tests.support.waiting import until

_SCRIPT = """#!/bin/sh
JINSHU_TEST_TREE="$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)"
export JINSHU_TEST_TREE
exec "{python}" -P -m tests.support.version_process "$@"
"""


class RingHall(Hall):
    """Its clients may be opened by a keyring in a file."""

    def open(self, name: str) -> Talker:
        core = CoreClient.open(self.folder / name, keyring=self.ring, cost=CHEAP)
        talker = Talker(core, Messaging(core).conversations)
        core.bus.subscribe(talker.events.append)
        self.talkers.append(talker)
        return talker

    @property
    def ring(self) -> FileKeyring:
        return FileKeyring(self.folder / "ring.json")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with running_city(tmp_path / "city") as made:
        yield made


@pytest_asyncio.fixture
async def cable(city: City) -> AsyncIterator[Cable]:
    made = await Cable.to(city.address)
    yield made
    await made.sever()


@pytest_asyncio.fixture
async def hall(city: City, tmp_path: Path) -> AsyncIterator[RingHall]:
    made = RingHall(city, tmp_path)
    yield made
    await made.close()


def package(folder: Path, version: str, *, spoils: bool = False) -> Path:
    """A tree of a version, packed as the CA's operator gets it."""
    path = folder / f"jinshu-{version}.tar"
    members = {"bin/jinshu": _SCRIPT.format(python=sys.executable).encode()}
    if spoils:
        members["spoils"] = b"yes"
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o755
            archive.addfile(info, io.BytesIO(data))
    return path


async def test_a_version_that_dies_at_its_start_gives_way_to_the_former_one_and_nothing_is_lost(
    hall: RingHall, cable: Cable, tmp_path: Path
) -> None:
    writer, reader = (
        await hall.joined("甲", "fgw.clerk", cable.address),
        await hall.joined("乙", "fgw.office"),
    )
    await hall.in_step()
    await writer.core.login.add_keyring(PASSPHRASE)
    talk = await writer.conversations.start((reader.person,), "")
    await writer.says(talk, "第一条")
    await reader.sees(talk, "第一条")
    # From here on the writer is away: what he writes is queued, and no version can send it.
    await cable.sever()
    await until(lambda: not writer.core.online)
    await writer.says(talk, "第二条")
    profile = writer.core.paths.root
    await hall.closed(writer)

    prefix, told = tmp_path / "prefix", tmp_path / "told"
    TreeInstaller(prefix).install(package(tmp_path, "0.4.0"), "0.4.0")
    orders = {
        "0.4.0": {"version": "0.5.0", "package": str(package(tmp_path, "0.5.0"))},
        "0.5.0": {"version": "0.6.0", "package": str(package(tmp_path, "0.6.0", spoils=True))},
    }
    running = environment(
        QT_QPA_PLATFORM="offscreen",
        JINSHU_TEST_RING=str(tmp_path / "ring.json"),
        JINSHU_TEST_TOLD=str(told),
        JINSHU_TEST_ORDERS=json.dumps(orders),
        PYTHONPATH=str(ROOT),
    )
    first = _started(prefix, profile, running, tmp_path / "processes.log")
    back = "0.5.0 opened:updates.went_back"

    def lines() -> list[str]:
        return told.read_text("utf-8").splitlines() if told.exists() else []

    def arrived() -> bool:
        dead = first.poll() not in (None, 0)
        assert not dead, (tmp_path / "processes.log").read_text()
        return any(line.startswith(back) for line in lines())

    await until(arrived)
    said = [line.rsplit(" ", 1) for line in lines()]
    assert [what for what, _ in said] == [
        *("0.4.0 begun", "0.4.0 opened", "0.5.0 begun", "0.5.0 opened"),
        *("0.6.0 begun", "0.6.0 spoils", "0.6.0 begun", "0.6.0 spoils"),
        *("0.5.0 begun", back),
    ]
    assert first.wait() == 0
    journal = UpdateJournal(profile, "0.5.0")
    assert (journal.state.phase, journal.state.good, journal.failed()) == (
        UpdatePhase.SETTLED,
        "0.5.0",
        frozenset({"0.6.0"}),
    )
    assert (prefix / "current").resolve().name == "0.5.0"
    os.kill(int(said[-1][1]), signal.SIGTERM)
    await until(lambda: _free(profile))

    # The same profile, by whoever opens it: what the broken version wrote is not in it, and what was queued goes out once.
    await cable.mend()
    again = hall.open("甲")
    await again.core.login.unlock(PASSPHRASE)
    assert await again.core.settings.load("of.a.later.form") is None
    assert await again.texts(talk) == ["第一条", "第二条"]
    await again.core.start()
    await reader.sees(talk, "第一条", "第二条")
    await again.core.outbox.drained()
    await again.says(talk, "第三条")
    await reader.sees(talk, "第一条", "第二条", "第三条")


def _started(prefix: Path, profile: Path, env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    command = [str(prefix / "current" / "bin" / "jinshu"), "--profile", str(profile)]
    with log.open("wb") as file:
        return subprocess.Popen(command, env=env, stdout=file, stderr=file)


def _free(profile: Path) -> bool:
    try:
        ProfileLock(profile / "lock").release()
    except JinshuError:
        return False
    return True
