"""Reading files from others in processes of their own: bounded in CPU time and memory, and ended when it goes past either.

A few kilobytes can keep a general reader busy for minutes, or fill the memory; here they cost the reader's process only.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import IO, Any, Concatenate, Final, ParamSpec, TypeVar

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
_REMEMBERED: Final = 1000
# What a process ends with that somebody else ended: SIGKILL, or what a user ends it with on Windows.
_FROM_OUTSIDE: Final = frozenset({-9, 1})
_WITHOUT_WINDOW: Final[int] = getattr(subprocess, "CREATE_NO_WINDOW", 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """CPU seconds for one call; bytes of address space (Windows: of committed memory) for the process, libraries included."""

    cpu_seconds: int = 20
    memory: int = 1 << 30

    def arguments(self) -> str:
        return f"{self.cpu_seconds}, {self.memory}"


class _SparedError(JinshuError):
    """The process was ended from outside, as by a system without memory: the file is to be tried again another time."""


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
            used = self._process is not None
            kind, value = self._ask((function, args, kwargs))
            if _is_too_heavy(kind, value):
                # What it has gathered is freed with it; and what others left there is not to be laid to this file.
                self._end()
                if used:
                    kind, value = self._ask((function, args, kwargs))
                if used and _is_too_heavy(kind, value):
                    self._end()
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

    def _ask(self, call: tuple[Any, ...]) -> tuple[str, Any]:
        process = self._ready()
        try:
            _send(process.stdin, call)
            kind, value = _receive(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            refusal = _SparedError if self._end() in _FROM_OUTSIDE else JinshuError
            raise refusal(ErrorCode.VERIFY_TOO_HEAVY) from None
        except BaseException:
            self._end()  # an answer left in the pipe would be taken for the next one's
            raise
        return kind, value

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

    def _end(self) -> int | None:
        """How it ended, if there was one; one that has ended by itself says so still."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        process.communicate()
        return process.returncode


class Readers:
    """Some such processes, and the memory of what was too heavy for them.

    A hostile file holds one of them for as long as its limits let it, on a busy machine for a minute: whoever opens another one
    meanwhile has the next. One file has never more than one of them, and what was too heavy once is refused at once from then on.
    """

    def __init__(self, limits: Limits | None = None, count: int = 2) -> None:
        self._changed = threading.Condition()
        self._free = [Confinement(limits) for _ in range(count)]
        self._all = tuple(self._free)
        self._read: set[bytes] = set()
        self._heavy: OrderedDict[tuple[str, bytes], tuple[Any, ...]] = OrderedDict()

    def run(
        self, function: Callable[Concatenate[bytes, P], T], file: bytes, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `Confinement.run`, of a function whose first argument is the file it reads."""
        name = hashlib.sha256(file).digest()
        key, asked = (f"{function.__module__}.{function.__qualname__}", name), (*args, *kwargs.items())
        reader = self._take(name)
        try:
            # Only now: it may have been found too heavy while this one waited.
            if _asks_no_less(asked, self._heavy.get(key)):
                raise JinshuError(ErrorCode.VERIFY_TOO_HEAVY)
            return reader.run(function, file, *args, **kwargs)
        except JinshuError as error:
            if error.code is ErrorCode.VERIFY_TOO_HEAVY and not isinstance(error, _SparedError):
                self._remember(key, asked)
            raise
        finally:
            self._give_back(name, reader)

    def close(self) -> None:
        """End the processes."""
        for reader in self._all:
            reader.close()

    def _take(self, name: bytes) -> Confinement:
        with self._changed:
            self._changed.wait_for(lambda: name not in self._read and bool(self._free))
            self._read.add(name)
            return (
                self._free.pop()
            )  # the last one used, so that a second is started only when there is work for two

    def _give_back(self, name: bytes, reader: Confinement) -> None:
        with self._changed:
            self._read.discard(name)
            self._free.append(reader)
            self._changed.notify_all()

    def _remember(self, key: tuple[str, bytes], asked: tuple[Any, ...]) -> None:
        with self._changed:
            if not _asks_no_less(asked, self._heavy.get(key)):
                self._heavy[key] = asked
            self._heavy.move_to_end(key)
            if len(self._heavy) > _REMEMBERED:
                self._heavy.popitem(last=False)


def _asks_no_less(asked: tuple[Any, ...], before: tuple[Any, ...] | None) -> bool:
    """Whether a call asks for the same as one before, or for more of it: pages that were too heavy are no lighter when wider."""
    if before is None or len(before) != len(asked):
        return False
    pairs = zip(asked, before, strict=True)
    return all(a == b or (isinstance(a, int) and isinstance(b, int) and a > b) for a, b in pairs)


def _is_too_heavy(kind: str, value: Any) -> bool:
    return kind == "refused" and value[0] == ErrorCode.VERIFY_TOO_HEAVY.value


@cache
def _readers() -> Readers:
    made = Readers()
    atexit.register(made.close)
    return made


def confined(
    function: Callable[Concatenate[bytes, P], T], file: bytes, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Read a file in one of the processes that all readers of this one share; see `Readers.run`."""
    return _readers().run(function, file, *args, **kwargs)


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
