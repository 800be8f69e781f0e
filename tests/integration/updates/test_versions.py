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
from pathlib import Path

from client.core.profile import ProfileLock
from client.updates.installers import TreeInstaller
from protocol.errors import JinshuError
from tests.end_to_end.processes import ROOT, environment
from tests.integration.updates.going_back import BACK, RingHall, check_told, come_back, hall_by_cable, leave
from tests.support.cable import Cable
from tests.support.waiting import until

_SCRIPT = """#!/bin/sh
JINSHU_TEST_TREE="$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)"
export JINSHU_TEST_TREE
exec "{python}" -P -m tests.support.version_process "$@"
"""


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
    tmp_path: Path,
) -> None:
    async with hall_by_cable(tmp_path) as (hall, cable):
        await _goes_back(hall, cable, tmp_path)


async def _goes_back(hall: RingHall, cable: Cable, tmp_path: Path) -> None:
    left = await leave(hall, cable)
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
    first = _started(prefix, left.profile, running, tmp_path / "processes.log")

    def lines() -> list[str]:
        return told.read_text("utf-8").splitlines() if told.exists() else []

    def arrived() -> bool:
        dead = first.poll() not in (None, 0)
        assert not dead, (tmp_path / "processes.log").read_text()
        return any(line.startswith(BACK) for line in lines())

    await until(arrived)
    assert first.wait() == 0
    last = check_told(lines(), left.profile)
    assert (prefix / "current").resolve().name == "0.5.0"
    os.kill(last, signal.SIGTERM)
    await until(lambda: _free(left.profile))
    await come_back(hall, cable, left)


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
