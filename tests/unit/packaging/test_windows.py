"""What can be known of the Windows installer without Windows."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from bundle import closure, windows
from bundle.wheels import AMD64, ARM64, WIN64, Target
from client.updates.installers import WindowsInstaller

ROOT: Final = Path(__file__).resolve().parents[3]
LOCK: Final = ROOT / "packaging" / "requirements.lock"


def zipped(folder: Path, names: tuple[str, ...]) -> Path:
    place = folder / "python.zip"
    with zipfile.ZipFile(place, "w") as archive:
        for name in names:
            archive.writestr(name, b"MZ")
    return place


def test_an_interpreter_is_told_where_the_rest_lies(tmp_path: Path) -> None:
    (root := tmp_path / "tree").mkdir()
    windows.unpack(zipped(tmp_path, windows.INTERPRETER), root)
    assert "Lib\\site-packages" in (root / "python311._pth").read_text("utf-8").splitlines()


@pytest.mark.parametrize("lacking", windows.INTERPRETER)
def test_a_zip_of_another_shape_is_refused(tmp_path: Path, lacking: str) -> None:
    names = tuple(name for name in windows.INTERPRETER if name != lacking)
    (root := tmp_path / "tree").mkdir()
    with pytest.raises(windows.WrongInterpreterError, match=lacking):
        windows.unpack(zipped(tmp_path, names), root)


@pytest.mark.parametrize(
    "name", ["aux.py", "Lib/con", "a:b", "what?", "end.", "end ", "COM1.txt", "l" * 181, "Lib/nul.json"]
)
def test_names_windows_does_not_take_are_found(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    place.touch()
    assert windows.unfit(tmp_path) == [name]


def test_names_that_differ_only_by_case_are_found(tmp_path: Path) -> None:
    for name in ("Read.txt", "read.txt"):
        (tmp_path / name).touch()
    assert windows.unfit(tmp_path) == ["read.txt"]


def test_our_own_files_have_names_that_windows_takes(tmp_path: Path) -> None:
    for name in ("client", "protocol", "resources"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert windows.unfit(tmp_path) == []


@cache
def _imports() -> frozenset[str]:
    return frozenset(closure.imported([ROOT / "client", ROOT / "protocol"]))


def _needed(target: Target) -> set[str]:
    return closure.closure(_imports(), target.markers)


def test_each_system_gets_its_own_keyring() -> None:
    assert {"pywin32-ctypes", "tzdata"} <= _needed(WIN64)
    assert not {"secretstorage", "jeepney", "uvloop"} & _needed(WIN64)
    for target in (AMD64, ARM64):
        assert {"secretstorage", "jeepney"} <= _needed(target)


@pytest.mark.parametrize("target", [AMD64, ARM64, WIN64], ids=lambda target: target.name)
def test_the_client_needs_nothing_of_server_or_tests(target: Target) -> None:
    needed = _needed(target)
    assert not {"fastapi", "uvicorn", "alembic", "pytest", "mypy", "structlog"} & needed
    lines = closure.locked(LOCK, needed)
    assert all("--hash=sha256:" in block for block in lines.split("\n\n") if block.strip())


def test_a_distribution_the_lock_lacks_is_named() -> None:
    with pytest.raises(LookupError, match="no-such-thing"):
        closure.locked(LOCK, {"no-such-thing"})


def test_an_update_starts_what_the_start_menu_starts() -> None:
    script = (ROOT / "packaging" / "windows" / "jinshu.nsi").read_text("utf-8")
    program, *arguments = WindowsInstaller(Path("$INSTDIR")).command()
    entry = f'锦书.lnk" "{program.replace("/", chr(92))}" "{" ".join(arguments)}"'
    assert entry in script


def test_the_script_compiles(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    windows.unpack(zipped(tmp_path, windows.INTERPRETER), tree)
    windows.draw_icon(ROOT / "packaging" / "debian" / "icon.svg", tree / "jinshu.ico")
    script, installer = ROOT / "packaging" / "windows" / "jinshu.nsi", tmp_path / "jinshu.exe"
    values = {"VERSION": "1.2.3", "TREE": tree, "OUTPUT": installer, "ICON": tree / "jinshu.ico"}
    defined = [f"-D{name}={value}" for name, value in values.items()]
    told = subprocess.run(
        ["makensis", "-WX", "-V2", "-INPUTCHARSET", "UTF8", *defined, str(script)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert told.returncode == 0, told.stdout
    assert installer.read_bytes()[:2] == b"MZ"
