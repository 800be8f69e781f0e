"""What the last run of the program left when it crashed: a report of types, places and versions, told once.

While the program runs, a mark lies in the profile's log folder, and beside it a file into which the interpreter writes the
stacks of all threads when a signal ends it. A run that ends in order takes both away. What the next start finds is made a
report: names of modules and functions with line numbers, never a value, a text or a folder of the user's. A run that merely
vanished (the power, or the system's own end) leaves no stacks and is no crash; the log says so.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import re
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from client.core.clock import Clock
from client.core.log import fault_chain

_log = logging.getLogger(__name__)
_MARK: Final = "running.json"
_STACKS: Final = "running.stacks"
_FAULTS: Final = "running.faults"
_REPORT: Final = "crash.txt"
_TOLD: Final = "crash-told.txt"
_MOST_BYTES: Final = 256 << 10
_MOST_FAULTS: Final = 20
_MOST_LINES: Final = 400
# Forms of `faulthandler`; everything else it or somebody else wrote there is left out.
_HEAD: Final = re.compile(r"(?:Fatal Python error|Windows fatal exception): [A-Za-z0-9 _()':.-]{1,80}")
_THREAD: Final = re.compile(r"(?:Current thread|Thread) 0x[0-9a-f]{4,16}\b.{0,60}\(most recent call first\):")
_FRAME: Final = re.compile(r'  File "(.{1,600})", line (\d{1,7}|\?\?\?) in ([\w<>.]{1,100}|\?\?\?)')
# From where on a path says where in the program it is, not where the program lies.
_ROOTS: Final = ("site-packages", "dist-packages", "client", "protocol")
_PYTHON: Final = re.compile(r"python3\.\d{1,2}|Lib")


class CrashKind(StrEnum):
    """`CRASHED`: a signal or an exception ended the run. `FAULTY`: it went on after exceptions that nobody caught."""

    CRASHED = "crashed"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True)
class CrashReport:
    """`text`: all there is, to be read, saved and sent."""

    kind: CrashKind
    text: str


class CrashWatch:
    """Of one run, from `open` to `close`. Only who holds the profile's lock opens one.

    `found` is the report on an earlier run, until `told`.
    """

    def __init__(self, folder: Path, found: CrashReport | None, stacks: IO[str] | None, clock: Clock) -> None:
        self.found = found
        self._folder = folder
        self._stacks = stacks
        self._clock = clock
        self._faults = 0
        self._former = (sys.excepthook, threading.excepthook)

    @classmethod
    def open(cls, folder: Path, version: str, system: str, clock: Clock) -> CrashWatch:
        """Look at what the run before left, and watch over this one.

        Args:
            folder: the profile's log folder; it is there.
            version: of this program.
            system: what runs underneath, in one line.

        A disk that takes no file keeps it from watching, and nothing else from its work.
        """
        found: CrashReport | None = None
        stacks: IO[str] | None = None
        try:
            found = _taken_over(folder)
            mark = {"version": version, "system": system, "began_at": clock.now_ms()}
            (folder / _MARK).write_text(json.dumps(mark), encoding="utf-8")
            # Who starts the program with it enabled looks at another place.
            if not faulthandler.is_enabled():
                stacks = (folder / _STACKS).open("w", encoding="utf-8")
                faulthandler.enable(stacks, all_threads=True)
        except OSError as refused:
            _log.error("a crash of this run will leave no report: %s", type(refused).__name__)
        watch = cls(folder, found, stacks, clock)
        sys.excepthook = watch._on_fault
        threading.excepthook = watch._on_thread_fault
        return watch

    def told(self) -> None:
        """The user has seen that there is a report: no later start speaks of it. It stays in the folder."""
        self.found = None
        report = self._folder / _REPORT
        if report.exists():
            report.replace(self._folder / _TOLD)

    def close(self) -> None:
        """The run ends in order."""
        sys.excepthook, threading.excepthook = self._former
        if self._stacks is not None:
            faulthandler.disable()
            self._stacks.close()
        # The mark last: without it there was no crash.
        for name in (_STACKS, _MARK):
            with suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)

    def _on_fault(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self._write(error)
        self._former[0](kind, error, trace)

    def _on_thread_fault(self, fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            self._write(fault.exc_value)
        self._former[1](fault)

    def _write(self, error: BaseException) -> None:
        if isinstance(error, KeyboardInterrupt) or self._faults >= _MOST_FAULTS:
            return
        self._faults += 1
        line = json.dumps({"at": self._clock.now_ms(), "fault": fault_chain(error)})
        try:
            with (self._folder / _FAULTS).open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as refused:  # a full disk must not hide the fault itself
            _log.error("a fault could not be written down: %s", type(refused).__name__)


def last_report(folder: Path) -> str:
    """The newest report that lies there, told or not; empty without one."""
    for name in (_REPORT, _TOLD):
        text = _read(folder / name)
        if text:
            return text
    return ""


def _taken_over(folder: Path) -> CrashReport | None:
    """Make a report of what the run before left, or find one that nobody was told of."""
    mark, stacks, faults = (_read(folder / name) for name in (_MARK, _STACKS, _FAULTS))
    ended_badly = (folder / _MARK).exists()
    lines = _stack_lines(stacks) if ended_badly else []
    known = _fault_lines(faults)
    if lines or known:
        kind = CrashKind.CRASHED if ended_badly else CrashKind.FAULTY
        text = "\n".join([*_head(mark, kind), *known, *lines]) + "\n"
        (folder / _REPORT).write_text(text, encoding="utf-8")
    elif ended_badly:
        _log.info("the run before ended without a trace")
    for name in (_STACKS, _FAULTS, _MARK):
        (folder / name).unlink(missing_ok=True)
    text = _read(folder / _REPORT)
    if not text:
        return None
    return CrashReport(CrashKind.FAULTY if f"kind: {CrashKind.FAULTY}" in text else CrashKind.CRASHED, text)


def _head(mark: str, kind: CrashKind) -> list[str]:
    try:
        value: dict[str, Any] = json.loads(mark)
        version, system = str(value["version"])[:40], str(value["system"])[:200]
        began = datetime.fromtimestamp(int(value["began_at"]) / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, OSError):
        version = system = began = "?"
    return [f"kind: {kind}", f"jinshu: {version}", f"system: {system}", f"began: {began}"]


def _fault_lines(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines()[:_MOST_FAULTS]:
        try:
            value = json.loads(line)
            for fault in value["fault"]:
                lines.append("")
                lines.append(f"uncaught: {fault['type']} {fault.get('code', '')}".rstrip())
                lines += [f"  {place}" for place in fault["at"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # half a line: the disk was full, or the process ended while it wrote
    return lines


def _stack_lines(text: str) -> list[str]:
    """What `faulthandler` wrote, with the folders of this computer left out."""
    lines: list[str] = []
    for line in text.splitlines():
        if _HEAD.fullmatch(line) or _THREAD.fullmatch(line):
            lines += ["", line]
        elif found := _FRAME.fullmatch(line):
            lines.append(f"  {_place(found[1])}:{found[2]} {found[3]}")
    return lines[:_MOST_LINES]


def _place(path: str) -> str:
    """Where in the program a file is; of a file that is none of it, its name alone."""
    parts = re.split(r"[\\/]", path)
    for index in range(len(parts) - 1, -1, -1):
        if parts[index] in _ROOTS:
            return "/".join(parts[index + (parts[index] in _ROOTS[:2]) :])
        if _PYTHON.fullmatch(parts[index]):
            return "/".join(parts[index + 1 :])
    return parts[-1]


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
