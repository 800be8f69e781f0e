"""Where the profile of this start lies, known before the interface is loaded."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import platformdirs


def profile_folder(argv: Sequence[str]) -> Path:
    """The folder named by `--profile`, or this user's own."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--profile", type=Path)
    found: Path | None = parser.parse_known_args(list(argv))[0].profile
    return found or Path(platformdirs.user_data_dir("jinshu", False)) / "profile"
