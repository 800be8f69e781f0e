"""A device that takes part in meetings over raw HTTP, with whatever it is told to sign, and ears for the push channel."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import threading
from base64 import b64decode
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import httpx
from websockets.asyncio.client import ClientConnection, connect

from protocol.crypto.signature import Signed, SignedType
from protocol.identifiers import IdKind
from protocol.meetings.payloads import ChairAct, ChairEntry, Epoch, EpochKind, EpochPacket, Join, Meeting
from protocol.release import PROTOCOL_VERSION
from tests.support.recording_backend import OFFER
from tests.support.small_city import HOUR_MS, SmallCity, b64, fresh
from tests.support.speaker import Speaker, speaker

T = TypeVar("T")
Signals = list[tuple[str, dict[str, Any]]]


@dataclass
class Attendee(Speaker):
    """A speaker who also meets."""

    # What it can sign

    def meeting(self, conversation: str, **changes: Any) -> Meeting:
        now = self.city.clock.now
        made = Meeting(
            meeting=fresh(IdKind.MEETING),
            conversation=conversation,
            person=self.device.person,
            device=self.device.id,
            chairs=[self.device.person],
            starts_at=now,
            ends_at=now + HOUR_MS,
            at=now,
            **self.seen(),
        )
        return replace(made, **changes)

    def join(self, meeting: str, **changes: Any) -> Join:
        made = Join(
            meeting=meeting,
            person=self.device.person,
            device=self.device.id,
            nonce=os.urandom(16),
            at=self.city.clock.now,
            **self.seen(),
        )
        return replace(made, **changes)

    def entry(self, meeting: str, after: bytes | Signed, act: ChairAct, **changes: Any) -> ChairEntry:
        """The act after an act, or after the MEETING's entry id."""
        n, previous = 1, after
        if isinstance(after, Signed):
            n, previous = ChairEntry.parse(after.value()).n + 1, after.entry_id
        assert isinstance(previous, bytes)
        made = ChairEntry(
            meeting=meeting,
            n=n,
            previous=previous,
            person=self.device.person,
            device=self.device.id,
            act=act,
            target=None,
            at=self.city.clock.now,
            **self.seen(),
        )
        return replace(made, **changes)

    def epoch(self, meeting: str, *participants: bytes, **changes: Any) -> Epoch:
        made = Epoch(
            meeting=meeting,
            n=1,
            previous=None,
            kind=EpochKind.NEW,
            participants=list(participants),
            commitment=os.urandom(32),
            person=self.device.person,
            device=self.device.id,
            at=self.city.clock.now,
            **self.seen(),
        )
        return replace(made, **changes)

    def sealed(self, epoch: Signed, to: Speaker, **changes: Any) -> bytes:
        """A packet of an epoch."""
        made = EpochPacket(
            meeting=Epoch.parse(epoch.value()).meeting,
            epoch=epoch.entry_id,
            device=self.device.id,
            to=to.device.id,
            sealed=os.urandom(60),
            at=self.city.clock.now,
        )
        return self.sign(SignedType.EPOCH_PACKET, replace(made, **changes))

    # What it can ask

    def calls(self, meeting: Meeting) -> Signed:
        signed = self.device.signed(SignedType.MEETING, meeting.value())
        reply = self.ask("", meeting=signed.to_bytes())
        assert reply.status_code == 200, reply.text
        return signed

    def ask(self, path: str, **fields: Any) -> httpx.Response:
        body = {name: b64(value) if isinstance(value, bytes) else value for name, value in fields.items()}
        return self.client.post(f"/meetings{path}", json=body)

    def ask_in(self, join: Join, offers: list[str] | None = None) -> httpx.Response:
        data = self.sign(SignedType.MEETING_JOIN, join)
        return self.ask(f"/{join.meeting}/join", join=data, offers=[OFFER] if offers is None else offers)

    def comes(self, meeting: str, **changes: Any) -> Signed:
        """Join, and be let in."""
        join = self.join(meeting, **changes)
        reply = self.ask_in(join)
        assert reply.status_code == 200, reply.text
        return self.device.signed(SignedType.MEETING_JOIN, join.value())

    def acts(self, meeting: str, after: bytes | Signed, act: ChairAct, target: str | None = None) -> Signed:
        """Do it, and have it accepted."""
        entry = self.entry(meeting, after, act, target=target)
        signed = self.device.signed(SignedType.CHAIR_ACT, entry.value())
        reply = self.ask("/acts", act=signed.to_bytes())
        assert reply.status_code == 200, reply.text
        return signed

    def announces(self, epoch: Epoch, *packets: bytes) -> httpx.Response:
        return self.passes_on(self.device.signed(SignedType.EPOCH, epoch.value()), *packets)

    def passes_on(self, epoch: Signed, *packets: bytes) -> httpx.Response:
        path = f"/{epoch.value()['meeting']}/epoch"
        return self.ask(path, epoch=epoch.to_bytes(), packets=[b64(each) for each in packets])

    def present(self, meeting: str) -> httpx.Response:
        return self.client.get(f"/meetings/{meeting}")

    def running(self) -> list[str]:
        """The meetings of this person's conversations that somebody is in."""
        reply = self.client.get("/meetings/running")
        assert reply.status_code == 200, reply.text
        return list(reply.json()["meetings"])

    def joins(self, meeting: str) -> list[str]:
        """Devices in the meeting, in order."""
        reply = self.present(meeting)
        assert reply.status_code == 200, reply.text
        found = [Signed.parse(b64decode(each)) for each in reply.json()["joins"]]
        return [Join.parse(each.value()).device for each in found]

    def given(self) -> list[tuple[str, bytes]]:
        """Kinds and entry ids of what this device was given of meetings and rosters, in order."""
        events = self.client.get("/events", params={"after": 0, "limit": 200}).json()["events"]
        kinds = ("roster", "meeting", "meeting_act")
        return [
            (each["kind"], Signed.parse(b64decode(each["body"]["signed"])).entry_id)
            for each in events
            if each["kind"] in kinds
        ]


