"""One gapless log a device (C20): an event's number is assigned in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError
from server_stub.database.tables import DEVICE_LOGS, EVENTS

DAY_MS: Final = 24 * 3600 * 1000
KEPT_MS: Final = 30 * DAY_MS
SILENT_MS: Final = 90 * DAY_MS
_BATCH: Final = 500
# Put together once: building a statement costs more than running it.
_MOVE_ON: Final = (
    update(DEVICE_LOGS)
    .where(DEVICE_LOGS.c.device.in_(bindparam("devices", expanding=True)))
    .values(latest=DEVICE_LOGS.c.latest + 1)
    .returning(DEVICE_LOGS.c.device, DEVICE_LOGS.c.latest)
)
_ADD: Final = insert(EVENTS)
_LOG: Final = select(DEVICE_LOGS).where(DEVICE_LOGS.c.device == bindparam("device"))
_AFTER: Final = (
    select(EVENTS)
    .where(EVENTS.c.device == bindparam("device"), EVENTS.c.n > bindparam("after"))
    .order_by(EVENTS.c.n)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as stored: its reference is CBOR that the kind's renderer turns into the body."""

    n: int
    kind: str
    reference: bytes


# A kind's renderer makes the body the device gets out of the reference: ciphertext is stored once.
Renderer = Callable[[Connection, str, bytes], dict[str, object]]


def directory_body(_connection: Connection, _device: str, reference: bytes) -> dict[str, object]:
    return {"size": int(cbor.decode(reference))}


def open_log(connection: Connection, device: str, now: int) -> bool:
    """Begin a device's log; False when there is one."""
    if connection.execute(select(DEVICE_LOGS.c.device).where(DEVICE_LOGS.c.device == device)).first():
        return False
    connection.execute(insert(DEVICE_LOGS).values(device=device, latest=0, acknowledged=0, heard_at=now))
    return True


def append(
    connection: Connection, devices: Iterable[str], kind: str, reference: bytes, now: int
) -> list[str]:
    """Add one event to the logs of the devices that have one; returns those devices.

    Two statements for any number of devices: between statements the writer waits for its turn beside the event loop, and a
    message to fifty devices would wait a hundred times.
    """
    wanted, reached = sorted(set(devices)), list[str]()
    for start in range(0, len(wanted), _BATCH):
        moved = connection.execute(_MOVE_ON, {"devices": wanted[start : start + _BATCH]}).all()
        rows = [
            {"device": row.device, "n": row.latest, "kind": kind, "reference": reference, "at": now}
            for row in moved
        ]
        if rows:
            connection.execute(_ADD, rows)
        reached += sorted(row.device for row in moved)
    return reached


def all_devices(connection: Connection) -> list[str]:
    return list(connection.execute(select(DEVICE_LOGS.c.device)).scalars())


def read(connection: Connection, device: str, after: int, limit: int) -> tuple[list[StoredEvent], int]:
    """Events after a number, and the newest number.

    Raises:
        JinshuError: `sync.resync`, the device must begin anew.
    """
    log = connection.execute(_LOG, {"device": device}).first()
    if log is None:
        return [], 0
    if after > log.latest:
        raise JinshuError(ErrorCode.SYNC_RESYNC)
    rows = connection.execute(_AFTER, {"device": device, "after": after, "limit": limit}).all()
    if rows and rows[0].n != after + 1:
        raise JinshuError(ErrorCode.SYNC_RESYNC)
    if not rows and after < log.latest:
        raise JinshuError(ErrorCode.SYNC_RESYNC)
    return [StoredEvent(row.n, row.kind, row.reference) for row in rows], int(log.latest)


def acknowledge(connection: Connection, device: str, n: int, now: int) -> int:
    """Everything up to n is on the device's disk; never goes back. Returns what it had acknowledged before.

    Raises:
        JinshuError: `wire.malformed`, the device claims what it was never sent.
    """
    log = connection.execute(select(DEVICE_LOGS).where(DEVICE_LOGS.c.device == device)).first()
    if log is None or n > log.latest:
        raise JinshuError(ErrorCode.WIRE_MALFORMED, field="n")
    chosen = update(DEVICE_LOGS).where(DEVICE_LOGS.c.device == device)
    connection.execute(chosen.values(acknowledged=max(n, log.acknowledged), heard_at=now))
    return int(log.acknowledged)


def prune(connection: Connection, now: int) -> int:
    """Forget what was acknowledged over 30 days ago, and the logs of devices silent for 90; returns the count."""
    gone = 0
    for log in connection.execute(select(DEVICE_LOGS)).all():
        limit = log.latest if log.heard_at < now - SILENT_MS else log.acknowledged
        old = delete(EVENTS).where(EVENTS.c.device == log.device, EVENTS.c.n <= limit)
        gone += connection.execute(old.where(EVENTS.c.at < now - KEPT_MS)).rowcount
    return gone


def acknowledged(connection: Connection, device: str) -> int:
    """The highest number a device ever said it has on its disk: of a store copied back it is beyond its own."""
    chosen = select(DEVICE_LOGS.c.acknowledged).where(DEVICE_LOGS.c.device == device)
    return int(connection.execute(chosen).scalar() or 0)


def latest(connection: Connection, device: str) -> int:
    """The number of a device's newest event."""
    chosen = select(DEVICE_LOGS.c.latest).where(DEVICE_LOGS.c.device == device)
    return int(connection.execute(chosen).scalar() or 0)
