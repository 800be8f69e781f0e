"""Conversations over HTTP (D8)."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from sqlalchemy import Connection

from protocol.wire.base import Empty
from protocol.wire.messaging import (
    ChannelKeysReply,
    ClaimReply,
    ClaimRequest,
    DeliveryReply,
    DeliveryRequest,
    LeftOutRequest,
    MessageRequest,
    PacketsRequest,
    PlaceReply,
    PrekeysReply,
    PrekeysRequest,
    RosterRequest,
)
from server_stub.areas import area
from server_stub.auth.callers import device_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.database.database import Database
from server_stub.directory.log_store import DirectoryLog
from server_stub.relay import delivery, prekeys
from server_stub.relay.conversations import Conversations


def router(
    database: Database, log: DirectoryLog, sessions: Sessions, conversations: Conversations, quotas: Quotas
) -> APIRouter:
    routes = area("/conversations")
    device = Depends(device_caller(sessions))
    _add_keys(routes, database, log, device, quotas)

    @routes.post("/rosters")
    async def roster(body: RosterRequest, session: Session = device) -> PlaceReply:
        quotas.rosters.take(session.device)
        n, at = await conversations.add_roster(session, body.roster)
        return PlaceReply(n=n, received_at=at)

    @routes.post("/messages")
    async def message(body: MessageRequest, session: Session = device) -> PlaceReply:
        quotas.messages.take(session.device)
        n, at = await conversations.add_message(session, body.message)
        return PlaceReply(n=n, received_at=at)

    @routes.post("/packets")
    async def packets(body: PacketsRequest, session: Session = device) -> Empty:
        quotas.packets.take(session.device, len(body.packets))
        await conversations.add_packets(session, list(body.packets))
        return Empty()

    @routes.post("/left-out")
    async def left_out(body: LeftOutRequest, session: Session = device) -> Empty:
        quotas.packets.take(session.device)
        await conversations.tell_left_out(session, body.left_out)
        return Empty()

    @routes.post("/delivered")
    async def delivered(body: DeliveryRequest, session: Session = device) -> DeliveryReply:
        wanted = list(body.conversations)
        return DeliveryReply(marks=await database.read(lambda c: delivery.marks(c, session.person, wanted)))

    return routes


def _add_keys(
    routes: APIRouter, database: Database, log: DirectoryLog, device: Session, quotas: Quotas
) -> None:
    """The keys that a channel between two devices begins with."""

    @routes.post("/prekeys")
    async def publish(body: PrekeysRequest, session: Session = device) -> PrekeysReply:
        quotas.prekeys.take(session.device, 1 + len(body.prekeys))

        def write(connection: Connection) -> int:
            state = log.writing.state
            if body.channel_key is not None:
                prekeys.publish_channel_key(connection, state, session, body.channel_key)
            return prekeys.publish(connection, state, session, list(body.prekeys), replace=body.replace)

        return PrekeysReply(left=await database.write(write))

    @routes.post("/prekeys/claim")
    async def claim(body: ClaimRequest, session: Session = device) -> ClaimReply:
        quotas.claims.take(session.device, 1 + len(body.devices))
        # Whoever keeps asking for one device's keys gets its fallback: he can neither use them up nor is he left without.
        once = {each for each in body.devices if quotas.claims_of_one.allows(f"{session.device} {each}")}
        found = await database.write(lambda connection: prekeys.claim(connection, list(body.devices), once))
        return ClaimReply(prekeys=found)

    @routes.post("/channel-keys")
    async def channel_keys(body: ClaimRequest, session: Session = device) -> ChannelKeysReply:
        del session
        return ChannelKeysReply(
            keys=await database.read(lambda c: prekeys.channel_keys(c, list(body.devices)))
        )
