"""A process that is moved by lines: one is written, one is read."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class DrivenProcess:
    """Ends with the test; what it prints on standard error goes to a file."""

    def __init__(self, command: list[str], log: Path, env: Mapping[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._path = log
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            command,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=log.parent,
        )

    def ask(self, line: str) -> dict[str, Any]:
        """Write a line and wait for its answer.

        Raises:
            AssertionError: the process has ended; what it said last is told.
        """
        pipe, answers = self._process.stdin, self._process.stdout
        assert pipe is not None
        assert answers is not None
        pipe.write(line.encode() + b"\n")
        pipe.flush()
        answer = answers.readline()
        if not answer:
            raise AssertionError(self._ended())
        return dict(json.loads(answer))

    def check(self) -> None:
        """Return if it still runs."""
        assert self._process.poll() is None, self._ended()

    def stop(self) -> None:
        """Let it end by itself: its standard input is closed."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _ended(self) -> str:
        return f"ended with {self._process.wait()}:\n{self._path.read_text(errors='replace')[-3000:]}"
