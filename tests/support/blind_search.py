"""Looks for what a user wrote, and for keys, in folders and memory: in every encoding a careless program might leave behind.

The search is only worth something because it first proves itself: it must find the same needles in a client's memory.
"""

from __future__ import annotations

import base64
import mmap
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_ZLIB_HEADERS = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08")
_ZIP_ENTRY = re.compile(rb"PK\x03\x04")
_INFLATED_AT_MOST = 8 << 20


@dataclass(frozen=True, slots=True)
class Hit:
    """One needle found: where, and in which encoding."""

    needle: str
    encoding: str
    place: str


@dataclass(frozen=True, slots=True)
class Needle:
    """Something that must not be found. `name` is printed, `forms` are (encoding, bytes)."""

    name: str
    forms: tuple[tuple[str, bytes], ...]


def text_needle(text: str) -> Needle:
    """A text in the encodings of our users' machines, plain, in base64 at every offset, and in hexadecimal."""
    plain = [(name, text.encode(name)) for name in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]
    escaped = ("json", text.encode("ascii", "backslashreplace"))
    forms = [*plain, escaped]
    for name, data in plain:
        forms.extend(_wrapped(name, data))
    return Needle(text, tuple(_distinct(forms)))


def key_needle(name: str, key: bytes) -> Needle:
    """A key, raw, in base64 and in hexadecimal."""
    return Needle(name, tuple(_distinct([("raw", key), *_wrapped("raw", key)])))


def _wrapped(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"hex of {name}", data.hex().encode()
    yield f"HEX of {name}", data.hex().upper().encode()
    for offset in range(3):
        # Only the characters wholly determined by the data, whatever stands before and after it.
        encoded = base64.b64encode(b"\0" * offset + data)
        start = (0, 2, 3)[offset]
        end = len(encoded) - (0 if (offset + len(data)) % 3 == 0 else 4)
        for alphabet, form in (
            ("base64", encoded),
            ("base64url", encoded.translate(bytes.maketrans(b"+/", b"-_"))),
        ):
            if end - start >= 8:
                yield f"{alphabet} of {name}", form[start:end]


def _distinct(forms: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    seen: set[bytes] = set()
    for name, data in forms:
        if data not in seen and len(data) >= 6:
            seen.add(data)
            yield name, data


def search_bytes(data: bytes | mmap.mmap, needles: Iterable[Needle], place: str) -> list[Hit]:
    """Search one buffer, and whatever zlib, gzip or zip streams lie inside it."""
    wanted = list(needles)
    hits = _search_plain(data, wanted, place)
    for offset, inflated in _inflate(data):
        hits.extend(_search_plain(inflated, wanted, f"{place} (deflated at {offset})"))
    return hits


def _search_plain(data: bytes | mmap.mmap, needles: list[Needle], place: str) -> list[Hit]:
    return [
        Hit(needle.name, encoding, place)
        for needle in needles
        for encoding, form in needle.forms
        if data.find(form) >= 0
    ]


def _inflate(data: bytes | mmap.mmap) -> Iterator[tuple[int, bytes]]:
    for match in _ZLIB_HEADERS.finditer(data):
        yield from _try(data, match.start(), match.start(), zlib.MAX_WBITS | 32)
    for match in _ZIP_ENTRY.finditer(data):
        header = data[match.start() : match.start() + 30]
        if len(header) == 30:
            body = (
                match.start()
                + 30
                + int.from_bytes(header[26:28], "little")
                + int.from_bytes(header[28:30], "little")
            )
            yield from _try(data, match.start(), body, -zlib.MAX_WBITS)


def _try(data: bytes | mmap.mmap, offset: int, start: int, wbits: int) -> Iterator[tuple[int, bytes]]:
    engine = zlib.decompressobj(wbits)
    try:
        inflated = engine.decompress(data[start : start + _INFLATED_AT_MOST], _INFLATED_AT_MOST)
    except zlib.error:
        return
    if len(inflated) >= 6:
        yield offset, inflated


def search_folder(folder: Path, needles: Iterable[Needle]) -> list[Hit]:
    """Search every file below a folder, and the names of the files."""
    wanted = list(needles)
    hits: list[Hit] = []
    for path in sorted(folder.rglob("*")):
        hits.extend(_search_plain(path.name.encode("utf-8", "surrogateescape"), wanted, f"name of {path}"))
        if path.is_file() and not path.is_symlink() and path.stat().st_size:
            hits.extend(_search_file(path, wanted))
    return hits


def _search_file(path: Path, needles: list[Needle]) -> list[Hit]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return search_bytes(data, needles, str(path))


def search_memory(pid: int, needles: Iterable[Needle], folder: Path) -> list[Hit]:
    """Take a core dump of a running process, search it, and delete it.

    Raises:
        RuntimeError: no dump could be taken; a search that saw nothing must not pass.
    """
    gcore = shutil.which("gcore")
    if gcore is None:
        raise RuntimeError("gcore (package gdb) is needed for a core dump")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([gcore, "-a", "-o", str(folder / "core"), str(pid)], capture_output=True, check=False)
    dump = folder / f"core.{pid}"
    if not dump.exists():
        raise RuntimeError(f"no core dump of {pid}")
    try:
        return _search_large(dump, list(needles), f"memory of {pid}")
    finally:
        dump.unlink()


def _search_large(path: Path, needles: list[Needle], place: str) -> list[Hit]:
    """One pass of grep for all forms at once: a dump has hundreds of megabytes. A form that ends a line is sought by itself."""
    forms = [(needle.name, encoding, form) for needle in needles for encoding, form in needle.forms]
    patterns = path.with_suffix(".patterns")
    patterns.write_bytes(b"".join(form + b"\n" for _, _, form in forms if b"\n" not in form))
    found = subprocess.run(
        ["grep", "--text", "--only-matching", "--fixed-strings", f"--file={patterns}", str(path)],
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )
    patterns.unlink()
    if found.returncode > 1:
        raise RuntimeError("the dump could not be searched")
    matched = set(found.stdout.split(b"\n"))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return [
            Hit(name, encoding, place)
            for name, encoding, form in forms
            if (data.find(form) >= 0 if b"\n" in form else form in matched)
        ]
