"""The bounds of the confined reader on Windows: what Windows is asked for, byte by byte, since no Windows is here to ask."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import pytest

from client.job_object import BasicLimits, ExtendedLimits, JobObject, kernel

OURS, ITSELF = 77, -1


class Windows:
    """Notes what it is asked, and refuses what it is told to."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.asked: list[str] = []
        self.limits: list[ExtendedLimits] = []

    def _answer(self, name: str) -> bool:
        self.asked.append(name)
        return name != self.refuses

    def CreateJobObjectW(self, *_given: Any) -> int:
        return OURS if self._answer("create") else 0

    def GetCurrentProcess(self) -> int:
        return ITSELF

    def AssignProcessToJobObject(self, job: int, process: int) -> bool:
        assert (job, process) == (OURS, ITSELF)
        return self._answer("assign")

    def SetInformationJobObject(self, job: int, kind: int, limits: Any, size: int) -> bool:
        assert (job, kind, size) == (OURS, 9, 144)
        self.limits.append(ExtendedLimits.from_buffer_copy(limits._obj))
        return self._answer("limit")


def test_the_structures_are_those_of_windows_on_x64() -> None:
    """winnt.h as compiled for x64; where fields stand is what Windows goes by."""
    assert (ctypes.sizeof(BasicLimits), ctypes.sizeof(ExtendedLimits)) == (64, 144)
    places = {name: getattr(BasicLimits, name).offset for name, *_ in BasicLimits._fields_}
    assert places["flags"] == 16
    assert places["processes"] == 40
    assert ExtendedLimits.process_memory.offset == 112


def test_a_process_is_in_its_job_before_it_is_allowed_anything() -> None:
    windows = Windows()
    job = JobObject(1 << 30, windows)
    job.allow(1.5, 20)
    job.allow(4.0, 20)
    assert windows.asked == ["create", "assign", "limit", "limit"]
    first, second = windows.limits
    assert (first.basic.per_process_time, second.basic.per_process_time) == (215_000_000, 240_000_000)
    assert first.basic.flags == 0x2 | 0x8 | 0x100 | 0x400
    assert (first.basic.processes, first.process_memory) == (1, 1 << 30)


@pytest.mark.parametrize("refuses", ["create", "assign", "limit"])
def test_what_windows_refuses_is_said(refuses: str) -> None:
    with pytest.raises(OSError, match="job"):
        JobObject(1 << 30, Windows(refuses)).allow(0, 20)


@pytest.mark.skipif(sys.platform == "win32", reason="there it is one")
def test_elsewhere_there_is_no_such_thing() -> None:
    with pytest.raises(OSError, match="Windows"):
        kernel()
