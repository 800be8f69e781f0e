"""What the story prints and leaves behind: a tick and a time for each step, and build/demo/report.json."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Report:
    """Paths in it are relative to the repository's root."""

    def __init__(self, path: Path, root: Path, nonce: str) -> None:
        self._path = path
        self._root = root
        self.facts: dict[str, Any] = {"nonce": nonce, "screenshots": {}, "timings": {}, "processes": {}}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step; print it with a tick when it is done, with a cross when it fails."""
        started = time.monotonic()
        try:
            yield
        except BaseException:
            self._print(f"✗ {name}")
            raise
        seconds = time.monotonic() - started
        self.facts["timings"][name] = round(seconds, 3)
        self._print(f"✓ {name}  {seconds:.2f} s")

    def relative(self, path: Path) -> str:
        return str(path.resolve().relative_to(self._root))

    def write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self.facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")

    @staticmethod
    def _print(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
