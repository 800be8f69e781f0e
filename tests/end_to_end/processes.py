"""The processes of the story: certificate authority, server and clients, each its own, and nothing shared but sockets and files."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

ROOT = Path(__file__).resolve().parents[2]
_SCREEN = Path(__file__).with_name("screen.json")
# Who hangs while ending is killed: cleaning up must come to its end, also after the guard against hanging.
ENDING_SECONDS: Final = 120.0
_LOG_END: Final = 4000


class StoryError(Exception):
    """A step of the story did not happen; the text says what was on screen instead."""


def environment(**extra: str) -> dict[str, str]:
    """The environment of every child: no keyring, no colours, quiet Qt, the language of the product."""
    return {
        **os.environ,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "PYTHONPATH": str(ROOT),
        "LANG": "C.UTF-8",
        "TZ": "Asia/Shanghai",
        **extra,
    }


class Service(Protocol):
    """A command that runs until it is stopped."""

    @property
    def pid(self) -> int: ...

    def alive(self) -> bool: ...

    def stop(self) -> int: ...


class Commands(Protocol):
    """How the product's commands come to run."""

    def run(self, module: str, *arguments: str, env: dict[str, str] | None = None, text: str = "") -> str:
        """To its end; returns what it printed, and raises StoryError unless it exits with 0."""

    def start(
        self, name: str, module: str, arguments: Sequence[str], log: Path, env: Mapping[str, str]
    ) -> Service:
        """Until it is stopped; what it says on standard error goes to a file."""


def run(module: str, *arguments: str, env: dict[str, str] | None = None, text: str = "") -> str:
    """Run a command of the product to its end and return what it printed.

    Raises:
        StoryError: it did not exit with 0.
    """
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=env or environment(),
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StoryError(
            f"{module} {arguments[0]} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return done.stdout


class Running:
    """A process that runs until stopped; its standard error goes to a file beside it.

    Who waits for a line of one hears at once when another of this process' has died: nothing would come any more.
    """

    _running: ClassVar[set[Running]] = set()

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        self.name = name
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            command, env=env, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
        )
        self._printed = bytearray()
        self._end = os.pidfd_open(self.process.pid)
        self._running.add(self)

    @property
    def pid(self) -> int:
        return self.process.pid

    def alive(self) -> bool:
        return self.process.poll() is None

    def line(self) -> str:
        """The next line it prints, however long that takes.

        Raises:
            StoryError: it ended instead, or another did; the message holds the end of the log.
        """
        assert self.process.stdout is not None
        printed = self.process.stdout.fileno()
        while b"\n" not in self._printed:
            ends = {each._end: each for each in self._running}
            ready, _, _ = select.select([printed, *ends], [], [])
            if printed not in ready:
                raise ends[ready[0]]._ended()
            came = os.read(printed, 1 << 16)
            if not came:
                raise self._ended()
            self._printed += came
        line, _, rest = bytes(self._printed).partition(b"\n")
        self._printed = bytearray(rest)
        return line.decode("utf-8")

    def check(self) -> None:
        """Raises StoryError when it has ended by itself."""
        if self.process.poll() is not None:
            raise self._ended()

    def _ended(self) -> StoryError:
        log = Path(str(self._log.name)).read_text(encoding="utf-8", errors="replace")[-_LOG_END:]
        return StoryError(f"{self.name} ended with {self.process.wait()}\n--- {self._log.name} ---\n{log}")

    def stop(self) -> int:
        """Ask it to end, then insist; returns its exit code."""
        if self in self._running:
            self._running.discard(self)
            os.close(self._end)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self._log.close()
        return self.process.wait()


class Background(Running):
    """A command of the product, or a module of the tests."""

    def __init__(
        self, name: str, module: str, arguments: Sequence[str], log: Path, env: Mapping[str, str]
    ) -> None:
        super().__init__(name, [sys.executable, "-m", module, *arguments], log, env)


class OwnProcesses:
    """Every command as its operator runs it: a program of its own."""

    run = staticmethod(run)
    start = Background


def ask_hands(process: Running, whose: str, op: str, name: str | None = None, /, **rest: Any) -> Any:
    """Send one command to the hands (driver.py) in a process and wait for the answer; what is long in coming is told on standard
    error.

    Raises:
        StoryError: a process ended, or the hands stumbled; the message holds its log, or what was on screen.
    """
    command = {"op": op, **({"name": name} if name is not None else {}), **rest}
    pipe = process.process.stdin
    assert pipe is not None
    pipe.write(json.dumps(command, ensure_ascii=False).encode("utf-8") + b"\n")
    pipe.flush()
    while "waits" in (answer := json.loads(process.line())):
        sys.stderr.write(f"{whose}: {answer['waits']}\n--- on screen ---\n{answer['seen']}\n")
    if not answer["ok"]:
        raise StoryError(f"{whose}: {answer['error']}\n--- on screen ---\n{answer.get('seen', '')}")
    return answer.get("value")


@dataclass(frozen=True, slots=True)
class Person:
    """Who plays: the name the address book shows and the folder of his client."""

    key: str
    name: str


class Client:
    """One client of the story, with real pages, moved by mouse and keyboard through its hands."""

    def __init__(
        self,
        person: Person,
        profile: Path,
        *,
        onscreen: bool,
        devices: Mapping[str, str] | None = None,
        opened: str = "",
    ) -> None:
        """`devices`: variables that say how he looks and sounds in meetings; `opened`: the invitation he opens it with."""
        self.person = person
        self.profile = profile
        env = environment(**(devices or {}))
        if not onscreen:
            # Without one it would be 800×800, and windows stay inside their screen.
            env["QT_QPA_PLATFORM"] = f"offscreen:configfile={_SCREEN}"
        self._process = Background(
            f"client {person.key}",
            "tests.end_to_end.client_process",
            ["--profile", str(profile), *([opened] if opened else [])],
            profile.parent / f"{person.key}.log",
            env,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, op: str, name: str | None = None, **rest: Any) -> Any:
        """What these hands are asked to do, done, as `ask_hands` says."""
        return ask_hands(self._process, self.person.name, op, name, **rest)

    def wait(self) -> None:
        """Until the user closes the window."""
        self._process.process.wait()

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.process.kill()
        self._process.stop()
