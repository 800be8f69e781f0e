"""A system of another age in a folder: Debian as debootstrap makes it, with nothing but what is asked for."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

USER: Final = "official"
_BASES: Final = Path(__file__).resolve().parents[2] / "build" / "chroots"
_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"


class Chroot:
    """`name`: the release (`bullseye`). It lives in `folder`, a copy of a base that is fetched once."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._mounted: list[Path] = []
        self.before: set[str] = set()  # its files before the package came

    def make(self, packages: Sequence[str]) -> None:
        """Fill the folder, and install these packages from the release's own archive; what was fetched once is kept.

        Raises:
            subprocess.CalledProcessError: debootstrap or apt failed; its words are in the error's output.
        """
        wanted = hashlib.sha256(" ".join(sorted(packages)).encode()).hexdigest()[:16]
        ready = _BASES / f"{self.name}-{wanted}"
        if not ready.exists():
            _prepare(self.name, packages, ready)
        _run(["cp", "-a", "--reflink=auto", f"{ready}/.", str(self.folder)])
        self._show_kernel()

    def _show_kernel(self) -> None:
        for place in ("proc", "dev"):
            self.bind(Path("/") / place)

    def bind(self, place: Path) -> None:
        """Show a folder of this machine at the same place in there."""
        inside = self.folder / place.relative_to("/")
        inside.mkdir(parents=True, exist_ok=True)
        _run(["mount", "--bind", str(place), str(inside)])
        self._mounted.append(inside)

    def unbind(self, places: Sequence[Path]) -> None:
        """Take folders of this machine out again, those of them that are shown."""
        for place in places:
            inside = self.folder / place.relative_to("/")
            if inside in self._mounted:
                _run(["umount", "--lazy", str(inside)])
                self._mounted.remove(inside)

    def command(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        user: str = "root",
        *,
        network: bool = False,
    ) -> list[str]:
        """The command line, for this machine, that runs `command` in there, with no other variables than these."""
        apart = [] if network else ["unshare", "--net"]
        entered = ["chroot", f"--userspec={user}:{user}", str(self.folder)]
        variables = {"PATH": _PATH, "LANG": "C.UTF-8", "HOME": "/root" if user == "root" else f"/home/{user}"}
        return [
            *apart,
            *entered,
            "env",
            "-i",
            *(f"{k}={v}" for k, v in (variables | dict(environment)).items()),
            *command,
        ]

    def run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        user: str = "root",
        *,
        network: bool = False,
    ) -> str:
        """What it prints.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        return _run(self.command(command, environment or {}, user, network=network))

    def files(self) -> set[str]:
        """Every file in there but those of the kernel, of the package manager's log, and of users."""
        found: set[str] = set()
        skipped = {self.folder / name for name in ("proc", "dev", "sys", "tmp", "home", "run")}
        for folder, below, names in os.walk(self.folder):
            below[:] = [each for each in below if Path(folder) / each not in skipped]
            found.update(str((Path(folder) / name).relative_to(self.folder)) for name in [*names, *below])
        return found

    def close(self) -> None:
        """Take what is mounted out again; the folder is the caller's to remove."""
        for place in reversed(self._mounted):
            _run(["umount", "--lazy", str(place)])
        self._mounted.clear()


def _prepare(name: str, packages: Sequence[str], ready: Path) -> None:
    base, half = _BASES / name, ready.with_suffix(".half")
    if not (base / "etc" / "debian_version").exists():
        shutil.rmtree(base, ignore_errors=True)
        base.parent.mkdir(parents=True, exist_ok=True)
        _run(["debootstrap", "--variant=minbase", name, str(base)])
    shutil.rmtree(half, ignore_errors=True)
    _run(["cp", "-a", "--reflink=auto", f"{base}/.", str(half)])
    chroot = Chroot(name, half)
    try:
        chroot._show_kernel()
        shutil.copy2("/etc/resolv.conf", half / "etc" / "resolv.conf")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        chroot.run(["apt-get", "-qq", "update"], network=True)
        chroot.run(
            ["apt-get", "-qq", "-y", "--no-install-recommends", "install", *packages], quiet, network=True
        )
        chroot.run(["useradd", "--create-home", "--shell", "/bin/sh", USER])
    finally:
        chroot.close()
    half.rename(ready)


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        raise subprocess.CalledProcessError(done.returncode, command, f"{done.stdout}\n{done.stderr}")
    return done.stdout
