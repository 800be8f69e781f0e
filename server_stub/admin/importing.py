"""Files of a CA that has no network, taken in at a server that is stopped: the same rules as over HTTPS (C1)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError
from sqlalchemy import Connection

from protocol.errors import ErrorCode, JinshuError
from protocol.wire.base import Bytes64, Count, HexHash, Request
from server_stub.audit import trail
from server_stub.audit.refusals import Refusals
from server_stub.auth import enrolments
from server_stub.auth.sessions import OPERATOR, Session
from server_stub.clock import Clock
from server_stub.config import Config
from server_stub.database import schema
from server_stub.database.database import Database
from server_stub.database.lock import exclusive
from server_stub.directory import log_store
from server_stub.directory.appender import Appender
from server_stub.directory.log_store import DirectoryLog
from server_stub.directory.trust import ServerTrust
from server_stub.stream import Bell

_LARGEST: Final = 64 << 20


class _Publication(Request):
    """What `publish`, `revoke` and `ca-change` write."""

    version: Literal[1]
    kind: Literal["organisation", "revocations", "ca_change"]
    number: Count
    leaf: Bytes64
    entries: list[Bytes64]


class _Registration(Request):
    """What `enrol --out` writes: a code was given out."""

    version: Literal[1]
    kind: Literal["enrolment"]
    lookup_hash: HexHash
    expires_at: Count


_Document: TypeAlias = Annotated[_Publication | _Registration, Field(discriminator="kind")]
_FILE: Final[TypeAdapter[_Publication | _Registration]] = TypeAdapter(_Document)
# What a new issuing CA signed is believed only after the root named it.
_ORDER: Final = ("ca_change", "organisation", "revocations", "enrolment")


@dataclass(frozen=True, slots=True)
class Imported:
    """One file and whether it brought anything new."""

    path: Path
    kind: str
    new: bool


def take_in(config: Config, paths: Sequence[Path], clock: Clock) -> list[Imported]:
    """Read all files, then take them in one by one; what is here already is no fault.

    Raises:
        BlockingIOError: the server is running.
        JinshuError: `wire.malformed` or `wire.too_large`, or why the rule refuses; with the file's name.
    """
    files = sorted((_read(path) for path in _listed(paths)), key=lambda file: file.rank)
    with exclusive(config):
        schema.upgrade(config)
        database = Database(config)
        try:
            log = DirectoryLog(ServerTrust.load(config.tls), clock)
            database.read_now(log.load)
            importer = _Importer(database, log, clock)
            return asyncio.run(importer.run(files))
        finally:
            database.close()


@dataclass(frozen=True, slots=True)
class _Read:
    path: Path
    document: _Document
    digest: str

    @property
    def rank(self) -> tuple[int, int]:
        number = self.document.number if isinstance(self.document, _Publication) else 0
        return _ORDER.index(self.document.kind), number


class _Importer:
    """Each file in a transaction of its own, with an audit row that carries the hash of its bytes."""

    def __init__(self, database: Database, log: DirectoryLog, clock: Clock) -> None:
        self._database = database
        self._log = log
        self._clock = clock
        self._appender = Appender(database, log, Bell(), clock, Refusals(database, clock))
        # The files carry the CA's signatures; whoever may write into this folder could not make them.
        self._session = Session(OPERATOR, OPERATOR, b"", 0)

    async def run(self, files: Iterable[_Read]) -> list[Imported]:
        done = []
        for file in files:
            try:
                new = await self._database.write(partial(self._take, file=file))
            except JinshuError as error:
                raise JinshuError(error.code, **{**error.params, "file": file.path.name}) from error
            done.append(Imported(file.path, file.document.kind, new))
        return done

    def _take(self, connection: Connection, file: _Read) -> bool:
        before = trail.count(connection)
        document = file.document
        if isinstance(document, _Registration):
            enrolments.register_code(
                connection, document.lookup_hash, document.expires_at, self._clock.now_ms()
            )
        else:
            if document.kind == "organisation":
                log_store.keep_snapshot(connection, document.number, document.entries)
            self._appender.append_within(connection, self._session, document.leaf)
        new = trail.count(connection) > before
        if new:
            now = self._clock.now_ms()
            trail.record(
                connection, at=now, actor=OPERATOR, action="import", result="ok", reference=file.digest
            )
        return new


def _listed(paths: Sequence[Path]) -> list[Path]:
    """Files as named, folders as the publications in them."""
    return [found for path in paths for found in (sorted(path.glob("*.json")) if path.is_dir() else [path])]


def _read(path: Path) -> _Read:
    if path.stat().st_size > _LARGEST:
        raise JinshuError(ErrorCode.WIRE_TOO_LARGE, file=path.name)
    data = path.read_bytes()
    try:
        return _Read(path, _FILE.validate_json(data), hashlib.sha256(data).hexdigest())
    except ValidationError:
        raise JinshuError(ErrorCode.WIRE_MALFORMED, file=path.name) from None
