"""The ledgers of numbers over HTTP (C12)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from protocol.documents.numbering import chain_id
from protocol.errors import ErrorCode, JinshuError
from protocol.wire.documents import NumbersReply
from server_stub.areas import DIGITS, area
from server_stub.auth.callers import device_caller
from server_stub.auth.sessions import Session, Sessions
from server_stub.database.database import Database
from server_stub.directory.log_store import DirectoryLog
from server_stub.documents import numbers

_Body = Annotated[str, Query(pattern=r"^[a-z]{3}_[a-z2-7]{26}$")]


def router(database: Database, log: DirectoryLog, sessions: Sessions) -> APIRouter:
    routes = area("/documents")
    device = Depends(device_caller(sessions))

    @routes.get("/numbers")
    async def ledger(
        body: _Body,
        code: Annotated[str, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")],
        year: Annotated[int, Query(ge=2000, le=9999), DIGITS],
        session: Session = device,
    ) -> NumbersReply:
        if body not in log.state.organisation.bodies_of(session.person):
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
        chain = chain_id(body, code, year)
        return NumbersReply(
            entries=await database.read(lambda connection: numbers.of_chain(connection, chain))
        )

    return routes
