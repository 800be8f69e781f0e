"""Stays in meetings of real clients behind lying faces: real keys, signatures, logs and HTTP; only the media engine is silent."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from client.core.sync.pull import LogEvent
from client.media.newest import NewestFrame
from client.meetings import chair_acts, ledger, meeting_calls, session_driver
from client.meetings.ledger import Kept
from client.meetings.ports import ports_of
from client.meetings.room_server import RoomServer
from client.meetings.service import MeetingArea
from client.meetings.session import Over
from client.meetings.session_driver import SessionDriver
from protocol.crypto.frames import Stream
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.epochs import SWITCH_MS
from protocol.meetings.payloads import ChairAct, Epoch, EpochPacket, Join
from tests.security.ring import Ring, Talker, ring
from tests.support.recording_backend import OFFER, RecordingBackend
from tests.support.small_city import HOUR_MS, b64


class SilentPeer:
    """A media engine that carries nothing."""

    def __init__(self, *_parts: object) -> None:
        self.pictures: dict[str, NewestFrame] = {}
        self.speaking = False

    async def offer(self) -> str:
        return OFFER

    async def answer(self, _answer: str) -> None:
        return

    async def close(self) -> None:
        return

    def start_microphone(self, _source: object) -> None:
        return

    async def stop_microphone(self) -> None:
        return

    def send_control(self, _message: bytes) -> bool:
        return True

    def begin_pictures(self) -> None:
        return

    def view(self, *_wanted: object) -> None:
        return

    def heard(self) -> tuple[int, ...]:
        return ()

    def figures(self) -> tuple[object, ...]:
        return ()


class Unheard:
    """A loudspeaker nobody listens to."""

    def play(self, _samples: object) -> None:
        return


class Seat:
    """One official's client in the meeting. Nothing happens but what a test moves and what its keys ask for."""

    def __init__(self, talker: Talker) -> None:
        self.talker, self.core, self.face = talker, talker.core, talker.face
        self.news = asyncio.Event()
        self.ends: list[Over] = []
        self.kept: Kept
        self.driver: SessionDriver
        self.seated = False
        self.join: bytes

    # As the watcher of its stay

    def changed(self) -> None:
        self.news.set()

    def over(self, why: Over) -> None:
        self.ends.append(why)
        self.news.set()

    def device_failed(self, task: str, error: Exception) -> None:
        raise AssertionError(task) from error

    # What it does

    async def sits(self, meeting: str) -> None:
        """Come in; an earlier stay is forgotten, as after a loss."""
        await self.reads(meeting)
        room = RoomServer(self.core.api, meeting)
        made = SessionDriver(ports_of(self.core), self.kept, room, Unheard(), self, set())
        await made.enter()
        self.driver, self.seated = made, True
        posted = [body for _, path, body in self.face.heard if path.endswith("/join")][-1]
        self.join = b64decode(json.loads(posted)["join"])

    async def reads(self, meeting: str) -> None:
        """What the chairs and the roster say now."""
        kept = await self.core.store.read(lambda c: ledger.find(c, meeting))
        assert kept is not None
        self.kept = kept
        if self.seated:
            await self.driver.judge_again(kept)

    async def looks(self) -> None:
        await self.driver.look_again()

    async def until(self, true: Callable[[], bool]) -> None:
        while not true():
            self.news.clear()
            await self.news.wait()

    async def rests(self, *others: Seat) -> None:
        """Until I and the others are in one epoch that I announced, and frames are sealed in it."""
        wanted = {each.driver.me.id for each in (self, *others)}
        await self.until(lambda: self.driver.keys.ready and wanted == set(self.participants))
        for each in others:
            await each.looks()
            assert each.driver.keys.ready
            assert each.driver.keys.epoch == self.driver.keys.epoch
        for each in (self, *others):
            each.driver.keys.maintain(each.driver.now_ms() + SWITCH_MS)

    # What it is told

    async def told(self, kind: str, **body: object) -> ErrorCode | None:
        """A signal of the server's choosing; returns the code it was refused with."""
        data = {name: b64(value) if isinstance(value, bytes) else value for name, value in body.items()}
        try:
            await self.driver.signal(kind, data)
        except JinshuError as error:
            return error.code
        return None

    async def logged(self, kind: str, signed: bytes) -> list[ErrorCode]:
        """An event of the server's choosing as the next of its log; returns what the user is told of it."""
        before = len(self.talker.notices)
        body = {"signed": b64(signed), "received_at": self.core.clock.now_ms()}
        await self.core.deliver(LogEvent(await self.core.pull.cursor() + 1, kind, body))
        return self.talker.notices[before:]

    # What it believes

    @property
    def participants(self) -> list[bytes]:
        held = self.driver.keys._current
        return [] if held is None else list(held.epoch.participants)

    @property
    def present(self) -> set[bytes]:
        return {stay.id for stay in self.driver.keys.presence.stays}

    def seals_to(self) -> tuple[set[str], set[bytes]]:
        """Devices it has ever sealed an epoch's secret to, and stays it ever put into one."""
        bodies = [json.loads(body) for _, path, body in self.face.heard if path.endswith("/epoch")]
        packets = [Signed.parse(b64decode(each)) for body in bodies for each in body["packets"]]
        epochs = [Epoch.parse(Signed.parse(b64decode(body["epoch"])).value()) for body in bodies]
        to = {EpochPacket.parse(each.value()).to for each in packets}
        return to, {join for epoch in epochs for join in epoch.participants}

    def speaks(self) -> bytes:
        sealer = self.driver.keys.sealer(Stream.AUDIO)
        assert sealer is not None
        return sealer.seal("会议内容".encode())

    def opens(self, frame: bytes) -> bool:
        try:
            return self.driver.keys.open(frame)[1] == "会议内容".encode()
        except JinshuError:
            return False

    # What it signs when its owner helps the server

    async def signs(self, kind: SignedType, value: dict[str, Any]) -> Signed:
        return await self.core.keystore.sign(kind, value)

    def head(self) -> dict[str, Any]:
        directory = self.core.directory
        return {"log_size": directory.size, "log_root": directory.root, "at": self.core.clock.now_ms()}

    async def a_join(self, meeting: str, **changes: Any) -> bytes:
        me = self.core.me
        join = Join(meeting, me.person, me.device, self.core.entropy(16), **self.head())
        return (await self.signs(SignedType.MEETING_JOIN, replace(join, **changes).value())).to_bytes()

    async def an_epoch(self, after: Seat, *participants: bytes, **changes: Any) -> Signed:
        """The next after the one somebody is in, in my name."""
        held = after.driver.keys._current
        assert held is not None
        epoch = replace(
            held.epoch,
            n=held.epoch.n + 1,
            previous=held.id,
            participants=list(participants),
            person=self.core.me.person,
            device=self.core.me.device,
            **self.head(),
        )
        return await self.signs(SignedType.EPOCH, replace(epoch, **changes).value())

    async def a_packet(self, of: Signed, secret: bytes, to: Seat, **changes: Any) -> bytes:
        """An epoch's secret, sealed to a device."""
        meeting, entry_id = self.kept.id, of.entry_id
        content = {"kind": "epoch-secret", "meeting": meeting, "epoch": entry_id, "secret": secret}
        device = self.core.directory.state.device_by_id(to.core.me.device)
        assert device is not None
        sealed = await self.core.channel.seal(meeting, [device], content)
        me, now = self.core.me.device, self.core.clock.now_ms()
        packet = EpochPacket(meeting, entry_id, me, device.id, sealed[device.id], now)
        value = replace(packet, **changes).value()
        return (await self.signs(SignedType.EPOCH_PACKET, value)).to_bytes()

    async def acts(self, what: ChairAct, target: str | None = None) -> Signed:
        """As chair, honestly; returns what was signed."""
        await chair_acts.act(ports_of(self.core), self.kept.id, what, target)
        posted = [body for _, path, body in self.face.heard if path.endswith("/acts")][-1]
        return Signed.parse(b64decode(json.loads(posted)["act"]))


