"""One stay in a meeting: a JOIN, its media connection and its keys, until the connection is lost or the stay is over."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, Protocol

from pydantic import ValidationError

from client.core.client import CoreClient
from client.core.tasks import TaskSupervisor
from client.media.channel import SlotMap
from client.media.connection import address_towards
from client.media.peer import Loss, MediaPeer
from client.media.sealing import Lock
from client.media.sources import AudioSink
from client.meetings.cipher import EpochCipher
from client.meetings.doing import Doing, read
from client.meetings.door import Door
from client.meetings.epoch_keeping import EpochKeeping
from client.meetings.epochs import EpochKeys
from client.meetings.ledger import Kept
from client.meetings.presence import Stay
from client.meetings.room_server import RoomServer
from client.meetings.waiting import WaitingRoom
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError
from protocol.meetings.payloads import NONCE_BYTES, Join
from protocol.wire.meetings import EpochSignal, JoinedSignal, LeftSignal, PresentReply

_log = logging.getLogger(__name__)
# A room that fills tells everybody of everybody: what one does is said once for all who came within this time.
_SAY_AGAIN_SECONDS: Final = 0.3


class Over(Enum):
    """Why a stay is over."""

    LOST = "lost"  # the media connection
    CLOSED = "closed"  # the same, by the other end's own word
    LEFT = "left"  # the server says this device is no longer there
    KEYLESS = "keyless"  # the keys in force never came


class Watcher(Protocol):
    """Told on the core's thread; must not wait."""

    def changed(self) -> None:
        """Who is there, who is seen or what somebody does is different."""

    def over(self, why: Over) -> None:
        """Once: close the stay, and come anew or not."""

    def device_failed(self, task: str, error: Exception) -> None:
        """A camera, microphone or screen ended by an error."""


