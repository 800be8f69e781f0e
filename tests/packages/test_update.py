"""The package updates itself, as an official without the administrator's password to hand sees it: pkexec asks polkit, dpkg installs.

0.5.0 opens 0.4.0's profile; 0.6.0 spoils the store and dies at its start; 0.5.0 comes back with everything. The three are the package
made by `make packages` with another number and a script that does what the user would.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.integration.updates.going_back import BACK, RingHall, check_told, come_back, hall_by_cable, leave
from tests.packages.chroot import USER, Chroot
from tests.packages.test_debian_package import HOME, PYTHON, needs_in, package
from tests.support import version_process
from tests.support.cable import Cable
from tests.support.waiting import until

pytestmark = pytest.mark.packages

_RELEASE: Final = "bookworm"
# What asks for the password: a desktop has it, and an agent that shows the question. Here the answer stands in a rule.
_POLKIT: Final = ("dbus", "pkexec", "polkitd")
_RULE: Final = f"""polkit.addRule(function(action, subject) {{
    if (action.id == "org.freedesktop.policykit.exec" && subject.user == "{USER}"
        && action.lookup("program") == "/usr/bin/dpkg") return polkit.Result.YES;
}});
"""
_LAUNCHER: Final = f"""#!/bin/sh
exec {PYTHON} -I {HOME}/files/version_process.py "$@"
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that others than its owner can go through, for what both systems see."""
    made = Path(tempfile.mkdtemp(prefix="jinshu-update-"))
    made.chmod(0o755)
    yield made
    subprocess.run(["rm", "-rf", "--one-file-system", str(made)], check=True)


@pytest.fixture
def desktop(place: Path) -> Iterator[Chroot]:
    """A desktop with polkit, and 0.4.0 installed."""
    chroot = Chroot(_RELEASE, place / "desktop")
    chroot.folder.mkdir()
    started: list[subprocess.Popen[bytes]] = []
    try:
        chroot.make([*needs_in(_RELEASE), *_POLKIT])
        (chroot.folder / "etc/polkit-1/rules.d/50-update.rules").write_text(_RULE)
        (chroot.folder / "packages").mkdir()
        for version in ("0.4.0", "0.5.0", "0.6.0"):
            _numbered(version, place, chroot.folder / "packages", spoils=version == "0.6.0")
        chroot.run(["dpkg", "-i", "/packages/jinshu_0.4.0_amd64.deb"])
        chroot.run(["mkdir", "-p", "/run/dbus"])
        for daemon in (
            ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--print-address"],
            ["/usr/lib/polkit-1/polkitd"],
        ):
            started.append(subprocess.Popen(chroot.command(daemon, {}, network=True), stdout=subprocess.PIPE))
            if len(started) == 1:
                assert started[0].stdout is not None
                assert started[0].stdout.readline()  # it listens from then on
        yield chroot
    finally:
        for each in started:
            each.terminate()
            each.communicate()
        chroot.close()


def _numbered(version: str, place: Path, folder: Path, *, spoils: bool) -> None:
    """The package under another number, its client run by a script; not compressed, it is made for one minute."""
    root = place / f"root-{version}"
    subprocess.run(["dpkg-deb", "--raw-extract", str(package()), str(root)], check=True)
    control = root / "DEBIAN" / "control"
    lines = [f"Version: {version}" if line.startswith("Version:") else line for line in _lines(control)]
    control.write_text("\n".join(lines) + "\n")
    files = root / HOME.lstrip("/") / "files"
    (files / "VERSION").write_text(version)
    if spoils:
        (files / "spoils").write_text("yes")
    shutil.copy2(version_process.__file__, files / "version_process.py")
    (files / "bin" / "jinshu").write_text(_LAUNCHER)
    target = folder / f"jinshu_{version}_amd64.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", str(root), str(target)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(root)


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


async def test_a_package_that_dies_at_its_start_gives_way_to_the_former_one_and_nothing_is_lost(
    desktop: Chroot, place: Path
) -> None:
    async with hall_by_cable(place) as (hall, cable):
        await _goes_back(hall, cable, desktop, place)


async def _goes_back(hall: RingHall, cable: Cable, desktop: Chroot, place: Path) -> None:
    left = await leave(hall, cable)
    inside = Path("/home") / USER
    home = desktop.folder / inside.relative_to("/")
    shutil.move(left.profile, home / "profile")
    shutil.copy2(place / "ring.json", home / "ring.json")
    desktop.run(["chown", "-R", f"{USER}:{USER}", str(inside)])

    def order(version: str, former: str) -> dict[str, str]:
        return {
            "version": version,
            "package": f"/packages/jinshu_{version}_amd64.deb",
            "former": f"/packages/jinshu_{former}_amd64.deb",
        }

    variables = {
        "QT_QPA_PLATFORM": "offscreen",
        "SHELL": "/bin/sh",
        "JINSHU_TEST_RING": str(inside / "ring.json"),
        "JINSHU_TEST_TOLD": str(inside / "told"),
        "JINSHU_TEST_ORDERS": json.dumps(
            {"0.4.0": order("0.5.0", "0.4.0"), "0.5.0": order("0.6.0", "0.5.0")}
        ),
    }
    log = place / "processes.log"
    command = desktop.command(["jinshu", "--profile", str(inside / "profile")], variables, USER, network=True)
    first = _started(command, log)

    def lines() -> list[str]:
        return _lines(home / "told") if (home / "told").exists() else []

    def arrived() -> bool:
        assert first.poll() in (None, 0), (lines(), log.read_text())
        return any(line.startswith(BACK) for line in lines())

    await until(arrived)
    assert first.wait() == 0
    assert "Version: 0.5.0" in desktop.run(["dpkg", "--status", "jinshu"])
    last = check_told(lines(), home / "profile")
    with suppress(ProcessLookupError):
        os.kill(last, signal.SIGTERM)
    await until(lambda: not Path(f"/proc/{last}").exists())
    desktop.run(["chown", "-R", "root:root", str(inside / "profile")])
    shutil.move(home / "profile", left.profile)
    await come_back(hall, cable, left)


def _started(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file)
