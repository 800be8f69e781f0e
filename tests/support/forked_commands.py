"""The product's commands without their start-up: a process that has imported them forks one for every call.

What is tested with commands as its setting uses them; what is about the commands themselves, and the story, starts real ones.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import io
import json
import os
import select
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.end_to_end.processes import ROOT, Run, StoryError, environment

_COMMANDS: Final = ("server_stub.ca", "server_stub")
_MODULE: Final = "tests.support.forked_commands"
_OF_TODAY: Final = (_MODULE,)


def run(module: str, *arguments: str, env: dict[str, str] | None = None, text: str = "") -> str:
    """As `tests.end_to_end.processes.run`, in a process that is forked."""
    return _ordered(_OF_TODAY, module, arguments, env, text)


def runner(through: str) -> Run:
    """The same, of commands as a module that runs them makes them."""

    def run_through(module: str, *arguments: str, env: dict[str, str] | None = None, text: str = "") -> str:
        return _ordered((through, _MODULE), module, arguments, env, text)

    return run_through


def _ordered(
    age: tuple[str, ...], module: str, arguments: tuple[str, ...], env: dict[str, str] | None, text: str
) -> str:
    order = {"module": module, "arguments": arguments, "env": env or environment(), "text": text}
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(_forker(age))
        line.sendall(json.dumps(order).encode())
        line.shutdown(socket.SHUT_WR)
        with line.makefile("rb") as answer:
            done = json.load(answer)
    if done["code"]:
        raise StoryError(f"{module} {arguments[0]} exited with {done['code']}:\n{done['out']}\n{done['err']}")
    return str(done["out"])


_lock = threading.Lock()
_addresses: dict[tuple[str, ...], str] = {}


def _forker(age: tuple[str, ...]) -> str:
    """The socket of this process' forker of that age, started when first asked for; it ends with this process."""
    with _lock:
        if age not in _addresses:
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
            _addresses[age] = address
        return _addresses[age]


class _Forker(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    block_on_close = False


class _Call(socketserver.StreamRequestHandler):
    """In the forked process: be the command."""

    def handle(self) -> None:
        order = json.load(self.rfile)
        os.environ.clear()
        os.environ.update(order["env"])
        time.tzset()
        main: Callable[[list[str]], int] = importlib.import_module(f"{order['module']}.__main__").main
        out, err, sys.stdin = io.StringIO(), io.StringIO(), io.StringIO(order["text"])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = main(order["arguments"])
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
        answer = {"code": code, "out": out.getvalue(), "err": err.getvalue()}
        self.wfile.write(json.dumps(answer).encode())


def serve(address: str) -> None:
    """Fork for whoever connects, until standard input ends."""
    for module in _COMMANDS:
        importlib.import_module(f"{module}.__main__")
    with _Forker(address, _Call) as server:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin not in (waiting := select.select([server, sys.stdin], [], [], 1.0)[0]):
            if waiting:
                server.handle_request()
            server.service_actions()


if __name__ == "__main__":
    serve(sys.argv[1])
