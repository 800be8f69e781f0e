"""The blind search finds what it should in every encoding: a search that cannot find proves nothing."""

from __future__ import annotations

import base64
import gzip
import io
import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.support.blind_search import key_needle, search_bytes, search_folder, search_memory, text_needle

SECRET = "关于加强防汛工作的通知"
KEY = bytes(range(7, 39))


def zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", data)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize(
    "wrap",
    [bytes, base64.b64encode, base64.urlsafe_b64encode, bytes.hex, zlib.compress, gzip.compress, zipped],
)
@pytest.mark.parametrize("before", [0, 1, 2, 5])
def test_a_text_is_found_in_every_encoding_and_wrapping(encoding: str, wrap: object, before: int) -> None:
    data = wrap(os.urandom(before) + SECRET.encode(encoding) + b"tail")  # type: ignore[operator]
    data = data.encode() if isinstance(data, str) else data
    assert search_bytes(b"noise" * 20 + data + b"noise", [text_needle(SECRET)], "buffer")


@pytest.mark.parametrize("wrap", [bytes, base64.b64encode, bytes.hex, zlib.compress])
def test_a_key_is_found(wrap: object) -> None:
    data = wrap(b"x" + KEY + b"y")  # type: ignore[operator]
    data = data.encode() if isinstance(data, str) else data
    assert search_bytes(data, [key_needle("document key", KEY)], "buffer")


def test_nothing_is_found_in_noise() -> None:
    assert not search_bytes(os.urandom(1 << 20), [text_needle(SECRET), key_needle("key", KEY)], "noise")


def test_files_and_file_names_are_searched(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.db").write_bytes(b"..." + SECRET.encode("gb18030"))
    (tmp_path / f"{SECRET}.pdf").touch()
    places = {hit.place for hit in search_folder(tmp_path, [text_needle(SECRET)])}
    assert len(places) == 2


def test_the_memory_of_a_process_is_searched(tmp_path: Path) -> None:
    program = f"import sys; kept = {SECRET!r}.encode('utf-8'); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline()
        hits = search_memory(child.pid, [text_needle(SECRET)], tmp_path)
        missing = search_memory(child.pid, [key_needle("a key nobody has", os.urandom(32))], tmp_path)
        child.communicate(b"")
    assert hits
    assert not missing
