"""One `MeetingSession` with its network: gives it what the server, the media and the clock say, and does what comes out.

Nothing is decided here. What the server says is verified (`verification`, `EpochExchange`) before the session hears of it; what
the session wants is a request, a task, or a word to the media engine.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from pydantic import ValidationError

from client.core.events import NoticeRaised
from client.core.names import person_name, post_of
from client.core.tasks import TaskSupervisor, wait_at_most
from client.media.channel import SlotMap
from client.media.connection import address_towards
from client.media.peer import Loss, MediaPeer
from client.media.sealing import Lock
from client.media.sources import AudioSink
from client.meetings import session as machine
from client.meetings.cipher import EpochCipher
from client.meetings.epoch_exchange import EpochExchange
from client.meetings.epochs import EpochKeys, Plan
from client.meetings.ledger import Kept
from client.meetings.media_state import MediaState
from client.meetings.ports import MeetingPorts
from client.meetings.presence import Stay
from client.meetings.room_server import RoomServer
from client.meetings.session import MeetingSession, Over
from client.meetings.verification import stay_of
from protocol.crypto.signature import Signed, SignedType
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError
from protocol.meetings.payloads import NONCE_BYTES, Epoch, Join
from protocol.wire.meetings import EpochSignal, JoinedSignal, LeftSignal, PresentReply

_log = logging.getLogger(__name__)
_KEPT_OUTSIDE: Final = frozenset(
    {ErrorCode.MEETINGS_NOT_ADMITTED, ErrorCode.MEETINGS_REMOVED, ErrorCode.MEETINGS_LOCKED}
)
_SHORTEST_SECONDS: Final = 0.001


class Watcher(Protocol):
    """Told on the core's thread; must not wait."""

    def changed(self) -> None:
        """Who is there, who is seen or what a participant does is different."""

    def over(self, why: Over) -> None:
        """Once: close the session, and come anew or not."""

    def device_failed(self, task: str, error: Exception) -> None:
        """A camera, microphone or screen ended by an error."""


