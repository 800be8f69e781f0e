"""What the checks are told of this installation; nothing of it is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where to look, and whom to ask.

    `server` is empty when none is configured; `root` is the SHA-256 of the root certificate that is known here, in
    hexadecimal digits, or empty; `media_port` is 0 when the site named none. `held_here`: the asking program itself has the
    profile open.
    """

    profile: Path
    server: str = ""
    root: str = ""
    media_port: int = 0
    held_here: bool = False

    def value(self) -> dict[str, Any]:
        """As it goes through a pipe; `parse` reads it."""
        return {
            "profile": str(self.profile),
            "server": self.server,
            "root": self.root,
            "media_port": self.media_port,
            "held_here": self.held_here,
        }

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Surroundings:
        """Read what `value` made."""
        return cls(
            Path(value["profile"]),
            str(value["server"]),
            str(value["root"]),
            int(value["media_port"]),
            bool(value["held_here"]),
        )
