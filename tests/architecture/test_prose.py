"""The protocol's text stays findable and diffable: wrapped like code, tables apart."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
WIDTH: Final = 120


def test_the_protocol_is_wrapped() -> None:
    """A line that is longer and is no row, heading or block of code hides what changed in it."""
    fenced, wide = False, []
    for number, line in enumerate((ROOT / "PROTOCOL.md").read_text("utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith(("|", "#")) and len(line) > WIDTH and " " in line.strip():
            wide.append(f"PROTOCOL.md:{number} has {len(line)} characters")
    assert not wide, "\n".join(wide)
