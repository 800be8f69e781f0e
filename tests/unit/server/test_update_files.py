"""What a server's folder of updates gives out and takes in: these files, whole, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from protocol.errors import ErrorCode, JinshuError
from server_stub.updates import update_files
from server_stub.updates.update_files import Brought, NotUpdates, UpdateFiles, bring


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "source"
    for folder in ("metadata", "targets"):
        (made / folder).mkdir(parents=True)
    for name in ("1.root.json", "1.snapshot.json", "timestamp.json"):
        (made / "metadata" / name).write_bytes(name.encode())
    (made / "targets" / "ab.one.deb").write_bytes(b"package")
    return made


def test_a_file_is_given_out_piece_by_piece(source: Path) -> None:
    files = UpdateFiles(source)
    assert files.size("targets", "ab.one.deb") == 7
    assert files.read("targets", "ab.one.deb", 3, 2) == b"ka"
    assert files.read("targets", "ab.one.deb", 7, 2) == b""


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("targets", "../../tls/server.key"),
        ("targets", ".."),
        ("targets", ".hidden"),
        ("targets", ""),
        ("..", "config.toml"),
        ("metadata", "link.json"),
        ("metadata", "pipe.json"),
        ("metadata", "folder.json"),
        ("metadata", "large.json"),
        ("metadata", "none.json"),
        ("targets", "a" * 300),
    ],
)
def test_nothing_else_is(source: Path, monkeypatch: pytest.MonkeyPatch, folder: str, name: str) -> None:
    (source / "secret").write_text("secret")
    lists = source / "metadata"
    (lists / "link.json").symlink_to(source / "secret")
    os.mkfifo(lists / "pipe.json")
    (lists / "folder.json").mkdir()
    (lists / "large.json").write_bytes(b"x" * 100)
    monkeypatch.setitem(update_files.FOLDERS, "metadata", 50)
    with pytest.raises(JinshuError) as refused:
        UpdateFiles(source).size(folder, name)
    assert refused.value.code is ErrorCode.UPDATES_MISSING


def test_what_is_brought_is_there_before_the_list_that_names_it(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    order: list[str] = []
    replace = os.replace

    def seen(one: Path, other: Path) -> None:
        order.append(other.name)
        replace(one, other)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", seen)
        assert bring(source, target) == Brought(metadata=3, packages=1)
    assert order[0] == "ab.one.deb"
    assert order[-1] == "timestamp.json"
    assert bring(source, target) == Brought(metadata=0, packages=0)
    (source / "metadata" / "timestamp.json").write_bytes(b"another word!!")
    assert bring(source, target) == Brought(metadata=1, packages=0)


@pytest.mark.parametrize("odd", ["link", "folder", "name", "pointer"])
def test_a_foreign_file_keeps_all_of_it_out(source: Path, tmp_path: Path, odd: str) -> None:
    if odd == "link":
        (source / "targets" / "link").symlink_to(source / "metadata" / "timestamp.json")
    elif odd == "folder":
        (source / "targets" / "folder").mkdir()
    elif odd == "name":
        (source / "targets" / "a b").write_bytes(b"x")
    else:
        (source / "metadata" / "timestamp.json").unlink()
    target = tmp_path / "target"
    with pytest.raises(NotUpdates):
        bring(source, target)
    assert not target.exists()
