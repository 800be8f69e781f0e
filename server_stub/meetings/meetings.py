"""Meetings at the server (C22–C26): who may call, come and chair; the media go to the backend, which sees ciphertext alone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection

from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Standing
from protocol.directory.state import SKEW_MS
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings import chair
from protocol.meetings.chair import Chair
from protocol.meetings.payloads import ChairAct, ChairEntry, Epoch, EpochPacket, Join, Meeting
from protocol.wire.meetings import (
    EpochSignal,
    JoinedSignal,
    JoinReply,
    LeftSignal,
    PresentReply,
    RunningReply,
)
from server_stub.auth.sessions import Session
from server_stub.clock import Clock
from server_stub.database.database import Database
from server_stub.directory.log_store import DirectoryLog
from server_stub.meetings import store
from server_stub.meetings.backend import MeetingBackend
from server_stub.meetings.rooms import Room
from server_stub.meetings.running import RunningMeetings
from server_stub.relay.conversations import devices_of
from server_stub.stream import Bell

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Meetings:
    """The rooms that are open, and the one place where meetings and their acts are taken in."""

    def __init__(
        self,
        database: Database,
        log: DirectoryLog,
        bell: Bell,
        clock: Clock,
        backend: MeetingBackend,
    ) -> None:
        self._database = database
        self._log = log
        self._bell = bell
        self._clock = clock
        self._backend = backend
        self._rooms: dict[str, Room] = {}
        self._running = RunningMeetings(bell)
        backend.on_lost(self._lost)

    async def call(self, session: Session, data: bytes) -> None:
        """Keep a meeting and tell the members of its conversation; the same again changes nothing.

        Raises:
            JinshuError: `meetings.not_admitted`, `meetings.act_refused`, `sync.id_reused`, …
        """
        signed = self._signed(session, data, SignedType.MEETING)
        meeting = Meeting.parse(signed.value())
        self._own(session, meeting.person, meeting.device)

        def write(connection: Connection, now: int) -> list[str]:
            if store.known(connection, signed.entry_id):
                return []
            self._check_seen(meeting.log_size, meeting.log_root, meeting.at, now, offline=True)
            people = store.members(connection, meeting.conversation)
            if meeting.person not in people:
                raise JinshuError(ErrorCode.MEETINGS_NOT_ADMITTED, meeting=meeting.meeting)
            if not set(meeting.chairs) <= people:
                raise JinshuError(ErrorCode.MEETINGS_ACT_REFUSED, meeting=meeting.meeting)
            told = devices_of(self._log.writing.state, people)
            return store.add(connection, signed, meeting, told, now)

        await self._write(write)
        await self._backend.prepare(meeting.meeting)

    async def act(self, session: Session, data: bytes) -> None:
        """Take in an act of a chair, and do to the room what it says.

        Raises:
            JinshuError: `meetings.act_refused`, `meetings.act_outdated`, `meetings.ended`, `meetings.unknown`, …
        """
        signed = self._signed(session, data, SignedType.CHAIR_ACT)
        entry = ChairEntry.parse(signed.value())
        self._own(session, entry.person, entry.device)
        before: list[Chair] = []

        def write(connection: Connection, now: int) -> list[str]:
            _, meeting = store.find(connection, entry.meeting)
            if store.known(connection, signed.entry_id):
                return []
            self._check_seen(entry.log_size, entry.log_root, entry.at, now)
            folded, people = (
                store.state(connection, entry.meeting),
                store.members(connection, meeting.conversation),
            )
            chair.check(folded, entry)
            self._check_members(entry, people)
            before.append(folded)
            told = devices_of(self._log.writing.state, people)
            return store.add_act(connection, signed, entry, told, now)

        await self._write(write)
        room = self._rooms.get(entry.meeting)
        if before and room is not None:
            await self._enforce(room, before[0], entry)

    async def join(self, session: Session, meeting: str, data: bytes, offers: Sequence[str]) -> JoinReply:
        """Let a member in, in one round trip.

        Raises:
            JinshuError: `meetings.not_admitted`, `meetings.locked`, `meetings.removed`, `meetings.ended`, `meetings.unavailable`…
        """
        signed = self._signed(session, data, SignedType.MEETING_JOIN)
        join = Join.parse(signed.value())
        self._own(session, join.person, join.device)
        if join.meeting != meeting:
            raise JinshuError(ErrorCode.MEETINGS_UNKNOWN, meeting=meeting)
        self._check_seen(join.log_size, join.log_root, join.at, self._clock.now_ms())
        try:
            conversation = await self._admit(join)
        except JinshuError as error:
            if error.code is ErrorCode.MEETINGS_LOCKED:
                await self._tell_chairs(signed, meeting)
            raise
        answers = await self._backend.join(meeting, join.device, offers)
        room = self._rooms.setdefault(meeting, Room(meeting, conversation))
        room.enter(signed, join)
        await self._admit_again(room, join)
        body = JoinedSignal(join=signed.to_bytes()).model_dump(mode="json")
        self._bell.signal(room.others(join.device), "meeting_joined", body)
        await self._tell_running(room)
        present = await self.present(session, meeting)
        return JoinReply(answers=list(answers), **present.model_dump())

    async def present(self, session: Session, meeting: str) -> PresentReply:
        """A room as it is now, for one who is in it.

        Raises:
            JinshuError: `meetings.not_present`.
        """
        room = self._room(session, meeting)
        acts = await self._database.read(lambda connection: store.acts(connection, meeting))
        return PresentReply(
            joins=[each.signed for each in room.present.values()],
            epoch=None if room.epoch is None else room.epoch[2],
            packet=room.packets.get(session.device),
            acts=acts,
        )

    async def running(self, session: Session) -> RunningReply:
        """Which meetings of the caller's conversations somebody is in."""
        rooms = list(self._rooms.values())

        def read(connection: Connection) -> list[str]:
            mine = (room for room in rooms if session.person in store.members(connection, room.conversation))
            return [room.meeting for room in mine if room.present]

        return RunningReply(meetings=await self._database.read(read))

    async def leave(self, session: Session, meeting: str) -> None:
        """Go; nothing happens when one is not there."""
        await self._backend.leave(meeting, session.device)
        self._gone(meeting, session.device)

    async def speak(self, session: Session, meeting: str) -> None:
        """Whoever was muted by a chair speaks again, by his own hand.

        Raises:
            JinshuError: `meetings.not_present`.
        """
        self._room(session, meeting)
        await self._backend.silence(meeting, session.device, False)

    async def announce(self, session: Session, meeting: str, data: bytes, packets: Sequence[bytes]) -> None:
        """Take in an epoch of the media keys with its packets, and pass it on to everybody in the room.

        Raises:
            JinshuError: `meetings.not_present`, `meetings.act_outdated`, `meetings.epoch_refused`.
        """
        signed = self._signed(session, data, SignedType.EPOCH)
        epoch = Epoch.parse(signed.value())
        self._own(session, epoch.person, epoch.device)
        self._check_seen(epoch.log_size, epoch.log_root, epoch.at, self._clock.now_ms())
        room = self._room(session, meeting)
        if epoch.meeting != meeting:
            raise JinshuError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=meeting)
        each = [self._signed(session, packet, SignedType.EPOCH_PACKET) for packet in packets]
        room.announce(session.device, signed, epoch, [(one, EpochPacket.parse(one.value())) for one in each])
        for device in room.others(session.device):
            said = EpochSignal(epoch=data, packet=room.packets.get(device))
            self._bell.signal([device], "meeting_epoch", said.model_dump(mode="json"))

    async def members_changed(self, conversation: str) -> None:
        """Whoever is no longer in the conversation is no longer in its meetings."""
        people = await self._database.read(lambda connection: store.members(connection, conversation))
        for room in list(self._rooms.values()):
            if room.conversation == conversation:
                gone = [d for d, each in room.present.items() if each.join.person not in people]
                await self._put_out(room, gone)
                await self._tell_running(room)

    async def devices_changed(self) -> None:
        """A device that is no longer believed is no longer in a meeting."""
        state = self._log.state
        for room in list(self._rooms.values()):
            found = {device: state.device_by_id(device) for device in room.present}
            await self._put_out(
                room, [name for name, each in found.items() if each is None or not state.is_active(each)]
            )

    async def stop(self) -> None:
        await self._backend.stop()

    # How

    async def _admit(self, join: Join) -> str:
        """The conversation of a meeting that a device may come into."""

        def read(connection: Connection) -> tuple[str, Chair, bool, bool]:
            _, meeting = store.find(connection, join.meeting)
            admitted = join.person in store.members(connection, meeting.conversation)
            been = store.has_been(connection, join.meeting, join.person)
            return meeting.conversation, store.state(connection, join.meeting), admitted, been

        conversation, state, admitted, been = await self._database.read(read)
        device = self._log.state.device_by_id(join.device)
        vouched = device is not None and device.standing is not Standing.ON_CA_WORD
        if device is not None and not self._log.state.is_active(device):
            raise JinshuError(ErrorCode.CERTIFICATE_REVOKED, device=join.device)
        refusals = (
            (not admitted or not vouched, ErrorCode.MEETINGS_NOT_ADMITTED),
            (state.ended, ErrorCode.MEETINGS_ENDED),
            (join.person in state.removed, ErrorCode.MEETINGS_REMOVED),
            (state.locked and join.person not in state.chairs and not been, ErrorCode.MEETINGS_LOCKED),
        )
        for refused, code in refusals:
            if refused:
                raise JinshuError(code, meeting=join.meeting)
        return conversation

    async def _tell_chairs(self, signed: Signed, meeting: str) -> None:
        """The chairs who are there hear who stands before the lock: his own JOIN says so."""
        room = self._rooms.get(meeting)
        if room is not None:
            state = await self._database.read(lambda c: store.state(c, meeting))
            body = JoinedSignal(join=signed.to_bytes()).model_dump(mode="json")
            self._bell.signal(room.devices_of(state.chairs), "meeting_waiting", body)

    async def _admit_again(self, room: Room, join: Join) -> None:
        """Whatever keeps him out since he asked found nobody to put out while his transport was made ready."""
        try:
            # Once he is in the room: between his transport and the room nothing may wait, or whoever is lost then stays for ever.
            await self._database.write(lambda c: store.came(c, join.meeting, join.person))
            await self._admit(join)
        except BaseException:
            await self._put_out(room, [join.device])
            raise

    async def _enforce(self, room: Room, before: Chair, entry: ChairEntry) -> None:
        if entry.act is ChairAct.MUTE:
            for device, each in room.present.items():
                if chair.silenced(before, entry, each.join.person):
                    await self._backend.silence(room.meeting, device, True)
        elif entry.act is ChairAct.REMOVE and entry.target is not None:
            await self._put_out(room, room.devices_of([entry.target]))
        elif entry.act is ChairAct.END:
            await self._backend.close(room.meeting)
            for device in list(room.present):
                self._gone(room.meeting, device)

    async def _put_out(self, room: Room, devices: Sequence[str]) -> None:
        for device in devices:
            await self._backend.leave(room.meeting, device)
            self._gone(room.meeting, device)

    def _lost(self, meeting: str, device: str) -> None:
        _log.info("a participant of a meeting was lost")
        self._gone(meeting, device)

    def _gone(self, meeting: str, device: str) -> None:
        room = self._rooms.get(meeting)
        gone = None if room is None else room.leave(device)
        if room is None or gone is None:
            return
        body = LeftSignal(meeting=meeting, device=device, join=gone.entry_id).model_dump(mode="json")
        self._bell.signal([*room.present, device], "meeting_left", body)
        if not room.present:
            del self._rooms[meeting]
            self._running.over(meeting)

    async def _tell_running(self, room: Room) -> None:
        people = await self._database.read(lambda connection: store.members(connection, room.conversation))
        if room.present:
            self._running.tell(room.meeting, devices_of(self._log.state, people))

    def _room(self, session: Session, meeting: str) -> Room:
        room = self._rooms.get(meeting)
        if room is None or session.device not in room.present:
            raise JinshuError(ErrorCode.MEETINGS_NOT_PRESENT, meeting=meeting)
        return room

    def _signed(self, session: Session, data: bytes, kind: SignedType) -> Signed:
        signed = Signed.parse(data, kind)
        if signed.cert_hash != session.cert_hash:
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)
        verify(signed, self._log.state.active_signer(signed.cert_hash).verifying_key, kind)
        return signed

    def _own(self, session: Session, person: str, device: str) -> None:
        if (person, device) != (session.person, session.device):
            raise JinshuError(ErrorCode.CERTIFICATE_UNKNOWN)

    def _check_seen(self, size: int, root: bytes, claimed: int, now: int, *, offline: bool = False) -> None:
        if claimed > now + SKEW_MS or (not offline and claimed < now - SKEW_MS):
            raise JinshuError(ErrorCode.CLOCK_SKEW)
        if size > self._log.size or self._log.root(size) != root:
            raise JinshuError(ErrorCode.DIRECTORY_SPLIT_VIEW, size=size)

    @staticmethod
    def _check_members(entry: ChairEntry, people: set[str]) -> None:
        """A chair who has left the conversation acts no more, and nobody outside becomes one."""
        strangers = (
            {entry.person, entry.target if entry.act is ChairAct.HAND_OVER else None} - people - {None}
        )
        if strangers:
            raise JinshuError(ErrorCode.MEETINGS_ACT_REFUSED, meeting=entry.meeting)

    async def _write(self, work: Callable[[Connection, int], list[str]]) -> None:
        now = self._clock.now_ms()
        self._bell.ring(await self._database.write(lambda connection: work(connection, now)))
