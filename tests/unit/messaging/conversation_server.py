"""The server's part of conversations in memory: gives places, refuses what is out of date, and fills the logs of devices.

It keeps the same rules as `server_stub/relay` where a client can tell: an entry that comes again has its place already, a roster
must follow the newest one, an id may be used once. It checks no signature and no right: readers do.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from client.core.sync.pull import LogEvent, LogPage
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.messaging.payloads import Roster, read_message
from protocol.release import PROTOCOL_VERSION
from protocol.wire.messaging import (
    DeliveryMark,
    DeliveryReply,
    DeliveryRequest,
    MessageRequest,
    PlaceReply,
    RosterRequest,
)

ReplyT = TypeVar("ReplyT", bound=BaseModel)
DevicesOf = Callable[[str], Iterable[str]]


@dataclass
class Chain:
    """One conversation: what has a place, and the roster in force."""

    places: dict[bytes, int] = field(default_factory=dict)  # entry id → place
    messages: dict[str, bytes] = field(default_factory=dict)  # id → signed bytes
    rosters: list[tuple[bytes, int]] = field(
        default_factory=list
    )  # with their places: whoever comes later gets them all
    roster: bytes | None = None
    members: frozenset[str] = frozenset()


class ConversationServer:
    """`devices_of` names the devices of a person whose logs are filled."""

    def __init__(self, devices_of: DevicesOf, now_ms: Callable[[], int]) -> None:
        self._devices_of = devices_of
        self._now_ms = now_ms
        self._chains: dict[str, Chain] = defaultdict(Chain)
        self.logs: dict[str, list[LogEvent]] = defaultdict(list)
        self.marks: list[DeliveryMark] = []

    def roster(self, data: bytes) -> PlaceReply:
        signed = Signed.parse(data, SignedType.ROSTER)
        wanted = Roster.parse(signed.value())
        chain = self._chains[wanted.conversation]
        if signed.entry_id not in chain.places:
            if wanted.previous != chain.roster:
                raise JinshuError(ErrorCode.MESSAGING_ROSTER_OUTDATED, conversation=wanted.conversation)
            told = chain.members | set(wanted.members)
            for person in sorted(told - chain.members):
                self._tell_all(person, [(kept, "roster", n) for kept, n in chain.rosters])
            chain.roster, chain.members = signed.entry_id, frozenset(wanted.members)
            self._place(chain, signed, "roster", told)
            chain.rosters.append((data, chain.places[signed.entry_id]))
        return self._reply(chain, signed)

    def message(self, data: bytes) -> PlaceReply:
        signed = Signed.parse(data)
        message = read_message(signed)
        chain = self._chains[message.conversation]
        if chain.messages.setdefault(message.id, data) != data:
            raise JinshuError(ErrorCode.SYNC_ID_REUSED, message=message.id)
        if signed.entry_id not in chain.places:
            self._place(chain, signed, "message", chain.members)
        return self._reply(chain, signed)

    def tell(self, device: str, kind: str, data: bytes, n: int = 0) -> LogEvent:
        """Put an event of the server's choosing at the end of a device's log."""
        body = {
            "kind": kind,
            "signed": base64.b64encode(data).decode(),
            "n": n,
            "received_at": self._now_ms(),
        }
        event = LogEvent(len(self.logs[device]) + 1, kind, body)
        self.logs[device].append(event)
        return event

    def _place(self, chain: Chain, signed: Signed, kind: str, people: Iterable[str]) -> None:
        chain.places[signed.entry_id] = len(chain.places) + 1
        for person in sorted(people):
            self._tell_all(person, [(signed.to_bytes(), kind, chain.places[signed.entry_id])])

    def _tell_all(self, person: str, entries: Iterable[tuple[bytes, str, int]]) -> None:
        for data, kind, n in entries:
            for device in self._devices_of(person):
                self.tell(device, kind, data, n)

    def _reply(self, chain: Chain, signed: Signed) -> PlaceReply:
        return PlaceReply(n=chain.places[signed.entry_id], received_at=self._now_ms())


class Line:
    """One device's line to the server: its `ServerRequests` and its `EventSource`.

    `down`: nothing gets there. `deaf`: it gets there, and the reply is lost.
    """

    def __init__(self, server: ConversationServer, device: str) -> None:
        self._server = server
        self._device = device
        self.down = self.deaf = False
        self.posted: list[tuple[str, bytes]] = []  # path and body of what got there
        self.refusal: JinshuError | None = None  # what the next request ends with

    async def post_bytes(self, path: str, body: bytes) -> bytes:
        self._check(path, body)
        if path == "/conversations/rosters":
            reply = self._server.roster(RosterRequest.model_validate_json(body).roster)
        else:
            assert path == "/conversations/messages"
            reply = self._server.message(MessageRequest.model_validate_json(body).message)
        return self._heard(reply).model_dump_json().encode()

    async def post(self, path: str, model: BaseModel, reply: type[ReplyT]) -> ReplyT:
        self._check(path, model.model_dump_json().encode())
        assert path == "/conversations/delivered"
        assert isinstance(model, DeliveryRequest)
        marks = [mark for mark in self._server.marks if mark.conversation in model.conversations]
        answer = self._heard(DeliveryReply(marks=marks))
        assert isinstance(answer, reply)
        return answer

    async def server_protocol(self) -> int:
        return PROTOCOL_VERSION

    async def events(self, after: int, limit: int) -> LogPage:
        log = self._server.logs[self._device]
        return LogPage(log[after : after + limit], len(log), after)

    async def acknowledge(self, n: int) -> None:
        del n

    async def resync(self) -> LogPage:
        raise AssertionError("this log is whole")

    def _check(self, path: str, body: bytes) -> None:
        if self.down:
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            raise refusal
        self.posted.append((path, body))

    def _heard(self, reply: ReplyT) -> ReplyT:
        if self.deaf:
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE)
        return reply
