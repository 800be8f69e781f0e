"""A network in between: datagrams of one participant go through a relay on loopback that drops those a test chooses, or has weather."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

Address = tuple[str, int]
_MEDIA_PORT = re.compile(r" 127\.0\.0\.1 (\d+) typ host")


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, took: Callable[[bytes, Address], None]) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self._took = took

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._took(data, addr)

    def send(self, data: bytes, address: Address) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(data, address)


def is_rtp(datagram: bytes) -> bool:
    """RTP, and neither feedback nor anything else."""
    return 128 <= datagram[0] < 192 and not 192 <= datagram[1] < 224


@dataclass
class Weather:
    """What may happen to any datagram, STUN and DTLS as well: lost, sent twice, or overtaken by up to `behind` later ones."""

    chance: random.Random
    lost: float
    twice: float = 0.0
    late: float = 0.0
    behind: int = 8
    passed: int = 0
    _held: list[tuple[int, bytes]] = field(default_factory=list)

    def blow(self, data: bytes) -> list[bytes]:
        """What comes out as this goes in."""
        self.passed += 1
        out = [] if self.chance.random() < self.lost else [data]
        if out and self.chance.random() < self.twice:
            out.append(data)
        if out and self.chance.random() < self.late:
            self._held.append((self.passed + self.chance.randint(1, self.behind), out.pop()))
        due = [each for at, each in self._held if at <= self.passed]
        self._held = [(at, each) for at, each in self._held if at > self.passed]
        return out + due


class LossyPath:
    """`through` puts it into an answer; `drop_up` and `drop_down` get each RTP packet's count. `weather`: up and down."""

    def __init__(self) -> None:
        self.drop_up: Callable[[int], bool] = lambda _: False
        self.drop_down: Callable[[int], bool] = lambda _: False
        self.dropped = [0, 0]
        self.weather: tuple[Weather, Weather] | None = None
        self._counts = [0, 0]
        self._client: Address | None = None
        self._server: Address | None = None
        self._near = _Socket(self._from_client)
        self._far = _Socket(self._from_server)

    async def through(self, answer: str) -> str:
        """The answer, with us in the place of the server."""
        loop = asyncio.get_running_loop()
        found = _MEDIA_PORT.search(answer)
        assert found is not None
        self._server = ("127.0.0.1", int(found[1]))
        await loop.create_datagram_endpoint(lambda: self._near, local_addr=("127.0.0.1", 0))
        await loop.create_datagram_endpoint(lambda: self._far, local_addr=("127.0.0.1", 0))
        assert self._near.transport is not None
        port = self._near.transport.get_extra_info("sockname")[1]
        return answer.replace(f" {found[1]} ", f" {port} ")

    def close(self) -> None:
        for end in (self._near, self._far):
            if end.transport is not None:
                end.transport.close()

    def _from_client(self, data: bytes, address: Address) -> None:
        self._client = address
        assert self._server is not None
        if not self._drops(0, data, self.drop_up):
            for each in self._blown(0, data):
                self._far.send(each, self._server)

    def _from_server(self, data: bytes, _: Address) -> None:
        if self._client is not None and not self._drops(1, data, self.drop_down):
            for each in self._blown(1, data):
                self._near.send(each, self._client)

    def _blown(self, way: int, data: bytes) -> list[bytes]:
        return [data] if self.weather is None else self.weather[way].blow(data)

    def _drops(self, way: int, data: bytes, drop: Callable[[int], bool]) -> bool:
        if not is_rtp(data):
            return False
        self._counts[way] += 1
        dropped = drop(self._counts[way])
        self.dropped[way] += dropped
        return dropped
