"""Which version of the client each device last came with, by its own signed word."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from protocol.wire.admin import DeviceVersion
from server_stub.auth.sessions import Session
from server_stub.database.tables import DEVICE_VERSIONS


def record(connection: Connection, session: Session, now: int) -> None:
    """Remember what a device has just signed in with."""
    connection.execute(delete(DEVICE_VERSIONS).where(DEVICE_VERSIONS.c.device == session.device))
    connection.execute(
        insert(DEVICE_VERSIONS).values(
            device=session.device, protocol=session.protocol, release=session.release, seen_at=now
        )
    )


def known(connection: Connection) -> dict[str, DeviceVersion]:
    """The newest of each device that has signed in, by device."""
    rows = connection.execute(select(DEVICE_VERSIONS)).all()
    return {
        row.device: DeviceVersion(
            device=row.device, protocol=row.protocol, release=row.release, seen_at=row.seen_at
        )
        for row in rows
    }
