"""The processes of the story: certificate authority, server and clients, each its own, and nothing shared but sockets and files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ROOT = Path(__file__).resolve().parents[2]


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


class Run(Protocol):
    """Runs a command to its end and returns what it printed; raises StoryError unless it exits with 0."""

    def __call__(
        self, module: str, *arguments: str, env: dict[str, str] | None = None, text: str = ""
    ) -> str: ...


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
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise StoryError(
            f"{module} {arguments[0]} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
    return done.stdout


class Background:
    """A process that runs until stopped; its standard error goes to a file beside it."""

    def __init__(
        self, name: str, module: str, arguments: Sequence[str], log: Path, env: dict[str, str]
    ) -> None:
        self.name = name
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def line(self) -> str:
        """The next line it prints.

        Raises:
            StoryError: it ended instead.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise StoryError(f"{self.name} ended with {self.process.wait()}; see {self._log.name}")
        return line.decode("utf-8")

    def stop(self, within: float = 15) -> int:
        """Ask it to end, then insist; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self._log.close()
        return self.process.wait()


@dataclass(frozen=True, slots=True)
class Person:
    """Who plays: the name the address book shows and the folder of his client."""

    key: str
    name: str


class Client:
    """One client of the story, with real pages, moved by mouse and keyboard through its hands."""

    def __init__(
        self, person: Person, profile: Path, *, onscreen: bool, devices: Mapping[str, str] | None = None
    ) -> None:
        """`devices`: variables that say how he looks and sounds in meetings."""
        self.person = person
        self.profile = profile
        env = environment(**(devices or {}))
        if not onscreen:
            env["QT_QPA_PLATFORM"] = "offscreen"
        self._process = Background(
            f"client {person.key}",
            "tests.end_to_end.client_process",
            ["--profile", str(profile)],
            profile.parent / f"{person.key}.log",
            env,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, op: str, name: str | None = None, **rest: Any) -> Any:
        """Send one command to the hands and wait for its answer.

        Raises:
            StoryError: the widget never came; the message holds what was on screen.
        """
        command = {"op": op, **({"name": name} if name is not None else {}), **rest}
        pipe = self._process.process.stdin
        assert pipe is not None
        pipe.write(json.dumps(command, ensure_ascii=False).encode("utf-8") + b"\n")
        pipe.flush()
        answer = json.loads(self._process.line())
        if not answer["ok"]:
            raise StoryError(
                f"{self.person.name}: {answer['error']}\n--- on screen ---\n{answer.get('seen', '')}"
            )
        return answer.get("value")

    def wait(self) -> None:
        """Until the user closes the window."""
        self._process.process.wait()

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.process.kill()
        self._process.stop()
