"""Acts of the chair, signed after the act before; the server enforces them, and every client reads them for itself (C26)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from client.core.events import MeetingsChanged
from client.meetings import ledger
from client.meetings.ports import MeetingPorts
from client.meetings.room_server import RoomServer
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings import chair
from protocol.meetings.payloads import ChairAct, ChairEntry

_TRIES: Final = 3


async def act(ports: MeetingPorts, meeting: str, what: ChairAct, target: str | None = None) -> None:
    """Do it, and keep it; made anew when another chair was quicker.

    Raises:
        JinshuError: `meetings.act_refused`, `meetings.ended`, `meetings.unknown`, `network.*`.
    """
    for left in reversed(range(_TRIES)):
        try:
            await _once(ports, meeting, what, target)
            return
        except JinshuError as error:
            if error.code is not ErrorCode.MEETINGS_ACT_OUTDATED or not left:
                raise
            await ports.catch_up()


async def _once(ports: MeetingPorts, meeting: str, what: ChairAct, target: str | None) -> None:
    kept = await ports.store.read(lambda c: ledger.find(c, meeting))
    if kept is None:
        raise JinshuError(ErrorCode.MEETINGS_UNKNOWN, meeting=meeting)
    kept.check_readable(acts=True)
    entry = ChairEntry(
        meeting=meeting,
        n=kept.chair.n + 1,
        previous=kept.chair.last,
        person=ports.signer.me.person,
        device=ports.signer.me.device,
        act=what,
        target=target,
        log_size=ports.directory.size,
        log_root=ports.directory.root,
        at=ports.signer.now_ms(),
    )
    chair.check(kept.chair, entry)
    signed = await ports.signer.sign(SignedType.CHAIR_ACT, entry.value())
    await RoomServer(ports.requests, meeting).act(signed)
    await ports.store.write(lambda c: _keep(c, signed, entry))
    ports.bus.publish(MeetingsChanged())


def _keep(connection: Connection, signed: Signed, entry: ChairEntry) -> None:
    ledger.keep_act(connection, signed, entry)