class Sitting:
    """Make it with `enter`; `close` ends it."""

    def __init__(
        self,
        core: CoreClient,
        kept: Callable[[], Kept],
        room: RoomServer,
        sink: AudioSink,
        watcher: Watcher,
        came: set[str],
    ) -> None:
        self._core = core
        self._kept = kept
        self._room = room
        self._sink = sink
        self._watcher = watcher
        self._tasks = TaskSupervisor(self._failed)
        self._early: list[tuple[str, Mapping[str, object]]] | None = []
        self._waiting = WaitingRoom(core, kept)
        self._came = came  # people who have been in it, in whichever stay of mine
        self._doing: dict[bytes, Doing] = {}
        self._mine = Doing()
        self._say_at: asyncio.TimerHandle | None = None
        self._over = False
        self.connected_at = 0
        self.slots: SlotMap | None = None
        self.speakers: tuple[str, ...] = ()
        self.me: Stay
        self.keys: EpochKeys
        self.keeping: EpochKeeping
        self._door: Door
        self.peer: MediaPeer

    # Coming and going

    async def enter(self) -> None:
        """Join; media flow a little later (`connected`).

        Raises:
            JinshuError: `meetings.*`, `network.*`; nothing is left behind then.
        """
        signed, join = await self._join()
        self.me = Stay(signed.entry_id, join.person, join.device, join.nonce)
        clock = self._core.clock
        self.keys = EpochKeys(join.meeting, self.me, int(clock.monotonic() * 1000), self._core.entropy)
        self.keeping = EpochKeeping(
            self._core,
            self._room,
            join.meeting,
            self.me,
            self.keys,
            self._epoch_changed,
            self._let_in,
            lambda: self._end(Over.KEYLESS),
            lambda: self._end(Over.LEFT),
        )
        now_ms = self.keeping.now_ms
        self._door = Door(self._core, self._kept, self.me, self.keys, self._came, now_ms)
        addresses = [await _address(self._core.api.address.host)]
        self.peer = MediaPeer(EpochCipher(self.keys), clock, self._sink, self, addresses)
        try:
            reply = await self._room.join(signed, await self.peer.offer())
            await self.peer.answer(reply.answers[0] if reply.answers else "")
            await self._take_present(reply)
            await self._take_early()
        except BaseException:
            await self.close()
            raise
        self._tasks.start("meeting keys", self.keeping.run())
        self._tasks.start("time of meeting keys", self.keeping.tend())

    async def close(self) -> None:
        """End it all; the server is told by whoever leaves on purpose."""
        self._over = True
        if self._say_at is not None:
            self._say_at.cancel()
        try:
            await self._tasks.stop()
        finally:
            await self.peer.close()
            self.keys.forget()

    async def look_again(self) -> None:
        """Signals may have been missed: ask who is there.

        Raises:
            JinshuError: `meetings.not_present`, `network.*`.
        """
        # Who comes while it is asked is told by a signal.
        before = set(self.keys.presence.joins)
        reply = await self._room.present()
        present = await self._take_present(reply)
        for stay in self.keys.presence.stays:
            if stay.id in before - present and stay.id != self.me.id:
                self.keys.presence.left(stay.device, self.keeping.now_ms())
        self._watcher.changed()

    async def signal(self, kind: str, body: Mapping[str, object]) -> None:
        """What the server says of this moment.

        Raises:
            JinshuError: it was not what it should be.
        """
        if self._early is not None:
            self._early.append((kind, body))
        elif not self._over:
            await self._take(kind, body)

    async def judge_again(self) -> None:
        """Chairs, roster or directory are different."""
        self._waiting.judge_again()
        if await self._door.judge_again():
            self.keeping.wake()

    # What is said and seen

    def say(self, doing: Doing) -> None:
        """Tell the others what I do."""
        self._mine = doing
        if not self._over and not self.peer.send_control(doing.packed()):
            # No key or no channel yet.
            self._say_soon()

    def doing(self, stay: Stay) -> Doing:
        return self._mine if stay.id == self.me.id else self._doing.get(stay.id, Doing())

    def sender_of(self, kid: int | None) -> Stay | None:
        """Whose key it is."""
        if kid is None:
            return None
        try:
            return self.keys.sender(kid)[0]
        except JinshuError:
            return None

    # As a listener of the peer

    def connected(self) -> None:
        self.connected_at = self._core.clock.now_ms()
        self._say_soon()
        self._watcher.changed()

    def map_changed(self, slots: SlotMap) -> None:
        self.slots = slots
        self._watcher.changed()

    def speakers_changed(self, order: tuple[str, ...]) -> None:
        self.speakers = order
        self._watcher.changed()

    def lock_changed(self, mid: str, lock: Lock) -> None:
        del mid, lock
        self._watcher.changed()

    def control(self, kid: int, message: bytes) -> None:
        try:
            stay, said = self.keys.sender(kid)[0], read(message)
        except JinshuError as error:
            _log.info("what a participant said of himself cannot be read: %s", error.code.value)
            return
        if stay.id not in self._doing:
            # Whoever speaks for the first time holds the keys now: what was said before he did he has not heard.
            self._say_soon()
        self._doing[stay.id] = said
        self._watcher.changed()

    def lost(self, why: Loss) -> None:
        _log.info("the media connection is lost: %s", why.value)
        self._end(Over.CLOSED if why is Loss.CLOSED else Over.LOST)

    def failed(self, task: str, error: Exception) -> None:
        self._watcher.device_failed(task, error)

    # How

    async def _join(self) -> tuple[Signed, Join]:
        me, directory = self._core.me, self._core.directory
        join = Join(
            meeting=self._kept().id,
            person=me.person,
            device=me.device,
            nonce=self._core.entropy(NONCE_BYTES),
            log_size=directory.size,
            log_root=directory.root,
            at=self._core.clock.now_ms(),
        )
        return await self._core.keystore.sign(SignedType.MEETING_JOIN, join.value()), join

    async def _take_present(self, reply: PresentReply) -> set[bytes]:
        present = []
        for data in reply.joins:
            try:
                stay = await self._door.came_in(data)
            except JinshuError as error:
                if error.recovery is Recovery.RETRY:
                    raise
                _log.warning("somebody in the meeting is not believed: %s", error.code.value)
                continue
            present.append(stay.id)
        self.keys.presence.arrange(present)
        if reply.epoch is not None:
            try:
                await self.keeping.take(reply.epoch, reply.packet)
            except JinshuError as error:
                if error.recovery is Recovery.RETRY:
                    raise
                # Whoever announced it may have gone since; then those who have it announce the next.
                _log.info("the epoch in force is not believed: %s", error.code.value)
        self.keeping.wake()
        return set(present)

    async def _take_early(self) -> None:
        """What was told while the reply to the JOIN was on its way, in its order."""
        while self._early:
            kind, body = self._early.pop(0)
            try:
                await self._take(kind, body)
            except JinshuError as error:
                if error.recovery is Recovery.RETRY:
                    raise
                _log.warning("a signal of kind %s was passed over: %s", kind, error.code.value)
        self._early = None
        self._door.entering = False

    async def _take(self, kind: str, body: Mapping[str, object]) -> None:
        await self._TAKES[kind](self, body)
        self._watcher.changed()

    async def _joined(self, body: Mapping[str, object]) -> None:
        await self._door.came_in(_parsed(JoinedSignal, body).join, now=True)
        self.keeping.wake()

    async def _left(self, body: Mapping[str, object]) -> None:
        # Named by its JOIN: what is said of an earlier stay, or in a meeting before, says nothing of this one.
        said = _parsed(LeftSignal, body)
        if said.join == self.me.id:
            self._end(Over.LEFT)
            return
        self._door.left(said.device, said.join)
        self.keeping.wake()

    async def _waits(self, body: Mapping[str, object]) -> None:
        await self._waiting.asked(_parsed(JoinedSignal, body).join)

    async def _epoch(self, body: Mapping[str, object]) -> None:
        said = _parsed(EpochSignal, body)
        await self.keeping.take(said.epoch, said.packet)

    _TAKES: Final[dict[str, Callable[[Any, Mapping[str, object]], Awaitable[None]]]] = {
        "meeting_joined": _joined,
        "meeting_left": _left,
        "meeting_epoch": _epoch,
        "meeting_waiting": _waits,
    }

    def _epoch_changed(self) -> None:
        if self._door.somebody_outside and not self._over:
            self._tasks.start("who is believed by others", self._judge_outside())
        self._say_soon()
        self._watcher.changed()

    async def _judge_outside(self) -> None:
        if await self._door.judge_outside():
            self.keeping.wake()
            self._watcher.changed()

    def _let_in(self) -> None:
        """Whoever came can open what is sealed from now on: pictures begin anew for him."""
        self.peer.begin_pictures()

    def _say_soon(self) -> None:
        if self._say_at is None and not self._over:
            self._say_at = asyncio.get_running_loop().call_later(_SAY_AGAIN_SECONDS, self._say_now)

    def _say_now(self) -> None:
        self._say_at = None
        self.say(self._mine)

    def _failed(self, task: str, error: Exception) -> None:
        _log.info("%s ended: %s", task, type(error).__name__)
        self._end(Over.LOST)

    def _end(self, why: Over) -> None:
        if not self._over:
            self._over = True
            self._watcher.over(why)


def _parsed(model: Any, body: Mapping[str, object]) -> Any:
    try:
        return model.model_validate(dict(body))
    except ValidationError:
        raise RemoteProtocolError(ErrorCode.WIRE_MALFORMED) from None


async def _address(host: str) -> str:
    """The local address from which the server is reached."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, None)
        except OSError:
            raise JinshuError(ErrorCode.NETWORK_UNREACHABLE) from None
        host = str(found[0][4][0])
    try:
        return address_towards(host)
    except OSError:
        raise JinshuError(ErrorCode.NETWORK_UNREACHABLE) from None
