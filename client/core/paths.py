"""Where a profile keeps what (C21)."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_OWNER: Final = 0o700


@dataclass(frozen=True, slots=True)
class ProfilePaths:
    """The fixed names inside one profile folder."""

    root: Path

    @property
    def profile(self) -> Path:
        return self.root / "profile.json"

    @property
    def slots(self) -> Path:
        return self.root / "slots.json"

    @property
    def store(self) -> Path:
        return self.root / "store.db"

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def root_certificate(self) -> Path:
        return self.root / "root.pem"

    def create(self) -> None:
        """Make the folders, closed to other users; those that a copy or an older version left open are closed."""
        for folder in (self.root, self.blobs, self.log):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) != _OWNER:
                folder.chmod(_OWNER)
