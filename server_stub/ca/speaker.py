"""What `jinshu-ca` and `jinshu-witness` print: sentences in either language for people, or a JSON object a line for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TextIO

from server_stub.ca.faults import CaError


class Speaker:
    """Either says sentences or emits facts, never both, so that `--json` output is clean."""

    def __init__(
        self, out: TextIO, err: TextIO, *, lang: str, machine: bool, program: str = "jinshu-ca"
    ) -> None:
        self._out = out
        self._err = err
        self._program = program
        self.lang = lang
        self.machine = machine

    def say(self, chinese: str, english: str) -> None:
        if not self.machine:
            self._write(self._out, english if self.lang == "en" else chinese)

    def plain(self, text: str) -> None:
        """Text that is the same in every language: a code, a QR, a table row."""
        if not self.machine:
            self._write(self._out, text)

    def fact(self, act: str, facts: Mapping[str, object]) -> None:
        if self.machine:
            self._write(self._out, json.dumps({"act": act, **facts}, ensure_ascii=False))

    def refuse(self, error: CaError) -> None:
        if self.machine:
            self.fact("error", {"message": error.text(self.lang)})
        self._write(self._err, f"{self._program}: {error.text(self.lang)}")

    @staticmethod
    def _write(stream: TextIO, text: str) -> None:
        stream.write(text + "\n")
        # A program reads our lines as they come (`sign --watch --json`), through a pipe that buffers.
        stream.flush()
