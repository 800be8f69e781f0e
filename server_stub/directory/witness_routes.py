"""What witnesses say of the log, over HTTP (C45): handed in without a session, since a co-signature is proof enough of who comes."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request

from protocol.wire.directory import CosignatureReply, CosignaturesReply, HeadReply, WitnessRequest
from server_stub.areas import area
from server_stub.auth.callers import address, any_caller
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Sessions
from server_stub.directory.log_store import DirectoryLog
from server_stub.directory.witnessing import Witnessing


def router(log: DirectoryLog, sessions: Sessions, witnessing: Witnessing, quotas: Quotas) -> APIRouter:
    routes = area("/directory")

    @routes.post("/witness")
    async def witness(body: WitnessRequest, request: Request) -> HeadReply:
        quotas.witnesses.take(address(request))
        await witnessing.take(body.cosignature)
        signed, consistency = log.head_from(body.size)
        return HeadReply(head=signed.to_bytes(), consistency=consistency)

    @routes.get("/cosignatures", dependencies=[Depends(any_caller(sessions))])
    async def cosignatures() -> CosignaturesReply:
        said = await witnessing.newest()
        return CosignaturesReply(cosignatures=[CosignatureReply.of(each) for each in said])

    return routes
