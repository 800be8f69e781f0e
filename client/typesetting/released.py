"""The settings that count: templates, fonts and engine of every released version, as documents record them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_LIST: Final = Path(__file__).resolve().parents[2] / "resources" / "templates" / "released.json"


@dataclass(frozen=True, slots=True)
class Setting:
    """What pages are set with: hashes of templates and fonts, and the engine with its version."""

    template: bytes
    fonts: bytes
    engine: str


@cache
def released_settings() -> frozenset[Setting]:
    """Those of this version and of the ones before it; whoever seals can name any other, but it does not count."""
    listed = json.loads(_LIST.read_text(encoding="utf-8"))
    return frozenset(
        Setting(bytes.fromhex(each["template"]), bytes.fromhex(each["fonts"]), each["engine"])
        for each in listed
    )