class SessionDriver:
    """Make it with `enter`; `close` ends it. On the core's thread.

    `kept`: the meeting as last read; `came`: who has been in it, in whichever session of this device.
    """

    def __init__(
        self,
        ports: MeetingPorts,
        kept: Kept,
        room: RoomServer,
        sink: AudioSink,
        watcher: Watcher,
        came: set[str],
    ) -> None:
        self._ports = ports
        self._kept = kept
        self._room = room
        self._sink = sink
        self._watcher = watcher
        self._came = came
        self._exchange = EpochExchange(kept.id, ports.signer, ports.directory, ports.channel)
        self._tasks = TaskSupervisor(self._failed)
        self._early: list[tuple[str, Mapping[str, object]]] | None = []
        self._news = asyncio.Event()  # something was taken in: look at `wake_at` again
        self.connected_at = 0
        self.slots: SlotMap | None = None
        self.speakers: tuple[str, ...] = ()
        self.session: MeetingSession
        self.peer: MediaPeer

    @property
    def me(self) -> Stay:
        return self.session.me

    @property
    def keys(self) -> EpochKeys:
        return self.session.keys

    # Coming and going

    async def enter(self) -> None:
        """Join; media flow a little later (`connected`).

        Raises:
            JinshuError: `meetings.*`, `network.*`; nothing is left behind then.
        """
        signed, join = await self._join()
        me = Stay(signed.entry_id, join.person, join.device, join.nonce)
        entropy = self._ports.signer.entropy
        self.session = MeetingSession(me, self._kept, self._came, entropy, self.now_ms())
        addresses = [await _address(self._ports.server_host())]
        self.peer = MediaPeer(EpochCipher(self.keys), self._ports.clock, self._sink, self, addresses)
        try:
            reply = await self._room.join(signed, await self.peer.offer())
            await self.peer.answer(reply.answers[0] if reply.answers else "")
            await self._take_present(reply)
            await self._take_early()
        except BaseException:
            await self.close()
            raise
        self._tasks.start("meeting session", self._run())

    async def close(self) -> None:
        """End it all; the server is told by whoever leaves on purpose."""
        self._give(machine.Ended())
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
        before = frozenset(self.keys.presence.joins)
        await self._take_present(await self._room.present(), before)

    async def signal(self, kind: str, body: Mapping[str, object]) -> None:
        """What the server says of this moment.

        Raises:
            JinshuError: it was not what it should be.
        """
        if self._early is not None:
            self._early.append((kind, body))
        elif not self.session.over:
            await self._TAKES[kind](self, body)

    async def judge_again(self, kept: Kept) -> None:
        """Chairs, roster or directory are different."""
        state = self._ports.directory.state
        found = {stay.device: state.device_by_id(stay.device) for stay in self.keys.presence.stays}
        inactive = (name for name, device in found.items() if device is None or not state.is_active(device))
        for output in self._session_takes(machine.RulesChanged(kept, frozenset(inactive))):
            if isinstance(output, machine.VerifyAgain):
                await self._verify_again(output.joins)
            else:
                self._do(output)
        self._news.set()

    # What is said and seen

    def say(self, doing: MediaState) -> None:
        """Tell the others what I do."""
        self._give(machine.StateChanged(doing))

    def doing(self, stay: Stay) -> MediaState:
        return self.session.doing(stay)

    def sender_of(self, kid: int | None) -> Stay | None:
        """Whose key it is."""
        return self.session.sender_of(kid)

    def now_ms(self) -> int:
        """The session's time: monotonic."""
        return int(self._ports.clock.monotonic() * 1000)

    # As a listener of the peer

    def connected(self) -> None:
        self.connected_at = self._ports.clock.now_ms()
        self._give(machine.Connected())

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
        self._give(machine.ControlCame(kid, message))

    def lost(self, why: Loss) -> None:
        _log.info("the media connection is lost: %s", why.value)
        self._give(machine.MediaLost(closed=why is Loss.CLOSED))

    def failed(self, task: str, error: Exception) -> None:
        self._watcher.device_failed(task, error)

    # The session's inputs

    async def _run(self) -> None:
        """Let time pass for the session, until cancelled."""
        while True:
            self._news.clear()
            for output in self._session_takes(machine.TimePassed()):
                self._do(output)
            at = self.session.wake_at()
            seconds = (
                None if at is None else max(_SHORTEST_SECONDS, at / 1000 - self._ports.clock.monotonic())
            )
            await wait_at_most(self._news, self._ports.clock, seconds)

    def _give(self, said: machine.Input, *, more: bool = False) -> None:
        """One input, whose outputs are done at once. `more`: others follow that belong to it, and time passes after the last.

        Raises:
            JinshuError: it is not believed.
        """
        for output in self._session_takes(said):
            self._do(output)
        if not more:
            self._news.set()

    def _session_takes(self, said: machine.Input) -> tuple[machine.Output, ...]:
        return self.session.take(said, self.now_ms())

    async def _take_present(self, reply: PresentReply, before: frozenset[bytes] = frozenset()) -> None:
        """Who is there by the server's word, and the epoch in force; `before`: the stays present when that was asked."""
        try:
            # Before a new epoch is thought of: who went is known only with the list.
            present = await self._take_joins(reply.joins)
            self._give(machine.ListCame(present, before), more=True)
            if reply.epoch is not None:
                await self._take_epoch_in_force(reply.epoch, reply.packet)
        finally:
            self._news.set()

    async def _take_joins(self, joins: Sequence[bytes]) -> tuple[bytes, ...]:
        """Those that are believed, by their entry ids."""
        present = []
        for data in joins:
            try:
                stay = await self._verified(data)
                self._give(machine.JoinCame(stay, data), more=True)
            except JinshuError as error:
                if error.recovery is Recovery.RETRY:
                    raise
                _log.log(_gravity(error), "somebody in the meeting is not believed: %s", error.code.value)
                continue
            present.append(stay.id)
        return tuple(present)

    async def _take_epoch_in_force(self, data: bytes, packet: bytes | None) -> None:
        try:
            await self._take_epoch(data, packet)
        except JinshuError as error:
            if error.recovery is Recovery.RETRY:
                raise
            # Whoever announced it may have gone since; then those who have it announce the next.
            _log.info("the epoch in force is not believed: %s", error.code.value)

    async def _take_early(self) -> None:
        """What was told while the reply to the JOIN was on its way, in its order."""
        while self._early:
            kind, body = self._early.pop(0)
            try:
                await self._TAKES[kind](self, body)
            except JinshuError as error:
                if error.recovery is Recovery.RETRY:
                    raise
                _log.log(_gravity(error), "a signal of kind %s was passed over: %s", kind, error.code.value)
        self._early = None
        self._give(machine.Entered())

    async def _joined(self, body: Mapping[str, object]) -> None:
        data = _parsed(JoinedSignal, body).join
        stay = await self._verified(data, now=True)
        self._give(machine.JoinCame(stay, data, now=True))

    async def _left(self, body: Mapping[str, object]) -> None:
        said = _parsed(LeftSignal, body)
        self._give(machine.Left(said.device, said.join))

    async def _waits(self, body: Mapping[str, object]) -> None:
        data = _parsed(JoinedSignal, body).join
        if self.session.watches_door:
            self._give(machine.Knocked((await self._verified(data, now=True)).person))

    async def _epoch(self, body: Mapping[str, object]) -> None:
        said = _parsed(EpochSignal, body)
        await self._take_epoch(said.epoch, said.packet)

    _TAKES: Final[dict[str, Callable[[Any, Mapping[str, object]], Awaitable[None]]]] = {
        "meeting_joined": _joined,
        "meeting_left": _left,
        "meeting_epoch": _epoch,
        "meeting_waiting": _waits,
    }

    async def _take_epoch(self, data: bytes, packet: bytes | None) -> None:
        """A signed EPOCH, with this device's signed packet if there is one.

        Raises:
            JinshuError: `meetings.epoch_refused`, `signature.invalid`, …
        """
        entry_id = Signed.parse(data, SignedType.EPOCH, tolerant=True).entry_id
        if self.session.has_secret_of(entry_id):
            return
        epoch, sender = await self._exchange.read(data)
        for asked in self._session_takes(machine.EpochCame(entry_id, epoch)):
            if isinstance(asked, machine.OpenPacket):
                secret = None
                if packet is not None:
                    secret = await self._exchange.secret(packet, entry_id, sender)
                self._give(machine.SecretCame(entry_id, epoch, asked.announcer.id, secret))

    async def _verified(self, data: bytes, *, now: bool = False) -> Stay:
        return await stay_of(self._ports.directory, self._ports.clock, data, self._kept.id, now=now)

    # The session's outputs

    def _do(self, output: machine.Output) -> None:
        match output:
            case machine.Announce(plan):
                self._tasks.start("announcing meeting keys", self._announce(plan))
            case machine.Look():
                self._tasks.start("asking for meeting keys", self._look())
            case machine.VerifyAgain(joins):
                self._tasks.start("who is believed by others", self._verify_again(joins))
            case machine.Say(doing):
                if not self.peer.send_control(doing.packed()):
                    self._give(machine.Unsaid())
            case machine.BeginPictures():
                self.peer.begin_pictures()
            case machine.TellWaiting(person):
                self._tell_waiting(person)
            case machine.Changed():
                self._watcher.changed()
            case machine.Finished(why):
                self._watcher.over(why)

    async def _announce(self, plan: Plan) -> None:
        try:
            signed, epoch = await self._exchange.announcement(plan)
            await self._room.announce(signed, await self._exchange.packets(plan, signed.entry_id))
        except JinshuError as error:
            _log.info("an epoch was not announced: %s", error.code.value)
            self._give(machine.AnnouncementRefused(error))
        else:
            self._give(machine.Announced(signed.entry_id, epoch, plan.secret))

    async def _look(self) -> None:
        """The epoch in force at the server; whoever announced it may have been put out since."""
        try:
            reply = await self._room.present()
            if reply.epoch is not None:
                signed = Signed.parse(reply.epoch, SignedType.EPOCH, tolerant=True)
                await self._take_or_pass(signed, reply.epoch, reply.packet)
        except JinshuError as error:
            _log.info("the epoch in force cannot be asked for: %s", error.code.value)
            self._give(machine.LookFailed(error))
        else:
            self._give(machine.Looked())

    async def _take_or_pass(self, signed: Signed, data: bytes, packet: bytes | None) -> None:
        try:
            await self._take_epoch(data, packet)
        except JinshuError as error:
            _log.info("an epoch is passed over: %s", error.code.value)
        self._give(machine.EpochInsisted(signed.entry_id, Epoch.parse(signed.value(), tolerant=True).n))

    async def _verify_again(self, joins: tuple[bytes, ...]) -> None:
        for data in joins:
            try:
                stay = await self._verified(data)
                self._give(machine.JoinCame(stay, data), more=True)
            except JinshuError as error:
                _log.info("somebody is not believed yet: %s", error.code.value)
        self._news.set()

    def _tell_waiting(self, person: str) -> None:
        organisation = self._ports.directory.organisation
        params = {"person": person_name(organisation, person), "post": post_of(organisation, person)}
        notice = NoticeRaised(ErrorCode.MEETINGS_SOMEBODY_WAITS, tuple(sorted(params.items())))
        self._ports.bus.publish(notice)

    # How

    async def _join(self) -> tuple[Signed, Join]:
        signer, directory = self._ports.signer, self._ports.directory
        join = Join(
            meeting=self._kept.id,
            person=signer.me.person,
            device=signer.me.device,
            nonce=signer.entropy(NONCE_BYTES),
            log_size=directory.size,
            log_root=directory.root,
            at=signer.now_ms(),
        )
        return await signer.sign(SignedType.MEETING_JOIN, join.value()), join

    def _failed(self, task: str, error: Exception) -> None:
        _log.info("%s ended: %s", task, type(error).__name__)
        self._give(machine.Failed())


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


def _gravity(error: JinshuError) -> int:
    """Signals come another way than the chairs' acts and may be ahead of them: whoever was let in again a moment ago stands outside
    until that act is here, and that is nobody's fault."""
    return logging.INFO if error.code in _KEPT_OUTSIDE else logging.WARNING
