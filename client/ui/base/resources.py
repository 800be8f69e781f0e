"""Where the interface's own files lie; the tree is the same in a checkout, a wheel and a frozen program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

RESOURCES: Final = Path(__file__).resolve().parents[3] / "resources"


def resource(*parts: str) -> Path:
    """The path of a file under `resources/`."""
    return RESOURCES.joinpath(*parts)
