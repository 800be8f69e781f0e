"""The product's commands without their start-up: a process that has imported them forks one for every call.

What is tested with commands as its setting uses them; what is about the commands themselves, and the story, starts real ones.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import io
import json
import os
import select
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.end_to_end.processes import ENDING_SECONDS, ROOT, StoryError, environment

# Of the server also what `serve` imports only when it is called.
_IMPORTED: Final = ("server_stub.ca.__main__", "server_stub.__main__", "server_stub.serving")
_MODULE: Final = "tests.support.forked_commands"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Forked:
    """A command that runs until stopped: the child of a forker, told from a process of its own by nothing but its parent."""

    def __init__(self, name: str, line: socket.socket) -> None:
        self.name = name
        with line:
            self._said = line.makefile("rb")
        self.pid = int(json.loads(self._said.readline())["pid"])
        self._end = os.pidfd_open(self.pid)
        self._code = 0

    def alive(self) -> bool:
        return not self._ended(0.0)

    def stop(self) -> int:
        """Ask it to end, then insist; returns its exit code, or the signal that ended it."""
        if self._end < 0:
            return self._code
        if self.alive():
            signal.pidfd_send_signal(self._end, signal.SIGTERM)
            if not self._ended(ENDING_SECONDS):
                signal.pidfd_send_signal(self._end, signal.SIGKILL)
                self._ended(None)
        os.close(self._end)
        self._end = -1
        with self._said:
            last = self._said.read()
        self._code = int(json.loads(last)["code"]) if last else -signal.SIGTERM
        return self._code

    def _ended(self, seconds: float | None) -> bool:
        # Readable once all its files and locks are closed.
        return bool(select.select([self._end], [], [], seconds)[0])


class ForkedCommands:
    """Commands as a module of the tests makes them (`tests/ages/tomorrow.py`), or as they are."""

    def __init__(self, *through: str) -> None:
        self._age = (*through, _MODULE)

    def run(self, module: str, *arguments: str, env: dict[str, str] | None = None, text: str = "") -> str:
        done = self.outcome(module, *arguments, env=env, text=text)
        if done.code:
            raise StoryError(f"{module} {arguments[0]} exited with {done.code}:\n{done.out}\n{done.err}")
        return done.out

    def outcome(
        self, module: str, *arguments: str, env: dict[str, str] | None = None, text: str = ""
    ) -> Done:
        """To its end, however that is."""
        order = {"module": module, "arguments": arguments, "env": env or environment(), "text": text}
        with self._ordered(order) as line, line.makefile("rb") as answer:
            return Done(**json.load(answer))

    def start(
        self, name: str, module: str, arguments: Sequence[str], log: Path, env: Mapping[str, str]
    ) -> Forked:
        log.parent.mkdir(parents=True, exist_ok=True)
        order = {"module": module, "arguments": arguments, "env": dict(env), "log": str(log)}
        return Forked(name, self._ordered(order))

    def _ordered(self, order: Mapping[str, object]) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.connect(_forker(self._age))
        line.sendall(json.dumps(order).encode() + b"\n")
        return line


_lock = threading.Lock()


def _forker(age: tuple[str, ...]) -> str:
    """The socket of this process' forker of that age, started when first asked for; it ends with this process."""
    with _lock:
        return _started(age)


@functools.cache
def _started(age: tuple[str, ...]) -> str:
    folder = tempfile.TemporaryDirectory(prefix="forker-")
    address = str(Path(folder.name) / "socket")
    process = subprocess.Popen(
        [sys.executable, "-m", *age, address],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    for end in (folder.cleanup, process.wait, process.stdout.close, process.stdin.close):
        atexit.register(end)
    return address


class _Forker(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    block_on_close = False


class _Call(socketserver.StreamRequestHandler):
    """In the forked process: be the command."""

    def handle(self) -> None:
        order = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(order["env"])
        time.tzset()
        main: Callable[[list[str]], int] = importlib.import_module(f"{order['module']}.__main__").main
        if "log" in order:
            self._serve(main, order)
        else:
            self._run(main, order)

    def _run(self, main: Callable[[list[str]], int], order: dict[str, Any]) -> None:
        out, err, sys.stdin = io.StringIO(), io.StringIO(), io.StringIO(order["text"])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = _code(main, order["arguments"])
        self._say({"code": code, "out": out.getvalue(), "err": err.getvalue()})

    def _serve(self, main: Callable[[list[str]], int], order: dict[str, Any]) -> None:
        for path, flags, descriptors in (
            (os.devnull, os.O_RDWR, (0, 1)),
            (order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, (2,)),
        ):
            opened = os.open(path, flags, 0o600)
            for descriptor in descriptors:
                os.dup2(opened, descriptor)
            os.close(opened)
        self._say({"pid": os.getpid()})
        self._say({"code": _code(main, order["arguments"])})

    def _say(self, what: dict[str, object]) -> None:
        self.wfile.write(json.dumps(what).encode() + b"\n")


def _code(main: Callable[[list[str]], int], arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1


def serve(address: str) -> None:
    """Fork for whoever connects, until standard input ends."""
    for module in _IMPORTED:
        importlib.import_module(module)
    # What the children never change they need not look through: each page looked through is copied.
    gc.collect()
    gc.freeze()
    with _Forker(address, _Call) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin not in (waiting := select.select([server, sys.stdin], [], [], 1.0)[0]):
            if waiting:
                server.handle_request()
            server.service_actions()


if __name__ == "__main__":
    serve(sys.argv[1])
