"""A participant's media: one connection to the SFU, what is sent over it and what is received."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final, Protocol

from aiortc import RTCDataChannel

from client.core.clock import Clock
from client.core.tasks import TaskSupervisor
from client.media import channel as words
from client.media.audio_slot import AudioSlot
from client.media.connection import accept, add_lines, new_connection, offer_of
from client.media.feedback import TICK_SECONDS, Feedback
from client.media.figures import SlotFigures
from client.media.newest import NewestFrame
from client.media.outbound import Outbound
from client.media.playout import Playout
from client.media.sealing import FrameCipher, Lock, Refusal
from client.media.seams import close_connection, replace_sender, ssrcs_of, wire_of
from client.media.sending import Sending
from client.media.sources import AudioSink, AudioSource, VideoSource
from client.media.streams import HIGH, LOW, SCREEN, Layer, stream_of
from client.media.video_slot import VideoSlot
from client.media.watch import Heard, SilenceWatch
from client.media.workers import Workers
from protocol.crypto.frames import Stream
from protocol.errors import JinshuError
from protocol.meetings.slots import AUDIO_SLOTS, CHANNEL_LABEL, SENT, VIDEO_SLOTS

_log = logging.getLogger(__name__)

_CONNECT_SECONDS: Final = 10.0


class Loss(Enum):
    """Why a connection is over; a new peer must be made to go on."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    CLOSED = "closed"


class PeerListener(Protocol):
    """Told on the core's thread; must not wait."""

    def connected(self) -> None:
        """Media can flow."""

    def map_changed(self, slots: words.SlotMap) -> None:
        """The SFU's word on who is where; the name on a tile is in the KID of its picture."""

    def speakers_changed(self, order: tuple[str, ...]) -> None:
        """Who spoke last, first."""

    def lock_changed(self, mid: str, lock: Lock) -> None:
        """A slot was locked, opened or emptied."""

    def control(self, kid: int, message: bytes) -> None:
        """A message of another participant, opened by the key of this KID."""

    def lost(self, why: Loss) -> None:
        """Once, and nothing after it: close this peer and join with a new one."""

    def failed(self, task: str, error: Exception) -> None:
        """A task of the peer ended by an error; a camera that was pulled out, for instance."""