class Table:
    """A meeting of the first and second official; the third may be of the conversation or not."""

    def __init__(
        self, made: Ring, seats: tuple[Seat, Seat, Seat], meeting: str, talk: str, media: RecordingBackend
    ) -> None:
        self.ring, self.meeting, self.talk, self.media = made, meeting, talk, media
        self.first, self.second, self.third = seats
        self.sat: list[Seat] = []

    async def sit(self, *seats: Seat) -> None:
        for seat in seats:
            await seat.sits(self.meeting)
            self.sat.append(seat)
        for seat in seats:
            await seat.looks()
        await seats[0].rests(*seats[1:])

    async def close(self) -> None:
        for seat in {id(each): each for each in self.sat}.values():
            await seat.driver.close()


@asynccontextmanager
async def table(monkeypatch: pytest.MonkeyPatch, members: int = 2) -> AsyncIterator[Table]:
    """A meeting the first has called of a conversation of the first two, or of all three."""
    monkeypatch.setattr(session_driver, "MediaPeer", SilentPeer)
    media = RecordingBackend()
    async with ring(media.make) as made:
        city = made.world.city
        people = (city.clerk, city.second_clerk, city.leader)
        talkers = [await made.joined(person) for person in people]
        for talker in talkers:
            MeetingArea(talker.core)
        await made.ready(*talkers)
        first, *rest = talkers
        talk = await made.group(first, *rest[: members - 1])
        now = first.core.clock.now_ms()
        meeting = await meeting_calls.call(ports_of(first.core), talk, now, now + HOUR_MS)
        await first.core.outbox.drained()
        for talker in talkers:
            await talker.follows()
        seats = [Seat(talker) for talker in talkers]
        opened = Table(made, (seats[0], seats[1], seats[2]), meeting, talk, media)
        try:
            yield opened
        finally:
            await opened.close()
