"""What pages show of updates, frozen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from protocol.errors import ErrorCode


class UpdateStage(StrEnum):
    """How far this computer is with the newest version the city signs."""

    NONE = "none"  # the city signs no updates
    UNCHECKED = "unchecked"
    CURRENT = "current"
    AVAILABLE = "available"
    LOADING = "loading"
    READY = "ready"  # on this disk, and what the city signed


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """`version` and what follows of it are empty while there is nothing newer. Times are ms UTC, sizes bytes.

    `installable`: this program can install the package by itself. `returnable`: should the new version not start, this one comes
    back by itself. `fault`: why the last look at the list, or the download, failed.
    """

    stage: UpdateStage
    here: str
    version: str = ""
    notes_zh: str = ""
    notes_en: str = ""
    size: int = 0
    done: int = 0
    checked_at: int | None = None
    expires_at: int | None = None
    put_off: bool = False
    installable: bool = False
    returnable: bool = False
    fault: ErrorCode | None = None
