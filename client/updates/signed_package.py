"""What the city's list says, once it has been read and checked (`update_list.py`)."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.updates import UpdateFacts


@dataclass(frozen=True, slots=True)
class SignedPackage:
    """A package the city signs: `remote` is its name at the server, `name` the one to keep it under."""

    name: str
    remote: str
    size: int
    sha256: bytes
    facts: UpdateFacts


@dataclass(frozen=True, slots=True)
class UpdateList:
    """All packages for platforms this program knows, and until when the list counts (ms UTC)."""

    packages: tuple[SignedPackage, ...]
    expires_at: int
