"""How a package takes the place of the version that runs, on each kind of computer, and how the former one is put back."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from client.core.durable import sync_folder
from protocol.errors import ErrorCode, JinshuError
from protocol.updates import Platform

Run = Callable[[Sequence[str]], int]
_PKEXEC: Final = "/usr/bin/pkexec"
_DPKG: Final = "/usr/bin/dpkg"
_DEB_COMMAND: Final = "/usr/bin/jinshu"
_DEB_RECORD: Final = Path("/var/lib/dpkg/info/jinshu.list")
# pkexec: the dialogue was dismissed; nobody could be asked, or the password was wrong.
_NOT_ALLOWED: Final = (126, 127)
_ENTRY: Final = Path("bin") / "jinshu"


class Installer(Protocol):
    """One kind of installation. Its methods block.

    `keeps_former`: the version that runs now stays on the disk, so that its package is not needed to come back to it.
    """

    @property
    def platform(self) -> Platform: ...
    @property
    def keeps_former(self) -> bool: ...

    def install(self, package: Path, version: str) -> None:
        """Put `package`, whose hash was checked just now, in the place of what is installed.

        Raises:
            JinshuError: `updates.declined`, `updates.install_failed`; what was installed is as it was.
        """
        ...

    def put_back(self, former: Path | None, version: str) -> None:
        """Bring a former version back, out of its package where it is not on the disk.

        Raises:
            JinshuError: `updates.no_installer`, there is nothing to bring it back from; as `install`.
        """
        ...

    def command(self) -> list[str]:
        """How the version that is installed now is run."""
        ...


def run_quietly(arguments: Sequence[str]) -> int:
    """Run a program without a shell; returns its exit code."""
    return subprocess.run(list(arguments), check=False, stdin=subprocess.DEVNULL).returncode


class DebInstaller:
    """A .deb through pkexec: the desktop asks for the administrator's password, dpkg does the rest."""

    keeps_former = False

    def __init__(self, machine: str, run: Run = run_quietly) -> None:
        self.platform = Platform.DEB_ARM64 if machine == "aarch64" else Platform.DEB_AMD64
        self._run = run

    def install(self, package: Path, version: str) -> None:
        del version  # it stands in the package
        try:
            code = self._run([_PKEXEC, _DPKG, "--install", str(package)])
        except OSError:
            raise JinshuError(ErrorCode.UPDATES_NO_INSTALLER) from None
        if code in _NOT_ALLOWED:
            raise JinshuError(ErrorCode.UPDATES_DECLINED)
        if code:
            raise JinshuError(ErrorCode.UPDATES_INSTALL_FAILED, status=code)

    def put_back(self, former: Path | None, version: str) -> None:
        if former is None or not former.is_file():
            raise JinshuError(ErrorCode.UPDATES_NO_INSTALLER)
        self.install(former, version)

    def command(self) -> list[str]:
        return [_DEB_COMMAND]


class WindowsInstaller:
    """The silent installer. Written from NSIS's documentation; not tried on Windows."""

    platform = Platform.WINDOWS_X64
    keeps_former = False

    def __init__(self, folder: Path, run: Run = run_quietly) -> None:
        self._folder = folder
        self._run = run

    def install(self, package: Path, version: str) -> None:
        del version
        # NSIS takes the rest of the line after /D= as it is, so it comes last and without quotes.
        try:
            code = self._run([str(package), "/S", f"/D={self._folder}"])
        except OSError:
            raise JinshuError(ErrorCode.UPDATES_NO_INSTALLER) from None
        if code:
            raise JinshuError(ErrorCode.UPDATES_INSTALL_FAILED, status=code)

    def put_back(self, former: Path | None, version: str) -> None:
        if former is None or not former.is_file():
            raise JinshuError(ErrorCode.UPDATES_NO_INSTALLER)
        self.install(former, version)

    def command(self) -> list[str]:
        # As the Start menu's entry of `jinshu.nsi` does.
        return [str(self._folder / "pythonw.exe"), "-m", "client"]


class TreeInstaller:
    """Versions side by side under one prefix, without the system's package manager:

    PREFIX/versions/0.5.0/…    one folder a version, out of a tar file; `bin/jinshu` in it runs it
    PREFIX/current             a link to the one that is run
    """

    platform = Platform.TREE
    keeps_former = True

    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix

    def install(self, package: Path, version: str) -> None:
        versions = self._prefix / "versions"
        target, fresh = versions / version, versions / f"{version}.new"
        try:
            versions.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(fresh, ignore_errors=True)
            _unpack(package, fresh)
            if not os.access(fresh / _ENTRY, os.X_OK):
                raise JinshuError(ErrorCode.UPDATES_INSTALL_FAILED, status=1)
            shutil.rmtree(target, ignore_errors=True)
            fresh.rename(target)
            sync_folder(versions)
            former = (self._prefix / "current").resolve().name
            self._link(version)
        except (OSError, tarfile.TarError):
            raise JinshuError(ErrorCode.UPDATES_INSTALL_FAILED, status=1) from None
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        for each in versions.iterdir():
            if each.name not in (version, former):
                shutil.rmtree(each, ignore_errors=True)

    def put_back(self, former: Path | None, version: str) -> None:
        del former
        if not (self._prefix / "versions" / version / _ENTRY).exists():
            raise JinshuError(ErrorCode.UPDATES_NO_INSTALLER)
        try:
            self._link(version)
        except OSError:
            raise JinshuError(ErrorCode.UPDATES_INSTALL_FAILED, status=1) from None

    def command(self) -> list[str]:
        return [str(self._prefix / "current" / _ENTRY)]

    def _link(self, version: str) -> None:
        aside = self._prefix / "current.new"
        aside.unlink(missing_ok=True)
        aside.symlink_to(Path("versions") / version)
        os.replace(aside, self._prefix / "current")
        sync_folder(self._prefix)


def installer_here(program: Path = Path(__file__)) -> Installer | None:
    """The kind of installation `program` runs from; None: it was not installed from a package, a source tree say."""
    for folder in program.resolve().parents:
        if folder.parent.name == "versions" and (folder.parent.parent / "current").is_symlink():
            return TreeInstaller(folder.parent.parent)
    if sys.platform == "win32":
        homes = [each for each in program.resolve().parents if (each / "uninstall.exe").exists()]
        return WindowsInstaller(homes[0]) if homes else None
    installed = (
        _DEB_RECORD.is_file() and str(program.resolve()) in _DEB_RECORD.read_text("utf-8").splitlines()
    )
    if installed and Path(_PKEXEC).exists() and Path(_DPKG).exists():
        return DebInstaller(platform.machine())
    return None


def _unpack(package: Path, target: Path) -> None:
    """Files, folders, and links that stay inside; a device, or a path that leads out, is no version of ours."""
    with tarfile.open(package) as archive:
        members = archive.getmembers()
        for member in members:
            path = PurePosixPath(member.name)
            aim = PurePosixPath(*path.parent.parts, member.linkname) if member.issym() else path
            if (
                not (member.isreg() or member.isdir() or member.issym())
                or _leads_out(path)
                or _leads_out(aim)
            ):
                raise JinshuError(ErrorCode.UPDATES_INSTALL_FAILED, status=1)
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
        target.mkdir()
        for member in members:
            archive.extract(member, target, set_attrs=not member.issym(), numeric_owner=False)


def _leads_out(path: PurePosixPath) -> bool:
    depth = 0
    for part in path.parts:
        depth += -1 if part == ".." else 1
        if depth < 0 or part == "/":
            return True
    return False
