"""What a help desk is given, as one text: the rows without what is private, the last crash, the last lines of the log.

It is shown in full before it is copied or saved. Nothing in it names a person, a document, a server or a folder: of the log
only its own fields are taken, and ids and long figures are cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from client.core.crash_report import last_report
from client.core.log import FILE
from client.core.self_check import CheckRow, Remark
from client.ui.base.catalogue import LanguageName, remark_text
from protocol.release import RELEASE
from protocol.text import Field, shown

_LINES: Final = 200
_TAIL_BYTES: Final = 256 << 10
_LONGEST: Final = 400
_FRAMES: Final = 6  # of a fault, the innermost
_ID: Final = re.compile(r"\b([a-z]{3})_[a-z2-7]{20,32}\b")
_FIGURE: Final = re.compile(r"\b[0-9a-fA-F]{24,}\b")
_PATH: Final = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\"]+){2,}")


def diagnostics_text(
    rows: Sequence[CheckRow], log: Path, system: str, now_ms: int, language: LanguageName
) -> str:
    """The whole of it.

    Args:
        rows: what the checks found; empty when none was made yet.
        log: the profile's log folder.
        system: what runs underneath, in one line.
        now_ms: this computer's time.
        language: of the sentences; names and figures are the same in each.
    """
    made = datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="seconds")
    lines = [f"jinshu {RELEASE}", f"system: {system}", f"made: {made}"]
    lines += _section("bundle.checks", language)
    for row in rows:
        lines += _row_lines(row, language)
    if not rows:
        lines.append(remark_text(Remark("bundle.not_made"), language))
    lines += _section("bundle.crash", language)
    lines.append(last_report(log).strip() or remark_text(Remark("bundle.no_crash"), language))
    lines += _section("bundle.log", language)
    lines += _log_lines(log) or [remark_text(Remark("bundle.no_log"), language)]
    return "\n".join(lines) + "\n"


def _section(key: str, language: LanguageName) -> list[str]:
    return ["", f"== {remark_text(Remark(key), language)} =="]


def _row_lines(row: CheckRow, language: LanguageName) -> list[str]:
    outcome, title = (
        remark_text(Remark(key), language) for key in (f"outcome.{row.outcome.value}", f"{row.name}.title")
    )
    lines = [f"[{outcome}] {title} ({row.name}): {remark_text(row.found, language)}"]
    facts = ", ".join(f"{name}={text}" for name, text in row.facts if text)
    return [*lines, f"    {facts}"] if facts else lines


def _log_lines(log: Path) -> list[str]:
    """The newest lines, the last one last; a file that was just begun is filled up from the one before."""
    found: list[str] = []
    for name in (f"{FILE}.1", FILE):
        found += [said for line in _tail(log / name) if (said := _log_line(line))]
    return found[-_LINES:]


def _tail(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def _log_line(line: str) -> str:
    """Time, level, logger and sentence of a line, with the places of its fault; nothing of what is no line of our log."""
    try:
        value: dict[str, Any] = json.loads(line)
        said = " ".join(str(value[name]) for name in ("at", "level", "logger", "event"))
        for fault in value.get("fault", ()):
            places = " < ".join(str(place) for place in reversed(fault["at"][-_FRAMES:]))
            said += f" | {fault['type']} {fault.get('code', '')} {places}"
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    for form, instead in ((_ID, r"\1_…"), (_FIGURE, "…"), (_PATH, "…")):
        said = form.sub(instead, said)
    return shown(said, Field.NOTE)[:_LONGEST]