def attendee(city: SmallCity, person: str) -> Attendee:
    made = speaker(city, person)
    return Attendee(made.city, made.device, made.client, made.identity)


class Ears:
    """Push channels of several devices, read up to the same moment. In an event loop of their own: a TLS connection that one
    thread reads while another writes hangs now and then."""

    def __init__(self, city: SmallCity) -> None:
        self._city = city
        self._channels: dict[str, ClientConnection] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def listen(self, *devices: Speaker) -> None:
        server = self._city.server
        url = server.url.replace("https", "wss") + "/stream"
        for each in devices:
            headers = {
                "Authorization": each.client.headers["Authorization"],
                "Jinshu-Protocol": str(PROTOCOL_VERSION),
            }
            self._channels[each.device.id] = self._do(_opened(url, server.context, headers))
        # A signal reaches who listens, and a connection that is open is not yet listened on.
        self.heard()

    def heard(self) -> dict[str, Signals]:
        """What each was told since it was last asked. Twice, because a signal goes out after the log it was raised beside."""
        first, second = self._until_now(), self._until_now()
        return {device: first[device] + second[device] for device in first}

    def _until_now(self) -> dict[str, Signals]:
        """Everything until a snapshot published now, which reaches all."""
        self._city.publish()
        size = self._city.operator.get("/directory/entries?after=0&limit=1").json()["size"]
        return {device: self._do(_until(channel, size)) for device, channel in self._channels.items()}

    def close(self) -> None:
        for channel in self._channels.values():
            self._do(channel.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _opened(url: str, context: ssl.SSLContext, headers: dict[str, str]) -> ClientConnection:
    return await connect(
        url,
        ssl=context,
        additional_headers=headers,
        compression=None,
        proxy=None,
        open_timeout=None,
        ping_interval=None,
    )


async def _until(channel: ClientConnection, size: int) -> Signals:
    signals: Signals = []
    while True:
        event = json.loads(await channel.recv())
        if event["kind"] == "directory" and event["body"]["size"] == size:
            return signals
        if not event["n"]:
            signals.append((event["kind"], event["body"]))


@contextmanager
def ears(city: SmallCity, *devices: Speaker) -> Iterator[Ears]:
    made = Ears(city)
    try:
        made.listen(*devices)
        yield made
    finally:
        made.close()
