"""Appending to the directory log: the rule, the audit row, and the news to every device, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from sqlalchemy import Connection

from protocol.crypto import cbor
from protocol.crypto.signature import Signed
from protocol.directory.age import brings_in
from protocol.directory.log import DeviceBundle, Leaf, LeafKind
from protocol.directory.state import DirectoryState
from protocol.errors import ErrorCode, JinshuError
from server_stub import device_logs
from server_stub.audit import trail
from server_stub.audit.refusals import Refusals
from server_stub.auth.sessions import Session
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.directory import witnessing
from server_stub.directory.log_store import CA_KINDS, DirectoryLog
from server_stub.stream import Bell

_GIVES_KEYS: Final = frozenset({LeafKind.GENERATION, LeafKind.SHARE})
# Gives devices that have just come to hold a principal's key what was sealed to it; returns those it gave to.
Backfill: TypeAlias = Callable[[Connection, DirectoryState, DirectoryState, str, int], list[str]]


class Appender:
    """What devices and the operator may add, each his own kinds."""

    def __init__(
        self,
        database: Database,
        log: DirectoryLog,
        bell: Bell,
        clock: Clock,
        refusals: Refusals,
        backfill: Backfill | None = None,
        devices_changed: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._log = log
        self._bell = bell
        self._clock = clock
        self._refusals = refusals
        self._backfill = backfill
        self._devices_changed = devices_changed

    async def append(self, session: Session, data: bytes, wraps: Sequence[bytes] = ()) -> tuple[int, Signed]:
        """Append one leaf; returns its index and a head that covers it.

        Raises:
            JinshuError: why it may not stand there; an audit row says that it was tried.
        """
        try:
            index, head, reached = await self._database.write(
                lambda connection: self._append(connection, session, data, wraps)
            )
        except JinshuError as error:
            await self._refusals.note(session.device, "directory", error.code)
            raise
        self._bell.ring(reached)
        if self._devices_changed is not None and session.is_operator:
            await self._devices_changed()
        return index, head

    def append_within(self, connection: Connection, session: Session, data: bytes) -> tuple[int, list[str]]:
        """The same inside a transaction of the caller, who rings the bell after it."""
        index, _head, reached = self._append(connection, session, data, ())
        return index, reached

    def ring(self, devices: list[str]) -> None:
        self._bell.ring(devices)

    def _append(
        self, connection: Connection, session: Session, data: bytes, wraps: Sequence[bytes]
    ) -> tuple[int, Signed, list[str]]:
        leaf = Leaf.parse(data)
        self._may(session, leaf)
        before = self._log.writing.state
        if brings_in(leaf, before):
            witnessing.age(connection, before, self._clock.now_ms()).check()
        index, head, fresh = self._log.append(connection, data, wraps)
        if not fresh:
            return index, head, []
        now = self._clock.now_ms()
        if leaf.kind is LeafKind.DEVICE:
            device_logs.open_log(connection, DeviceBundle.parse(leaf.parsed().value()).device, now)
        trail.record(
            connection,
            at=now,
            actor=session.device,
            action=f"directory.{leaf.kind.value}",
            result="ok",
            reference=leaf.parsed().entry_id.hex(),
        )
        everyone = device_logs.all_devices(connection)
        reached = device_logs.append(connection, everyone, "directory", cbor.encode(index + 1), now)
        if self._backfill is not None and leaf.kind in _GIVES_KEYS:
            principal = str(leaf.parsed().value()["principal"])
            reached += self._backfill(connection, before, self._log.writing.state, principal, now)
        return index, head, reached

    @staticmethod
    def _may(session: Session, leaf: Leaf) -> None:
        if session.is_operator != (leaf.kind in CA_KINDS):
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
        # A leaf signed with a recovery code comes from a device that is not believed yet: its signature says who.
        own = (
            session.is_operator
            or leaf.kind is LeafKind.CONSENT
            or leaf.parsed().cert_hash == session.cert_hash
        )
        if not own:
            raise JinshuError(ErrorCode.DIRECTORY_NOT_AUTHORISED)
