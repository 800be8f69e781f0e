"""Announcing epochs of the media keys and taking in those of others (C22)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from client.core.client import CoreClient
from client.core.tasks import wait_at_most
from client.core.trust.later import read_signed
from client.meetings.believing import author
from client.meetings.epochs import EpochKeys, Plan
from client.meetings.presence import Stay
from client.meetings.room_server import RoomServer
from protocol import payload
from protocol.crypto.signature import Signed, SignedType, verify
from protocol.directory.records import Device
from protocol.errors import ErrorCode, JinshuError, Recovery, RemoteProtocolError
from protocol.meetings.epochs import SECRET_BYTES, commitment
from protocol.meetings.payloads import Epoch, EpochPacket

_log = logging.getLogger(__name__)
_TICK_SECONDS: Final = 0.1
_SHORTEST_SECONDS: Final = 0.005
_AGAIN_SECONDS: Final = 0.5
# A clock is not set right in a moment, and others announce after two seconds.
_AGAIN_SKEWED_SECONDS: Final = 5.0
_KEYLESS_MS: Final = 5000
_KIND: Final = "epoch-secret"
_SECRET: Final[Mapping[str, payload.Shape]] = {
    "kind": payload.one_of(_KIND),
    "meeting": payload.text,
    "epoch": payload.HASH,
    "secret": payload.octets(SECRET_BYTES),
}


class EpochKeeping:
    """Keeps one stay in step with the epoch of its meeting; `changed` is called when another is in force, `opened` when what is
    sealed from now on can be opened by somebody who could not before.

    A stay that is without the secret for five seconds has missed it for good: `keyless` is called, and it comes anew. `absent`: the
    server does not know of this stay.
    """

    def __init__(
        self,
        core: CoreClient,
        room: RoomServer,
        meeting: str,
        me: Stay,
        keys: EpochKeys,
        changed: Callable[[], None],
        opened: Callable[[], None],
        keyless: Callable[[], None],
        absent: Callable[[], None],
    ) -> None:
        self._core = core
        self._room = room
        self._meeting = meeting
        self._me = me
        self._keys = keys
        self._changed = changed
        self._opened = opened
        self._keyless = keyless
        self._absent = absent
        self._wanted = asyncio.Event()
        self._keyless_since: int | None = None

    def now_ms(self) -> int:
        """The keys' time: monotonic."""
        return int(self._core.clock.monotonic() * 1000)

    def wake(self) -> None:
        """Somebody came or went."""
        self._wanted.set()

    async def run(self) -> None:
        """Announce when it is this device's turn, until cancelled."""
        while True:
            due = self._keys.due_at()
            if due is not None and self.now_ms() >= due:
                await self._announce()
            await wait_at_most(self._wanted, self._core.clock, _TICK_SECONDS)
            self._wanted.clear()

    async def tend(self) -> None:
        """Let time pass for the keys, until cancelled: beside `run`, which a server may keep waiting."""
        while True:
            now = self.now_ms()
            if self._keys.tend(now):
                self._opened()
            self._look_for_key(now)
            await self._core.clock.sleep(self._pause())

    async def take(self, data: bytes, packet: bytes | None) -> None:
        """A signed EPOCH, with this device's signed packet if there is one.

        Raises:
            JinshuError: `meetings.epoch_refused`, `signature.invalid`, …
        """
        signed = Signed.parse(data, SignedType.EPOCH, tolerant=True)
        if signed.entry_id == self._keys.epoch and self._keys.ready:
            return
        epoch = (await read_signed(self._core.directory, data, SignedType.EPOCH, Epoch)).believed()
        device = await author(
            self._core, signed, signed.type, epoch.person, epoch.device, epoch.log_size, epoch.log_root
        )
        announcer = self._keys.announcer(epoch)
        if epoch.meeting != self._meeting or announcer is None or announcer.person != epoch.person:
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        secret = None if packet is None else await self._open(packet, signed.entry_id, device)
        if self._keys.take(signed.entry_id, epoch, announcer.id, secret, self.now_ms()):
            self._changed()
        self.wake()

    # How

    def _pause(self) -> float:
        """Seconds until there may be something to do: whoever has just come waits for the switch."""
        at = self._keys.switch_at()
        return (
            _TICK_SECONDS
            if at is None
            else min(_TICK_SECONDS, max(_SHORTEST_SECONDS, (at - self.now_ms()) / 1000))
        )

    def _look_for_key(self, now: int) -> None:
        if self._keys.ready or self._keys.epoch is None:
            self._keyless_since = None
        elif self._keyless_since is None:
            self._keyless_since = now
        elif now - self._keyless_since >= _KEYLESS_MS:
            self._keyless_since = None
            self._keyless()

    async def _announce(self) -> None:
        plan = self._keys.plan()
        try:
            signed, epoch = await self._signed(plan)
            await self._room.announce(signed, await self._packets(plan, signed.entry_id))
        except JinshuError as error:
            await self._after_refusal(error)
            return
        if self._keys.take(signed.entry_id, epoch, self._me.id, plan.secret, self.now_ms()):
            self._changed()

    async def _after_refusal(self, error: JinshuError) -> None:
        _log.info("an epoch was not announced: %s", error.code.value)
        if error.code is ErrorCode.MEETINGS_ACT_OUTDATED:
            try:
                await self._look()
            except JinshuError as failed:
                await self._wait_out(failed)
        else:
            await self._wait_out(error)

    async def _look(self) -> None:
        """Another came first: its signal may be on its way, or have been missed."""
        reply = await self._room.present()
        if reply.epoch is not None:
            await self._take_or_pass(reply.epoch, reply.packet)

    async def _wait_out(self, error: JinshuError) -> None:
        """What passes costs time only: others announce meanwhile, and the media go on."""
        if error.code is ErrorCode.MEETINGS_NOT_PRESENT:
            self._absent()
        elif error.code is ErrorCode.CLOCK_SKEW:
            await self._core.clock.sleep(_AGAIN_SKEWED_SECONDS)
        elif error.recovery in (Recovery.RETRY, Recovery.REAUTHENTICATE):
            await self._core.clock.sleep(_AGAIN_SECONDS)
        else:
            raise error

    async def _take_or_pass(self, data: bytes, packet: bytes | None) -> None:
        """Whoever announced it may have been put out since; ours comes after it then."""
        signed = Signed.parse(data, SignedType.EPOCH, tolerant=True)
        try:
            await self.take(data, packet)
        except JinshuError as error:
            _log.info("an epoch is passed over: %s", error.code.value)
        if self._keys.epoch != signed.entry_id:
            self._keys.pass_over(signed.entry_id, Epoch.parse(signed.value(), tolerant=True).n)
            self.wake()

    async def _signed(self, plan: Plan) -> tuple[Signed, Epoch]:
        me, directory = self._core.me, self._core.directory
        epoch = Epoch(
            meeting=self._meeting,
            n=plan.n,
            previous=plan.previous,
            kind=plan.kind,
            participants=list(plan.participants),
            commitment=commitment(self._meeting, plan.secret),
            person=me.person,
            device=me.device,
            log_size=directory.size,
            log_root=directory.root,
            at=self._core.clock.now_ms(),
        )
        return await self._core.keystore.sign(SignedType.EPOCH, epoch.value()), epoch

    async def _packets(self, plan: Plan, entry_id: bytes) -> list[Signed]:
        state = self._core.directory.state
        found = (state.device_by_id(stay.device) for stay in plan.to)
        devices = [device for device in found if device is not None and state.is_active(device)]
        content = {"kind": _KIND, "meeting": self._meeting, "epoch": entry_id, "secret": plan.secret}
        sealed = await self._core.channel.seal(self._meeting, devices, content)
        me, now = self._core.me.device, self._core.clock.now_ms()
        packets = (EpochPacket(self._meeting, entry_id, me, to, data, now) for to, data in sealed.items())
        return [await self._core.keystore.sign(SignedType.EPOCH_PACKET, each.value()) for each in packets]

    async def _open(self, data: bytes, entry_id: bytes, sender: Device) -> bytes | None:
        """The secret in a packet of the announcer; None when it cannot be opened (any more)."""
        signed = Signed.parse(data, SignedType.EPOCH_PACKET)
        packet = EpochPacket.parse(signed.value(), tolerant=bool(self._core.directory.lacking))
        if signed.cert_hash != sender.cert_hash:
            raise RemoteProtocolError(ErrorCode.CERTIFICATE_UNKNOWN, device=packet.device)
        verify(signed, sender.verifying_key, SignedType.EPOCH_PACKET)
        if (packet.meeting, packet.epoch, packet.device) != (self._meeting, entry_id, sender.id):
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        try:
            content = await self._core.channel.open(self._meeting, sender, packet.sealed, _SECRET)
        except JinshuError as error:
            _log.info("a packet of an epoch does not open: %s", error.code.value)
            return None
        if (content["meeting"], content["epoch"]) != (self._meeting, entry_id):
            raise RemoteProtocolError(ErrorCode.MEETINGS_EPOCH_REFUSED, meeting=self._meeting)
        return bytes(content["secret"])
