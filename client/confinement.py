"""Reading files from others in a process of its own: bounded in CPU time and memory, and ended when it goes past either.

A few kilobytes can keep a general reader busy for minutes, or fill the memory; here they cost the reader's process only.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import IO, Any, Final, ParamSpec, TypeVar

from protocol.errors import ErrorCode, JinshuError

if sys.platform == "win32":
    from client.job_object import JobObject, kernel
else:
    import resource

P = ParamSpec("P")
T = TypeVar("T")
# The path is replaced before anything is looked for: a folder with a document may hold modules of any name.
_PROGRAM: Final = (
    "import sys; sys.path[:] = {path!r}; from client.confinement import read_for; read_for({limits})"
)
_WITHOUT_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """CPU seconds for one call; bytes of address space (Windows: of committed memory) for the process, libraries included."""

    cpu_seconds: int = 20
    memory: int = 1 << 30

    def arguments(self) -> str:
        return f"{self.cpu_seconds}, {self.memory}"


class Confinement:
    """One such process, started at the first call and again after it had to be ended; calls take turns."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function of a module over there; it blocks, and is for worker threads.

        Raises:
            JinshuError: what the function raised, or `verify.too_heavy`: it went past a limit, or its reader crashed.
        """
        with self._turn:
            process = self._ready()
            try:
                _send(process.stdin, (function, args, kwargs))
                kind, value = _receive(process.stdout)
            except (OSError, EOFError, pickle.UnpicklingError):
                self._end()
                raise JinshuError(ErrorCode.VERIFY_TOO_HEAVY) from None
            except BaseException:
                self._end()  # an answer left in the pipe would be taken for the next one's
                raise
        if kind == "returned":
            answer: T = value
            return answer
        if kind == "refused":
            raise JinshuError(ErrorCode(value[0]), **value[1])
        raise RuntimeError(f"a confined reader failed: {value}")

    def close(self) -> None:
        """End the process."""
        with self._turn:
            self._end()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            program = _PROGRAM.format(
                path=[each for each in sys.path if each], limits=self._limits.arguments()
            )
            self._process = subprocess.Popen(
                [sys.executable, "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=_WITHOUT_WINDOW,
            )
            try:
                _receive(self._process.stdout)
            except EOFError:
                raise RuntimeError("the confined reader did not start") from None
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


@cache
def _readers() -> Confinement:
    made = Confinement()
    atexit.register(made.close)
    return made


def confined(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in the one process that all readers of this one share; see `Confinement.run`."""
    return _readers().run(function, *args, **kwargs)


def read_for(cpu_seconds: int, memory: int) -> None:
    """The other side: answer calls until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked decides when it ends
    logging.disable()  # what readers have to say of damaged files is not for the user
    # Whatever a library prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    allow = _bounds(memory)
    _send(answers, "ready")
    while True:
        try:
            function, args, kwargs = _receive(sys.stdin.buffer)
        except EOFError:
            return
        allow(time.process_time(), cpu_seconds)
        _send(answers, _answer(function, args, kwargs))


def _answer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, Any]:
    try:
        return "returned", function(*args, **kwargs)
    except JinshuError as error:
        return "refused", (error.code.value, error.params)
    except MemoryError:
        return "refused", (ErrorCode.VERIFY_TOO_HEAVY.value, {})
    except Exception as error:  # told over there, where it is raised again
        return "failed", type(error).__name__


if sys.platform == "win32":

    def _bounds(memory: int) -> Callable[[float, int], None]:
        """Bound the memory of this process now; what is returned bounds its CPU time, by what it has used, and more."""
        try:
            job = JobObject(memory, kernel())
            job.allow(time.process_time(), 60)  # before anything is asked
        except OSError:
            # What a job object is refused by is not ours to mend: the process can still be spared.
            return lambda _used, _more: None
        return job.allow

else:

    def _bounds(memory: int) -> Callable[[float, int], None]:
        """Bound the memory of this process now; what is returned bounds its CPU time, by what it has used, and more."""
        _lower(resource.RLIMIT_CORE, 0)
        _lower(resource.RLIMIT_AS, memory)
        return lambda used, more: _lower(resource.RLIMIT_CPU, int(used) + 1 + more)

    def _lower(kind: int, most: int) -> None:
        """The soft limit alone, and never above what this process was given."""
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _send(stream: IO[bytes] | None, value: Any) -> None:
    assert stream is not None
    pickle.dump(value, stream)
    stream.flush()


def _receive(stream: IO[bytes] | None) -> Any:
    assert stream is not None
    return pickle.load(stream)
