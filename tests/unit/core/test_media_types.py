"""The media type of a file is the same on every machine: by its content, then by a table of endings."""

from __future__ import annotations

import io
import mimetypes
import zipfile
from pathlib import PurePath

import pytest

from client.core.media_types import HEAD, UNKNOWN, media_type


def zipped() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return data.getvalue()


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(64)


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("方案.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("方案.txt", b"%PDF-1.7\n", "application/pdf"),
        ("方案", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("照片.JPG", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("照片.png", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("动图.webp", b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        ("录音.wav", b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"),
        ("录像.mp4", b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        ("表.xlsx", zipped(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("文.ofd", zipped(), "application/ofd"),
        ("包.zip", zipped(), "application/zip"),
        ("表.exe", zipped(), "application/zip"),
        ("文.DOC", OLE, "application/msword"),
        ("文.wps", OLE, "application/vnd.ms-works"),
        ("说明.txt", "汛情说明".encode(), "text/plain"),
        ("说明.txt", "汛情说明".encode("gbk"), "text/plain"),
        ("表.csv", b"a,b\r\n", "text/csv"),
        ("页.html", b"<html>", "text/html"),
        ("页.pdf", b"<html>", "text/plain"),
        ("空", b"", UNKNOWN),
        ("程序.txt", b"MZ\x00\x01\x02", UNKNOWN),
    ],
)
def test_content_decides_and_then_the_ending(name: str, head: bytes, kind: str) -> None:
    assert media_type(name, head) == kind


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_long_text_is_text_wherever_its_head_is_cut(encoding: str) -> None:
    text = "a" + "汛" * HEAD
    assert media_type("说明", text.encode(encoding)[:HEAD]) == "text/plain"


def test_what_the_machine_has_registered_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(mimetypes.types_map, ".csv", "application/vnd.ms-excel")
    assert media_type(PurePath("表.csv").name, b"a,b") == "text/csv"
