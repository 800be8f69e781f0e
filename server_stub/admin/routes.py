"""What the operator of the CA does at the server: with an operator's session, and signed by the CA all the same."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy import Connection

from protocol.wire.admin import (
    CodeRegistration,
    DeviceVersion,
    DeviceVersions,
    EnrolmentSigned,
    LeafIndex,
    LeafSubmission,
    OrganisationUpload,
    PendingEnrolment,
    PendingEnrolments,
    PendingSeals,
    Refusal,
)
from protocol.wire.base import Empty
from server_stub.areas import DIGITS, area
from server_stub.auth import enrolments, versions
from server_stub.auth.callers import Caller, operator_caller
from server_stub.auth.sessions import Sessions
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.directory import log_store, seals
from server_stub.directory.appender import Appender
from server_stub.directory.log_store import DirectoryLog

_Hash = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_Number = Annotated[int, Path(ge=0, le=1 << 40), DIGITS]


def router(
    database: Database, log: DirectoryLog, sessions: Sessions, appender: Appender, clock: Clock
) -> APIRouter:
    operator = operator_caller(sessions)
    routes = area("/admin", dependencies=[Depends(operator)])

    @routes.post("/enrolments", status_code=201)
    async def register(body: CodeRegistration) -> Empty:
        now = clock.now_ms()
        await database.write(
            lambda connection: enrolments.register_code(connection, body.lookup_hash, body.expires_at, now)
        )
        return Empty()

    @routes.get("/enrolments")
    async def pending() -> PendingEnrolments:
        found = await database.read(enrolments.waiting)
        return PendingEnrolments(
            requests=[
                PendingEnrolment(
                    lookup_hash=one.lookup_hash,
                    csr=one.csr,
                    bundle_fields=one.bundle_fields,
                    mac=one.mac,
                    received_at=one.received_at,
                )
                for one in found
            ]
        )

    @routes.post("/enrolments/{lookup_hash}/sign")
    async def sign(lookup_hash: _Hash, body: EnrolmentSigned) -> Empty:
        now = clock.now_ms()
        await database.write(lambda connection: enrolments.sign(connection, lookup_hash, body, now))
        return Empty()

    @routes.post("/enrolments/{lookup_hash}/refuse")
    async def refuse(lookup_hash: _Hash, _body: Refusal) -> Empty:
        now = clock.now_ms()
        await database.write(lambda connection: enrolments.refuse(connection, lookup_hash, now))
        return Empty()

    @routes.put("/organisation/{org_seq}")
    async def upload(org_seq: _Number, body: OrganisationUpload) -> Empty:
        await database.write(lambda connection: log_store.keep_snapshot(connection, org_seq, body.entries))
        return Empty()

    @routes.post("/directory")
    async def append(body: LeafSubmission, request: Request) -> LeafIndex:
        index, _head = await appender.append(await operator(request), body.leaf)
        return LeafIndex(index=index)

    @routes.get("/devices")
    async def devices() -> DeviceVersions:
        seen, state = await database.read(versions.known), log.state
        none = {
            device: DeviceVersion(device=device, protocol=0, release="", seen_at=0) for device in state.active
        }
        return DeviceVersions(
            devices=[
                seen.get(device, unseen).model_copy(update={"person": state.active[device].person})
                for device, unseen in sorted(none.items())
            ]
        )

    _seal_routes(routes, database, appender, operator, clock)
    return routes


def _seal_routes(
    routes: APIRouter, database: Database, appender: Appender, operator: Caller, clock: Clock
) -> None:
    @routes.get("/seals")
    async def pending_seals() -> PendingSeals:
        return PendingSeals(requests=await database.read(seals.waiting))

    @routes.post("/seals/{request_id}/sign")
    async def sign_seal(request_id: _Hash, body: LeafSubmission, request: Request) -> LeafIndex:
        session, now = await operator(request), clock.now_ms()

        def run(connection: Connection) -> tuple[int, list[str]]:
            seals.settle(connection, request_id, body.leaf, now)
            return appender.append_within(connection, session, body.leaf)

        index, reached = await database.write(run)
        appender.ring(reached)
        return LeafIndex(index=index)

    @routes.post("/seals/{request_id}/refuse")
    async def refuse_seal(request_id: _Hash, _body: Refusal) -> Empty:
        now = clock.now_ms()
        await database.write(lambda connection: seals.refuse(connection, request_id, now))
        return Empty()
