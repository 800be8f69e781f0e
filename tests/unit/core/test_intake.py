"""Files are looked at before they are taken in: folders opened, names read, and what cannot go said."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from client.core.intake import LARGEST, MOST_FILES, FileFault, look_at, name_of
from protocol.crypto.files import ciphertext_size
from protocol.wire.blobs import MAX_BLOB

linux_names = pytest.mark.skipif(sys.platform == "win32", reason="names are Unicode there")


def test_an_ordinary_file_is_plain(tmp_path: Path) -> None:
    (tmp_path / "方案.pdf").write_bytes(b"12")
    (file,) = look_at([tmp_path / "方案.pdf"]).files
    assert (file.name, file.size, file.fault, file.plain, file.empty) == ("方案.pdf", 2, None, True, False)


def test_an_empty_file_is_no_fault_but_not_plain(tmp_path: Path) -> None:
    (tmp_path / "空.txt").touch()
    (file,) = look_at([tmp_path / "空.txt"]).files
    assert (file.fault, file.plain, file.empty) == (None, False, True)


def test_what_is_too_large_for_the_server_is_known_without_reading_it(tmp_path: Path) -> None:
    for name, size in (("大", LARGEST), ("过大", LARGEST + 1)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    assert [each.fault for each in look_at([tmp_path / "大", tmp_path / "过大"]).files] == [
        None,
        FileFault.TOO_LARGE,
    ]
    assert ciphertext_size(LARGEST) <= MAX_BLOB < ciphertext_size(LARGEST + 1)


def test_pipes_and_missing_files_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "管道")
    found = look_at([tmp_path / "管道", tmp_path / "没有"])
    assert [each.fault for each in found.files] == [FileFault.NO_FILE, FileFault.UNREADABLE]


def test_a_folder_offers_its_files_by_name_without_litter_or_links(tmp_path: Path) -> None:
    folder = tmp_path / "汛情"
    (folder / "内").mkdir(parents=True)
    (folder / ".git").mkdir()
    for name in ("二.txt", "一.txt", ".DS_Store", "~$一.docx", "Thumbs.db", "内/三.txt", ".git/config"):
        (folder / name).write_text("x")
    (folder / "回").symlink_to(folder)
    found = look_at([folder])
    assert found.folders == ("汛情",)
    assert [each.name for each in found.files] == ["一.txt", "二.txt", "三.txt"]


def test_a_very_full_folder_is_offered_in_part_and_says_so(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        (tmp_path / f"{number:03}").write_text("x")
    found = look_at([tmp_path])
    assert (len(found.files), found.more) == (MOST_FILES, True)


@linux_names
def test_a_name_in_gbk_bytes_is_read(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "汛期报告.txt".encode("gbk")))
    path.write_text("x")
    assert name_of(path) == "汛期报告.txt"
    (file,) = look_at([path]).files
    assert (file.name, file.plain) == ("汛期报告.txt", True)


@linux_names
def test_a_path_whose_gbk_bytes_a_dialog_has_lost_is_found_again(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/" + "附件".encode("gbk")
    os.mkdir(folder)
    raw = folder + b"/" + "报告.txt".encode("gbk")
    Path(os.fsdecode(raw)).write_text("x")
    (file,) = look_at([Path(raw.decode("utf-8", "replace"))]).files
    assert (file.name, file.source) == ("报告.txt", Path(os.fsdecode(raw)))
