"""The bounds of a process on Windows: a job object, which ends it past its CPU time and refuses memory past its limit.

A process puts itself into the job before it reads anything: whoever starts it may be a launcher that starts it in turn, as
the `python` of a virtual environment is.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import Structure, byref, c_int64, c_size_t, c_uint32, c_uint64, c_void_p, sizeof
from typing import Any, Final

# winnt.h: what of the structure below counts.
_PROCESS_TIME: Final = 0x2
_ONE_PROCESS: Final = 0x8
_PROCESS_MEMORY: Final = 0x100
_NO_DIALOG_ON_A_CRASH: Final = 0x400
_LIMITS: Final = _PROCESS_TIME | _ONE_PROCESS | _PROCESS_MEMORY | _NO_DIALOG_ON_A_CRASH
_EXTENDED_LIMITS: Final = 9  # JobObjectExtendedLimitInformation
_TICKS: Final = 10_000_000  # of 100 ns in a second


class BasicLimits(Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION; times in ticks of user mode."""

    _fields_ = (
        ("per_process_time", c_int64),
        ("per_job_time", c_int64),
        ("flags", c_uint32),
        ("least_working_set", c_size_t),
        ("most_working_set", c_size_t),
        ("processes", c_uint32),
        ("affinity", c_size_t),
        ("priority", c_uint32),
        ("scheduling", c_uint32),
    )


class ExtendedLimits(Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION; memory in bytes that are committed."""

    _fields_ = (
        ("basic", BasicLimits),
        ("io", c_uint64 * 6),
        ("process_memory", c_size_t),
        ("job_memory", c_size_t),
        ("peak_process_memory", c_size_t),
        ("peak_job_memory", c_size_t),
    )


def kernel() -> Any:
    """The functions of Windows that are asked here.

    Raises:
        OSError: this is no Windows.
    """
    if sys.platform != "win32":
        raise OSError("job objects are Windows' own")
    found = ctypes.WinDLL("kernel32", use_last_error=True)
    found.CreateJobObjectW.restype = c_void_p
    found.CreateJobObjectW.argtypes = (c_void_p, c_void_p)
    found.GetCurrentProcess.restype = c_void_p
    found.AssignProcessToJobObject.argtypes = (c_void_p, c_void_p)
    found.SetInformationJobObject.argtypes = (c_void_p, ctypes.c_int, c_void_p, c_uint32)
    return found


class JobObject:
    """The job this process puts itself into."""

    def __init__(self, memory: int, windows: Any) -> None:
        """`memory`: bytes the process may commit; `windows`: as `kernel` gives it.

        Raises:
            OSError: Windows refused.
        """
        self._windows, self._memory = windows, memory
        self._job = windows.CreateJobObjectW(None, None)
        if not self._job:
            raise OSError("no job object")
        if not windows.AssignProcessToJobObject(self._job, windows.GetCurrentProcess()):
            raise OSError("the process was not let into its job object")

    def allow(self, used: float, more: int) -> None:
        """Let the process go on for `more` seconds of CPU time after the `used` ones.

        Raises:
            OSError: Windows refused.
        """
        limits = ExtendedLimits()
        limits.basic.flags = _LIMITS
        limits.basic.per_process_time = int((used + more) * _TICKS)
        limits.basic.processes = 1
        limits.process_memory = self._memory
        if not self._windows.SetInformationJobObject(
            self._job, _EXTENDED_LIMITS, byref(limits), sizeof(limits)
        ):
            raise OSError("the limits of the job object were refused")
