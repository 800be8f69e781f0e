"""The worker's inside in the test's own process, and light peers in it: everything can be looked at, every byte is known."""

from __future__ import annotations

import secrets

from protocol.crypto.frames import Stream
from server_stub.clock import SystemClock
from server_stub.meetings.sfu.exchange import Exchange
from server_stub.meetings.sfu.port import MediaPort
from server_stub.meetings.sfu.seat import Seat
from server_stub.tasks import Tasks
from tests.support.light_peer import DELTA_FRAME, KEY_FRAME, LightPeer
from tests.support.waiting import until

MEETING = "mtg_aaaaaaaaaaaaaaaaaaaaaaaaaa"


class Floor:
    """Join, wait, close."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.address = address
        self.tasks = Tasks()
        self.lost: list[str] = []
        clock = SystemClock()
        self.port = MediaPort([address], 0, clock)
        self.exchange = Exchange(
            self.port, self.tasks, lambda _, participant: self.lost.append(participant), clock
        )
        self.exchange.start()
        self.peers: list[LightPeer] = []

    @property
    def seats(self) -> list[Seat]:
        return [each.seat for each in self.exchange._seated.values()]

    async def join(self, name: str) -> LightPeer:
        peer = LightPeer(name, self.address)
        self.peers.append(peer)
        answer = await self.exchange.join(MEETING, name, await peer.offer(), False)
        await peer.answer(answer)
        await until(lambda: peer.open)
        return peer

    async def close(self) -> None:
        for peer in self.peers:
            await peer.close()
        await self.exchange.stop()
        await self.tasks.stop()


class Show:
    """Someone's camera as a test sends it: key frames when told, otherwise deltas, all of random bytes."""

    def __init__(self, peer: LightPeer, stream: Stream = Stream.VIDEO_HIGH) -> None:
        self._peer = peer
        self._stream = stream
        self._at = secrets.randbits(20)
        self.payloads: list[bytes] = []

    async def frame(self, key: bool = False, size: int = 3000) -> None:
        self._at += 6000
        begin = KEY_FRAME if key else DELTA_FRAME
        self.payloads += await self._peer.send_frame(
            self._stream, begin + secrets.token_bytes(size - len(begin)), self._at
        )

    async def until_key_wanted(self) -> None:
        await until(lambda: self._peer.outbound[self._stream].key_wanted)
        self._peer.outbound[self._stream].key_wanted = False
