"""The fonts a page is set with: the product's own by default, so that every machine sets the same bytes."""

from __future__ import annotations

import hashlib
import struct
from functools import cached_property
from pathlib import Path

import typst

# The face with the widest coverage; every family list of the templates ends in it.
_FALLBACK = "NotoSerifCJKsc-Regular.otf"


class FontSet:
    """The fonts under one folder; with `installed`, the machine's own as well, and then bytes differ by machine.

    Invariant: `installed` is off wherever a sealed page is set.
    """

    def __init__(self, folder: Path, *, installed: bool = False) -> None:
        self.folder = folder
        self.installed = installed

    @cached_property
    def fonts(self) -> typst.Fonts:
        """The faces, read once."""
        return typst.Fonts(
            include_system_fonts=self.installed, include_embedded_fonts=False, font_paths=[str(self.folder)]
        )

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The font files, by name."""
        return tuple(sorted(self.folder.glob("*.otf")))

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 over the names and hashes of all font files."""
        total = hashlib.sha256(b"jinshu/fonts/v1")
        for path in self.files:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").digest()
            total.update(path.name.encode() + b"\0" + digest)
        return total.digest()

    @cached_property
    def _coverage(self) -> tuple[tuple[int, int], ...]:
        return _read_coverage((self.folder / _FALLBACK).read_bytes())

    def missing(self, text: str) -> tuple[str, ...]:
        """The characters no face of ours can show, in order of code."""
        seen = {ord(char) for char in text if not char.isspace()}
        return tuple(chr(code) for code in sorted(seen) if not any(a <= code <= b for a, b in self._coverage))


def _read_coverage(font: bytes) -> tuple[tuple[int, int], ...]:
    """The ranges of the font's character map (formats 4 and 12 of OpenType `cmap`)."""
    count = struct.unpack_from(">H", font, 4)[0]
    for index in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if tag == b"cmap":
            return _read_cmap(font, offset)
    return ()


def _read_cmap(font: bytes, start: int) -> tuple[tuple[int, int], ...]:
    ranges: set[tuple[int, int]] = set()
    for index in range(struct.unpack_from(">H", font, start + 2)[0]):
        offset = start + struct.unpack_from(">HHI", font, start + 4 + 8 * index)[2]
        kind = struct.unpack_from(">H", font, offset)[0]
        if kind == 4:
            ranges.update(_read_segments(font, offset))
        elif kind == 12:
            groups = struct.unpack_from(">I", font, offset + 12)[0]
            ranges.update(
                struct.unpack_from(">II", font, offset + 16 + 12 * group) for group in range(groups)
            )
    return tuple(sorted(ranges))


def _read_segments(font: bytes, offset: int) -> list[tuple[int, int]]:
    count = struct.unpack_from(">H", font, offset + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, offset + 14)
    starts = struct.unpack_from(f">{count}H", font, offset + 16 + 2 * count)
    return [(a, b) for a, b in zip(starts, ends, strict=True) if a != 0xFFFF]
