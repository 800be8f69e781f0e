"""The journal of everything the CA signed: JSON lines, each holding the hash of the one before."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from server_stub.ca.durable import append_durably
from server_stub.ca.faults import CaError

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class JournalLine:
    n: int
    at: int
    act: str
    facts: Mapping[str, object]
    previous: str

    def to_bytes(self) -> bytes:
        document = {
            "n": self.n,
            "at": self.at,
            "act": self.act,
            "facts": dict(self.facts),
            "previous": self.previous,
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def digest(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()


class Journal:
    """Append-only; `append` comes before what it records leaves the machine."""

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        self._path = path
        self._clock = clock

    def append(self, act: str, **facts: object) -> JournalLine:
        self._drop_torn_tail()
        last = self._last()
        line = JournalLine(
            n=last.n + 1 if last else 1,
            at=self._clock(),
            act=act,
            facts=facts,
            previous=last.digest() if last else _FIRST,
        )
        append_durably(self._path, line.to_bytes() + b"\n")
        return line

    def lines(self) -> list[JournalLine]:
        """Every line, after checking numbers and hashes; raises on the first that does not follow."""
        raw = self._path.read_bytes() if self._path.exists() else b""
        lines: list[JournalLine] = []
        previous = _FIRST
        for number, data in enumerate(raw.split(b"\n")[:-1], 1):
            line = _parse(data, number)
            if line.n != number or line.previous != previous or line.to_bytes() != data:
                raise _broken(number)
            previous = line.digest()
            lines.append(line)
        return lines

    def _last(self) -> JournalLine | None:
        if not self._path.exists() or self._path.stat().st_size == 0:
            return None
        data = self._path.read_bytes()
        return _parse(data.rstrip(b"\n").rsplit(b"\n", 1)[-1], 0)

    def _drop_torn_tail(self) -> None:
        """A crash in the middle of an append leaves half a line of an act that was not carried out."""
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        if data and not data.endswith(b"\n"):
            os.truncate(self._path, data.rfind(b"\n") + 1)


def _parse(data: bytes, number: int) -> JournalLine:
    try:
        document = json.loads(data)
        return JournalLine(
            int(document["n"]),
            int(document["at"]),
            str(document["act"]),
            dict(document["facts"]),
            str(document["previous"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(number) from error


def _broken(number: int) -> CaError:
    return CaError(
        f"签发记录第 {number} 行断链，记录被改动过",
        f"line {number} of the journal does not follow: it was altered",
    )
