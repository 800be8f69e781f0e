"""What a client asks of the server about a meeting it is in or goes to."""

from __future__ import annotations

from collections.abc import Sequence

from client.meetings.ports import RoomRequests
from protocol.crypto.signature import Signed
from protocol.wire.base import Empty
from protocol.wire.meetings import ChairRequest, EpochRequest, JoinReply, JoinRequest, PresentReply


class RoomServer:
    """One meeting at the server. Every call raises `network.*` when it cannot be reached, and the codes it names."""

    def __init__(self, requests: RoomRequests, meeting: str) -> None:
        self._requests = requests
        self._path = f"/meetings/{meeting}"

    async def join(self, join: Signed, offer: str) -> JoinReply:
        """Come in.

        Raises:
            JinshuError: `meetings.*`.
        """
        return await self._requests.post(
            f"{self._path}/join", JoinRequest(join=join.to_bytes(), offers=[offer]), JoinReply
        )

    async def present(self) -> PresentReply:
        """Who is there now, by the server's word.

        Raises:
            JinshuError: `meetings.not_present`.
        """
        return await self._requests.get(self._path, PresentReply)

    async def announce(self, epoch: Signed, packets: Sequence[Signed]) -> None:
        """Have an epoch passed on.

        Raises:
            JinshuError: `meetings.act_outdated`, another came first; `meetings.not_present`.
        """
        request = EpochRequest(epoch=epoch.to_bytes(), packets=[packet.to_bytes() for packet in packets])
        await self._requests.post(f"{self._path}/epoch", request, Empty)

    async def speak(self) -> None:
        """Be heard again after a chair's mute."""
        await self._requests.post_bytes(f"{self._path}/speak", b"")

    async def leave(self) -> None:
        await self._requests.post_bytes(f"{self._path}/leave", b"")

    async def act(self, act: Signed) -> None:
        """An act of the chair.

        Raises:
            JinshuError: `meetings.act_refused`, `meetings.act_outdated`, `meetings.ended`.
        """
        await self._requests.post("/meetings/acts", ChairRequest(act=act.to_bytes()), Empty)
