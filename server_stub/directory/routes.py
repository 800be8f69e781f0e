"""The directory log over HTTP (C4)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from protocol.directory.log import RECOVERY, Leaf, LeafKind
from protocol.errors import JinshuError
from protocol.wire.directory import (
    PAGE,
    AppendReply,
    AppendRequest,
    EntriesReply,
    HeadReply,
    OrganisationReply,
    ProofReply,
    WrapsReply,
)
from server_stub.areas import DIGITS, area
from server_stub.auth.callers import any_caller, device_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Session, Sessions
from server_stub.database.database import Database
from server_stub.directory import log_store
from server_stub.directory.appender import Appender
from server_stub.directory.log_store import DirectoryLog

_Position = Annotated[int, Query(ge=0, le=1 << 40), DIGITS]
_Number = Annotated[int, Path(ge=0, le=1 << 40), DIGITS]
_Principal = Annotated[str, Query(pattern=r"^[a-z]{3}_[a-z2-7]{26}$")]


def router(
    database: Database, log: DirectoryLog, sessions: Sessions, appender: Appender, quotas: Quotas
) -> APIRouter:
    routes = area("/directory")
    anyone = Depends(any_caller(sessions))
    device = Depends(device_caller(sessions))

    @routes.get("/head", dependencies=[anyone])
    async def head(first: _Position = 0) -> HeadReply:
        signed, consistency = log.head_from(first)
        return HeadReply(head=signed.to_bytes(), consistency=consistency)

    @routes.get("/entries", dependencies=[anyone])
    async def entries(
        after: _Position = 0, limit: Annotated[int, Query(ge=1, le=PAGE), DIGITS] = PAGE
    ) -> EntriesReply:
        leaves = await database.read(lambda connection: log_store.leaves(connection, after, limit))
        return EntriesReply(leaves=leaves, size=log.size)

    @routes.get("/proof", dependencies=[anyone])
    async def proof(index: _Position, size: _Position) -> ProofReply:
        return ProofReply(path=log.inclusion(index, size))

    @routes.get("/organisation/{org_seq}", dependencies=[anyone])
    async def organisation(org_seq: _Number) -> OrganisationReply:
        return OrganisationReply(
            entries=await database.read(lambda connection: log_store.snapshot(connection, org_seq))
        )

    @routes.post("/entries")
    async def append(body: AppendRequest, session: Session = device) -> AppendReply:
        quotas.leaves.take(session.device)
        if _kind(body.leaf) is LeafKind.GENERATION:
            quotas.generations.take(session.device)
        index, signed = await appender.append(session, body.leaf, body.wraps)
        return AppendReply(index=index, head=signed.to_bytes())

    @routes.get("/wraps")
    async def wraps(principal: _Principal, session: Session = device) -> WrapsReply:
        recipients = [session.device]
        if principal == session.person:
            # His own new device may fetch what was wrapped to his recovery code: only the code opens it.
            recipients.append(RECOVERY)
        if principal in log.state.organisation.principals_of(session.person):
            # The seeds before the newest, which whoever holds that one opens.
            recipients.append(principal)
        found = await database.read(
            lambda connection: log_store.seed_wraps(connection, recipients, principal)
        )
        return WrapsReply(wraps=found)

    return routes


def _kind(data: bytes) -> LeafKind | None:
    try:
        return Leaf.parse(data).kind
    except JinshuError:
        return None  # refused, and written down, where it would be appended