class MediaPeer:
    """Lives on the core's loop: `offer`, `answer`, then start and stop what is sent; `close` ends every thread and task."""

    def __init__(
        self,
        cipher: FrameCipher,
        clock: Clock,
        sink: AudioSink,
        listener: PeerListener,
        addresses: Sequence[str] | None = None,
    ) -> None:
        self._cipher = cipher
        self._clock = clock
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._workers = Workers()
        self._tasks = TaskSupervisor(listener.failed)
        self._connection = new_connection()
        self._audio, self._video = self._make_slots()
        self._slots: tuple[AudioSlot | VideoSlot, ...] = (*self._audio, *self._video)
        lines = add_lines(self._connection, self._audio, self._video, addresses)
        wire = wire_of(self._connection)
        outbound = {stream: Outbound(*ssrcs_of(lines[stream]), wire, clock) for stream in SENT}
        for stream, sender in outbound.items():
            replace_sender(lines[stream], sender)
        self._wire = wire
        self._feedback = Feedback(wire, list(outbound.values()), self._audio, self._video)
        self._sending = Sending(outbound, cipher, clock, self._workers, self._tasks, self._published)
        self._playout = Playout(self._audio, sink, clock)
        self._channel: RTCDataChannel = self._connection.createDataChannel(CHANNEL_LABEL)
        self._channel.on("open", self._on_open)
        self._channel.on("message", self._on_message)
        self._connection.on("connectionstatechange", self._on_state)
        self._view = words.say_view([], 1, VIDEO_SLOTS, True)
        self._map = words.SlotMap(-1, (None,) * (AUDIO_SLOTS + VIDEO_SLOTS))
        self._connected = False
        self._over = False

    # Joining

    async def offer(self) -> str:
        """The SDP offer for `MeetingBackend.join`."""
        return await offer_of(self._connection)

    async def answer(self, sdp: str) -> None:
        """Take the SFU's answer; `connected` or `lost` is told later.

        Raises:
            JinshuError: `wire.malformed`.
        """
        await accept(self._connection, sdp)
        self._tasks.start("meeting media", self._run())
        self._tasks.start("meeting playout", self._playout.run())

    async def close(self) -> None:
        """End it all; afterwards no thread, task or socket of this peer is left. Safe to call twice and at any time."""
        self._over = True
        await self._tasks.stop()
        for slot in self._video:
            slot.close()
        await close_connection(self._connection)
        await self._workers.close()

    # Sending

    def start_microphone(self, source: AudioSource) -> None:
        self._sending.start_microphone(source)

    async def stop_microphone(self) -> None:
        await self._sending.stop(Stream.AUDIO)

    def start_camera(self, source: VideoSource, high: Layer = HIGH, low: Layer = LOW) -> None:
        """Two layers out of one source."""
        self._sending.start_camera(source, high, low)

    async def stop_camera(self) -> None:
        await self._sending.stop(Stream.VIDEO_HIGH)

    def start_screen(self, source: VideoSource, layer: Layer = SCREEN) -> None:
        self._sending.start_screen(source, layer)

    async def stop_screen(self) -> None:
        await self._sending.stop(Stream.SCREEN)

    def begin_pictures(self) -> None:
        """The next picture of everything that is sent is a key frame: somebody can open them from now on."""
        self._sending.begin_pictures()

    @property
    def unsealed(self) -> int:
        """Frames that were not sent because there was no key yet."""
        return self._sending.unsealed

    # Receiving

    @property
    def speaking(self) -> bool:
        """Whether my own microphone is loud right now."""
        return self._sending.microphone.speaking and Stream.AUDIO in self._sending.streams

    def heard(self) -> tuple[int, ...]:
        """The keys of those who are loud right now."""
        return tuple(slot.kid for slot in self._audio if slot.kid is not None and slot.speaking)

    @property
    def pictures(self) -> dict[str, NewestFrame]:
        """The picture of each video slot, by mid."""
        return {slot.mid: slot.newest for slot in self._video}

    def lock(self, mid: str) -> Lock:
        return next(slot.lock for slot in self._slots if slot.mid == mid)

    def figures(self) -> tuple[SlotFigures, ...]:
        """All slots, in the order of m-lines."""
        return tuple(slot.figures() for slot in self._slots)

    def view(self, pins: Sequence[str], high: int, videos: int, screen: bool) -> None:
        """What to receive; said again whenever the channel opens."""
        self._view = words.say_view(pins, high, videos, screen)
        self._say(self._view)

    def send_control(self, message: bytes) -> bool:
        """To all other participants, sealed; False when it could not be sent now.

        Raises:
            JinshuError: `wire.too_large`.
        """
        sealed = self._cipher.seal(Stream.CONTROL, message)
        return sealed is not None and self._say(words.say_control(sealed))

    # Inside

    def _make_slots(self) -> tuple[list[AudioSlot], list[VideoSlot]]:
        first, second = len(SENT), len(SENT) + AUDIO_SLOTS
        audio = [
            AudioSlot(mid, self._cipher, self._clock, self._teller(mid))
            for mid in map(str, range(first, first + AUDIO_SLOTS))
        ]
        video = [
            VideoSlot(mid, self._cipher, self._clock, self._workers, self._teller(mid))
            for mid in map(str, range(second, second + VIDEO_SLOTS))
        ]
        return audio, video

    async def _run(self) -> None:
        """The peer's timer: feedback, reports, and listening for silence."""
        watch = SilenceWatch(self._clock.monotonic())
        started = self._clock.monotonic()
        while not self._over:
            await self._clock.sleep(TICK_SECONDS)
            now = self._clock.monotonic()
            if self._connected:
                await self._feedback.tick(now)
                heard = watch.look(self._wire.packets_received(), now)
                if heard is Heard.PROBE:
                    # The SFU must acknowledge what comes over the data channel: SCTP has no silence.
                    self._say(self._view)
                elif heard is Heard.LOST:
                    self._lose(Loss.SILENT)
            elif now - started >= _CONNECT_SECONDS:
                self._lose(Loss.UNREACHABLE)
            else:
                watch = SilenceWatch(now)

    def _on_state(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and not self._connected and not self._over:
            self._connected = True
            # What came before there was a way out is kept, and its source may be at rest.
            self._sending.begin_pictures()
            self._listener.connected()
        elif state == "failed":
            self._lose(Loss.CLOSED if self._connected else Loss.UNREACHABLE)
        elif state == "closed":
            self._lose(Loss.CLOSED)

    def _lose(self, why: Loss) -> None:
        if not self._over:
            self._over = True
            self._listener.lost(why)

    def _on_open(self) -> None:
        self._say(words.say_publish(self._sending.streams))
        self._say(self._view)

    def _published(self, streams: frozenset[Stream]) -> None:
        self._say(words.say_publish(streams))

    def _say(self, text: str) -> bool:
        if self._over or self._channel.readyState != "open":
            return False
        self._channel.send(text)
        return True

    def _on_message(self, message: str | bytes) -> None:
        if self._over or not isinstance(message, str):
            return
        try:
            said = words.read(message)
        except JinshuError as error:
            # The SFU is not trusted.
            _log.info("ignored a message on the slot channel: %s", error.code)
            return
        if isinstance(said, words.SlotMap):
            self._apply(said)
        elif isinstance(said, words.Speakers):
            self._listener.speakers_changed(said.order)
        elif isinstance(said, words.Control):
            self._on_control(said)

    def _on_control(self, said: words.Control) -> None:
        opened = self._cipher.open(said.data, video=False)
        # Without its key a message is nobody's; and a sound is no message.
        if not isinstance(opened, Refusal) and stream_of(opened[0]) is Stream.CONTROL:
            self._listener.control(*opened)

    def _apply(self, slots: words.SlotMap) -> None:
        if slots.version <= self._map.version:
            return
        for slot, before, after in zip(self._slots, self._map.slots, slots.slots, strict=True):
            if _occupant(before) != _occupant(after):
                slot.assign()
        self._map = slots
        self._listener.map_changed(slots)

    def _teller(self, mid: str) -> Callable[[], None]:
        def tell() -> None:
            # From a worker's thread as well.
            self._loop.call_soon_threadsafe(self._tell_lock, mid)

        return tell

    def _tell_lock(self, mid: str) -> None:
        if not self._over:
            self._listener.lock_changed(mid, self.lock(mid))


def _occupant(assignment: words.Assignment | None) -> tuple[str, bool] | None:
    """Whose picture it is: a change of layer is none of sender."""
    return None if assignment is None else (assignment.sender, assignment.stream is Stream.SCREEN)
