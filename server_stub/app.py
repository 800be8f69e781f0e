"""The composition root: builds the server's parts out of its folder, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeAlias

from fastapi import FastAPI
from sqlalchemy import Connection

from protocol.directory.state import DirectoryState
from protocol.documents.dispatch import SHIPPED
from server_stub import api, device_logs
from server_stub.audit.refusals import Refusals
from server_stub.auth.quotas import Quotas
from server_stub.auth.sessions import Sessions
from server_stub.blobs.store import BlobStore
from server_stub.cases import readers
from server_stub.cases import routes as cases
from server_stub.cases.acceptor import Acceptor
from server_stub.clock import Clock, SystemClock
from server_stub.config import Config
from server_stub.database import schema
from server_stub.database.database import Database, DurablePoints
from server_stub.directory.appender import Appender
from server_stub.directory.log_store import DirectoryLog
from server_stub.directory.trust import ServerTrust
from server_stub.directory.witnessing import Witnessing
from server_stub.documents.numbers import NumberReader
from server_stub.meetings import store as meetings_store
from server_stub.meetings.backend import MeetingBackend, NoMeetings
from server_stub.meetings.meetings import Meetings
from server_stub.relay import conversations, left_out
from server_stub.relay.conversations import Conversations
from server_stub.relay.routes import EventPages
from server_stub.stream import Bell, Stream
from server_stub.tasks import Tasks
from server_stub.updates.update_files import UpdateFiles

_PRUNE_SECONDS: Final = 6 * 3600
MakeBackend: TypeAlias = Callable[[Tasks], MeetingBackend]


def create_app(
    config: Config,
    clock: Clock | None = None,
    points: DurablePoints | None = None,
    *,
    media: MakeBackend | None = None,
    broken: Callable[[], None] | None = None,
) -> FastAPI:
    """The application over one server folder; the database is upgraded first. Without `media` no meeting can be joined.
    `broken` is called, on any thread, when the process can acknowledge nothing any more and must be ended."""
    clock = clock or SystemClock()
    schema.upgrade(config)
    database = Database(config, points, broken)
    log = DirectoryLog(ServerTrust.load(config.tls), clock)
    database.read_now(log.load)
    database.watch(log.publish, log.undo)
    sessions = Sessions(log, clock, {config.name, *log.trust.names})
    bell, tasks, refusals = Bell(), Tasks(), Refusals(database, clock)
    blobs = BlobStore(config.blobs, points)
    backend = NoMeetings() if media is None else media(tasks)
    meetings = Meetings(database, log, bell, clock, backend)
    renderers = {
        "directory": device_logs.directory_body,
        readers.KIND: cases.renderer(log),
        conversations.ROSTER: conversations.body,
        conversations.MESSAGE: conversations.body,
        conversations.PACKET: conversations.packet_body,
        left_out.KIND: left_out.body,
        meetings_store.MEETING: meetings_store.meeting_body,
        meetings_store.ACT: meetings_store.act_body,
    }
    pages = EventPages(database, renderers)
    parts = api.Parts(
        database=database,
        log=log,
        sessions=sessions,
        refusals=refusals,
        quotas=Quotas.made(clock),
        appender=Appender(database, log, bell, clock, refusals, _backfill, meetings.devices_changed),
        witnessing=Witnessing(database, log, clock),
        pages=pages,
        stream=Stream(bell, pages.page, tasks),
        blobs=blobs,
        updates=UpdateFiles(config.updates),
        refill=lambda connection, device, now: _refill(connection, log, device, now),
        conversations=Conversations(
            database, log, bell, clock, blobs.has, meetings_store.introduce, meetings.members_changed
        ),
        meetings=meetings,
        acceptor=Acceptor(database, log, bell, clock, blobs.has, refusals, NumberReader(), SHIPPED),
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks.keep("prune", lambda: _prune(database, blobs, clock), _PRUNE_SECONDS)
        tasks.start("media", backend.start())
        yield
        await meetings.stop()
        await tasks.stop()
        database.close()

    # No interactive documentation: it would fetch scripts from another network. The description itself is a route with a session.
    app = FastAPI(title="锦书 Jinshu", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    api.install(app, parts)
    return app


def _backfill(
    connection: Connection, before: DirectoryState, after: DirectoryState, principal: str, now: int
) -> list[str]:
    """Everything that was sealed to a principal, and the conversations of a person, for devices new to them."""
    fresh = sorted(after.holders(principal) - before.holders(principal))
    conversations.introduce(connection, principal, fresh, now)
    meetings_store.introduce_person(connection, principal, fresh, now)
    return sorted({*fresh, *readers.backfill(connection, before, after, principal, now)})


def _refill(connection: Connection, log: DirectoryLog, device: str, now: int) -> None:
    readers.refill(connection, log.state, device, now)
    found = log.state.device_by_id(device)
    if found is not None:
        conversations.refill(connection, found.person, device, now)
        meetings_store.introduce_person(connection, found.person, [device], now)


async def _prune(database: Database, blobs: BlobStore, clock: Clock) -> None:
    await database.write(lambda connection: device_logs.prune(connection, clock.now_ms()))
    await asyncio.to_thread(blobs.prune, clock.now_ms())
