"""Writes `procedures.json` anew: the value and the hash of every version of every procedure this program ships.

A version that has landed must come out as it stood: `git diff` shows nothing but the newest one.
"""

from __future__ import annotations

import json
from pathlib import Path

from protocol.documents.dispatch import VERSIONS


def main() -> None:
    made = {each.name: {"value": each.value(), "hash": each.hash.hex()} for each in VERSIONS}
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
