"""The directory log's requests, over the API."""

from __future__ import annotations

from collections.abc import Sequence

from client.core.connection.api import Api
from protocol.directory.cosignatures import Cosignature
from protocol.wire.directory import (
    AppendReply,
    AppendRequest,
    CosignaturesReply,
    EntriesReply,
    HeadReply,
    OrganisationReply,
    WrapsReply,
)
from protocol.wire.session import TrustReply


class LogRequests:
    """Implements client.core.trust.log_server.LogServer."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def log_head(self, first: int) -> tuple[bytes, Sequence[bytes]]:
        reply = await self._api.get("/directory/head", HeadReply, {"first": first})
        return reply.head, reply.consistency

    async def log_entries(self, after: int, limit: int) -> Sequence[bytes]:
        return (
            await self._api.get("/directory/entries", EntriesReply, {"after": after, "limit": limit})
        ).leaves

    async def organisation_entries(self, org_seq: int) -> Sequence[bytes]:
        return (await self._api.get(f"/directory/organisation/{org_seq}", OrganisationReply)).entries

    async def certificates(self) -> tuple[bytes, bytes]:
        reply = await self._api.get("/trust", TrustReply, session=False)
        return reply.issuing, reply.log_certificate

    async def cosignatures(self) -> Sequence[Cosignature]:
        reply = await self._api.get("/directory/cosignatures", CosignaturesReply)
        return [each.cosignature for each in reply.cosignatures]

    async def append(self, leaf: bytes, wraps: Sequence[bytes]) -> int:
        request = AppendRequest(leaf=leaf, wraps=list(wraps))
        return (await self._api.post("/directory/entries", request, AppendReply)).index

    async def seed_wraps(self, principal: str) -> Sequence[bytes]:
        return (await self._api.get("/directory/wraps", WrapsReply, {"principal": principal})).wraps
