"""What the city says of a version it lets its people install: the words beside a package in the signed list (PROTOCOL.md §9).

The list itself is a TUF repository. Its metadata are read and checked by `tuf`; here stands what the CA writes into the part that
TUF leaves to applications, and what a client reads of it. Names are those of single files, so that none leads out of a folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering
from typing import Any, Final

from protocol.errors import ErrorCode, RemoteProtocolError
from protocol.text import Field, shown

MAX_METADATA: Final = 1 << 20
MAX_PACKAGE: Final = 2 << 30
MAX_NOTES: Final = 4000
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,199}")
_VERSION: Final = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})")
_NOTES: Final = ("notes_zh", "notes_en")


class Platform(StrEnum):
    """What a package can be installed on."""

    DEB_AMD64 = "deb-amd64"
    DEB_ARM64 = "deb-arm64"
    WINDOWS_X64 = "windows-x64"
    TREE = "tree"  # a tar file of one version's folder, unpacked beside the others without the system's package manager


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """Three numbers, as a release has them."""

    parts: tuple[int, int, int]

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.20.3`.

        Raises:
            JinshuError: `wire.malformed`.
        """
        found = _VERSION.fullmatch(text)
        if found is None:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="version")
        return cls((int(found[1]), int(found[2]), int(found[3])))

    def __lt__(self, other: Version) -> bool:
        return self.parts < other.parts

    def __str__(self) -> str:
        return ".".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """What is said of one package; `notes` are what is new in it, for its users."""

    version: Version
    platform: Platform
    notes_zh: str
    notes_en: str

    def value(self) -> dict[str, str]:
        """As TUF's `custom` has it."""
        return {
            "version": str(self.version),
            "platform": self.platform.value,
            "notes_zh": self.notes_zh,
            "notes_en": self.notes_en,
        }

    @classmethod
    def parse(cls, value: object) -> UpdateFacts | None:
        """Read it; None for a platform that only a later version knows. What else a later one adds is passed over.

        Raises:
            JinshuError: `wire.malformed`.
        """
        if not isinstance(value, Mapping):
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="custom")
        texts = {name: _text(value, name) for name in ("version", "platform", *_NOTES)}
        version = Version.parse(texts["version"])
        if max(len(texts[name]) for name in _NOTES) > MAX_NOTES:
            raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field="notes")
        known = {each.value: each for each in Platform}
        if texts["platform"] not in known:
            return None
        notes = [shown(texts[name], Field.MESSAGE) for name in _NOTES]
        return cls(version, known[texts["platform"]], *notes)


def is_file_name(name: str) -> bool:
    """Whether a file of the repository may be called so: one part of a path, and no hidden one."""
    return _NAME.fullmatch(name) is not None


def _text(value: Mapping[Any, Any], name: str) -> str:
    found = value.get(name)
    if type(found) is not str:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED, field=name)
    return found
