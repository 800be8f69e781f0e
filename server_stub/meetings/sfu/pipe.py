"""What the server and a worker say to each other over their socket: a length of four bytes, then JSON of one small message."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from protocol.errors import ErrorCode

_MOST_BYTES: Final = 1 << 20
_LENGTH: Final = 4


@dataclass(frozen=True, slots=True)
class Join:
    """Answer this offer: `Joined` or `Refused` with the same number."""

    number: int
    meeting: str
    participant: str
    offer: str
    silenced: bool


@dataclass(frozen=True, slots=True)
class Leave:
    meeting: str
    participant: str


@dataclass(frozen=True, slots=True)
class Silence:
    meeting: str
    participant: str
    silenced: bool


@dataclass(frozen=True, slots=True)
class Close:
    meeting: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Say how you are: `Figures` with the same number."""

    number: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The worker's first word: it can be joined at this port."""

    port: int


@dataclass(frozen=True, slots=True)
class Joined:
    number: int
    answer: str


@dataclass(frozen=True, slots=True)
class Refused:
    number: int
    code: ErrorCode


@dataclass(frozen=True, slots=True)
class Lost:
    meeting: str
    participant: str


@dataclass(frozen=True, slots=True)
class Figures:
    """A worker's state; counts since it began. `refused`: datagrams that were none of a participant's. `lag_ms`: how long its
    loop was held up since the last question: median, 99th percentile, longest."""

    number: int
    pid: int
    port: int
    meetings: int
    participants: int
    threads: list[str]
    received: int
    forwarded: int
    retransmitted: int
    refused: int
    faults: int
    lag_ms: list[float]


ToWorker: TypeAlias = Join | Leave | Silence | Close | Ask
FromWorker: TypeAlias = Ready | Joined | Refused | Lost | Figures
Said: TypeAlias = ToWorker | FromWorker

_KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind for kind in (Join, Leave, Silence, Close, Ask, Ready, Joined, Refused, Lost, Figures)
}


def pack(message: Said) -> bytes:
    """The message in its frame."""
    body = json.dumps([type(message).__name__, dataclasses.asdict(message)]).encode()
    return len(body).to_bytes(_LENGTH, "big") + body


async def read(reader: asyncio.StreamReader) -> Said | None:
    """The next message; None when the other end is gone.

    Raises:
        ValueError: that was none of ours.
    """
    try:
        size = int.from_bytes(await reader.readexactly(_LENGTH), "big")
        if size > _MOST_BYTES:
            raise ValueError("a message of the pipe is small")
        name, values = json.loads(await reader.readexactly(size))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    if name == Refused.__name__:
        values["code"] = ErrorCode(values["code"])
    try:
        message: Said = _KINDS[name](**values)
    except (KeyError, TypeError) as error:
        raise ValueError("not a message of the pipe") from error
    return message
