"""Calling a meeting: on disk before the page hears of it, sent when its conversation is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection

from client.core.events import Event, MeetingsChanged
from client.core.server_requests import ServerRequests
from client.core.sync.acts import Act
from client.meetings import ledger
from client.meetings.ports import MeetingPorts
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import JinshuError
from protocol.identifiers import IdKind
from protocol.meetings.payloads import Meeting
from protocol.wire.meetings import MeetingRequest

KIND: Final = "meeting"


class MeetingActs:
    """Acts of kind "meeting": the body is the request. Its object is the conversation, so that the roster goes first."""

    kind = KIND

    def __init__(self, requests: ServerRequests) -> None:
        self._requests = requests

    async def send(self, act: Act) -> object:
        return await self._requests.post_bytes("/meetings", act.body)

    def settle(self, connection: Connection, act: Act, reply: Any) -> Iterable[Event]:
        del reply
        ledger.settle(connection, _meeting(act).meeting, ledger.SETTLED)
        return (MeetingsChanged(),)

    def refuse(self, connection: Connection, act: Act, error: JinshuError) -> Iterable[Event]:
        del error
        ledger.settle(connection, _meeting(act).meeting, ledger.REFUSED)
        return (MeetingsChanged(),)


async def call(ports: MeetingPorts, conversation: str, starts_at: int, ends_at: int) -> str:
    """Call a meeting of a conversation's members, which I chair; returns its id. Times are ms UTC."""
    signer, directory = ports.signer, ports.directory
    me, now = signer.me, signer.now_ms()
    meeting = Meeting(
        meeting=signer.new_id(IdKind.MEETING),
        conversation=conversation,
        person=me.person,
        device=me.device,
        chairs=[me.person],
        starts_at=starts_at,
        ends_at=ends_at,
        log_size=directory.size,
        log_root=directory.root,
        at=now,
    )
    value = Meeting.parse(meeting.value()).value()
    signed = await signer.sign(SignedType.MEETING, value)
    body = MeetingRequest(meeting=signed.to_bytes()).model_dump_json().encode()

    def rows(connection: Connection) -> list[Event]:
        ledger.keep(connection, signed, meeting, ledger.PENDING)
        return [MeetingsChanged()]

    await ports.outbox.queue([Act(signer.new_id(IdKind.ACT), KIND, conversation, body)], rows)
    return meeting.meeting


def _meeting(act: Act) -> Meeting:
    request = MeetingRequest.model_validate_json(act.body)
    return Meeting.parse(Signed.parse(request.meeting, SignedType.MEETING).value())
