"""Where the first start of the program listens and a second finds it: one place for each profile, closed to other users."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

# A socket's address has 108 bytes, the last of them zero.
_LONGEST: Final = 107


def meeting_point(profile: Path, environment: Mapping[str, str]) -> str | None:
    """The name of the local socket of a profile; None where there can be none.

    Below XDG_RUNTIME_DIR, which goes with the user's session, and else in the profile itself, which may lie too deep. On Windows the
    name of a pipe.
    """
    name = f"jinshu-{hashlib.sha256(os.fsencode(profile.resolve())).hexdigest()[:16]}"
    if sys.platform == "win32":
        return name
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    folders = [Path(runtime)] if runtime and _is_private(Path(runtime)) else []
    found = (str(folder / name) for folder in [*folders, profile.resolve()])
    return next((place for place in found if len(os.fsencode(place)) <= _LONGEST), None)


def _is_private(folder: Path) -> bool:
    """Whether this user alone may write there."""
    if sys.platform == "win32":
        return False
    try:
        facts = folder.stat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(facts.st_mode)
        and facts.st_uid == os.getuid()
        and not stat.S_IMODE(facts.st_mode) & 0o077
    )
