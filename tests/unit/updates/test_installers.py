"""How packages are installed: what the system is asked, and trees that lead nowhere else."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from client.updates.installers import DebInstaller, TreeInstaller, WindowsInstaller, installer_here
from protocol.errors import ErrorCode, JinshuError
from protocol.updates import Platform

Member = tuple[tarfile.TarInfo, bytes]


def file(name: str, data: bytes = b"x", mode: int = 0o644) -> Member:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    return info, data


def other(name: str, kind: bytes, aim: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, aim
    return info, b""


ENTRY = file("bin/jinshu", b"#!/bin/sh\n", 0o6755)


def packed(path: Path, *members: Member) -> Path:
    with tarfile.open(path, "w") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return path


def code(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(JinshuError) as refused:
        act()
    return refused.value.code


def test_versions_stand_side_by_side_and_the_link_says_which_is_run(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    installer = TreeInstaller(prefix)
    for version in ("0.4.0", "0.5.0"):
        installer.install(packed(tmp_path / "a.tar", ENTRY, file("lib/x.py", version.encode())), version)
        assert (prefix / "current" / "lib" / "x.py").read_bytes() == version.encode()
    assert installer.command() == [str(prefix / "current" / "bin" / "jinshu")]
    assert (prefix / "current" / "bin" / "jinshu").stat().st_mode & 0o7777 == 0o755
    installer.put_back(None, "0.4.0")
    assert (prefix / "current" / "lib" / "x.py").read_bytes() == b"0.4.0"
    # The former one stays for the way back; what was before it goes.
    installer.install(packed(tmp_path / "a.tar", ENTRY), "0.6.0")
    assert sorted(each.name for each in (prefix / "versions").iterdir()) == ["0.4.0", "0.6.0"]
    assert code(lambda: installer.put_back(None, "0.5.0")) is ErrorCode.UPDATES_NO_INSTALLER


@pytest.mark.parametrize(
    "odd",
    [
        file("../out"),
        file("/etc/out"),
        file("lib/../../out"),
        other("link", tarfile.SYMTYPE, "/etc/passwd"),
        other("lib/link", tarfile.SYMTYPE, "../../out"),
        other("hard", tarfile.LNKTYPE, "bin/jinshu"),
        other("device", tarfile.CHRTYPE),
        other("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda member: f"{member[0].name}-{member[0].linkname}",
)
def test_a_tree_that_leads_out_is_no_version(tmp_path: Path, odd: Member) -> None:
    installer = TreeInstaller(tmp_path / "prefix")
    installer.install(packed(tmp_path / "a.tar", ENTRY), "0.4.0")
    package = packed(tmp_path / "b.tar", ENTRY, odd)
    assert code(lambda: installer.install(package, "0.5.0")) is ErrorCode.UPDATES_INSTALL_FAILED
    assert (tmp_path / "prefix" / "current").resolve().name == "0.4.0"
    assert [each.name for each in (tmp_path / "prefix" / "versions").iterdir()] == ["0.4.0"]


@pytest.mark.parametrize("content", [b"", b"no tar at all" * 100])
def test_what_is_no_tree_changes_nothing(tmp_path: Path, content: bytes) -> None:
    installer = TreeInstaller(tmp_path / "prefix")
    (tmp_path / "b.tar").write_bytes(content)
    assert code(lambda: installer.install(tmp_path / "b.tar", "0.5.0")) is ErrorCode.UPDATES_INSTALL_FAILED
    assert not (tmp_path / "prefix" / "current").is_symlink()


def test_a_deb_goes_through_pkexec_and_no_shell() -> None:
    asked: list[list[str]] = []

    def run(arguments: object) -> int:
        assert isinstance(arguments, list)
        asked.append(arguments)
        return 0

    installer = DebInstaller("aarch64", run)
    assert (installer.platform, installer.keeps_former) == (Platform.DEB_ARM64, False)
    installer.install(Path("/home/a b/jinshu_0.5.0_arm64.deb"), "0.5.0")
    assert asked == [
        ["/usr/bin/pkexec", "/usr/bin/dpkg", "--install", "/home/a b/jinshu_0.5.0_arm64.deb"],
    ]
    assert code(lambda: installer.put_back(None, "0.4.0")) is ErrorCode.UPDATES_NO_INSTALLER


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (126, ErrorCode.UPDATES_DECLINED),
        (127, ErrorCode.UPDATES_DECLINED),
        (1, ErrorCode.UPDATES_INSTALL_FAILED),
        (-9, ErrorCode.UPDATES_INSTALL_FAILED),
    ],
)
def test_what_pkexec_answers_is_told(status: int, wanted: ErrorCode) -> None:
    installer = DebInstaller("x86_64", lambda _arguments: status)
    assert code(lambda: installer.install(Path("a.deb"), "0.5.0")) is wanted


def test_the_silent_installer_s_line_ends_with_the_folder() -> None:
    asked: list[object] = []

    def run(arguments: object) -> int:
        asked.append(arguments)
        return 0

    WindowsInstaller(Path("C:/Program Files/Jinshu"), run).install(Path("setup.exe"), "0.5.0")
    assert asked == [["setup.exe", "/S", f"/D={Path('C:/Program Files/Jinshu')}"]]


def test_it_is_known_from_where_a_program_runs(tmp_path: Path) -> None:
    installer = TreeInstaller(tmp_path)
    installer.install(packed(tmp_path / "a.tar", ENTRY, file("lib/client/x.py")), "0.5.0")
    found = installer_here(tmp_path / "current" / "lib" / "client" / "x.py")
    assert isinstance(found, TreeInstaller)
    assert found.command() == installer.command()
    assert installer_here(tmp_path / "elsewhere" / "x.py") is None
