"""A layer whose source is at rest: whoever comes later, or lost the last packet, sees the picture all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar, cast

import pytest
from aiortc.rtcrtpparameters import (
    RTCRtcpParameters,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpSendParameters,
)
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    HeaderExtensionsMap,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpSrPacket,
    RtpPacket,
)

from client.core.tasks import TaskSupervisor
from client.media.assembly import FrameAssembly
from client.media.camera import LayerSender
from client.media.codecs import Vp8Decoder
from client.media.outbound import Outbound
from client.media.seams import Wire
from client.media.streams import Layer
from protocol.crypto.frames import Stream
from tests.support.generated_picture import paint, read_picture
from tests.support.media_keys import MediaKeys
from tests.unit.core.clocks import ManualClock, settle

P = ParamSpec("P")
T = TypeVar("T")

_NONCE = bytes.fromhex("0123456789abcdef")
_LAYER = Layer(640, 360, 10, 600_000)


class AtOnce(Executor):
    """The worker's thread is this one."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Cable:
    """A wire that is open or not, and remembers its packets."""

    def __init__(self) -> None:
        self.open = True
        self.packets: list[bytes] = []

    async def send(self, packet: bytes) -> None:
        self.packets.append(packet)


class Viewer:
    """Receives from some packet on, with nothing of what was before."""

    def __init__(self, cable: Cable, keys: MediaKeys) -> None:
        self._cable = cable
        self._keys = keys
        self._at = len(cable.packets)
        self._decoder = Vp8Decoder()
        self._assembly = FrameAssembly()
        self._began = False

    def sees(self) -> list[int]:
        """The numbers of the pictures that came since the last time."""
        packets, self._at = self._cable.packets[self._at :], len(self._cable.packets)
        seen = []
        for data in packets:
            packet = RtpPacket.parse(data, HeaderExtensionsMap())
            for frame in self._assembly.add(
                packet.sequence_number, packet.timestamp, packet.payload, bool(packet.marker), 0.0
            ):
                self._began = self._began or frame.key
                if self._began:
                    seen.append(self._number(frame.data))
        return seen

    def _number(self, sealed: bytes) -> int:
        opened = self._keys.open(sealed, video=True)
        assert isinstance(opened, tuple)
        picture = self._decoder.decode(opened[1])
        assert picture is not None
        read = read_picture(picture)
        assert read is not None
        return read[1]


class Sharer:
    """One layer that is being sent, on a clock of its own."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.cable = Cable()
        self.keys = MediaKeys()
        self.keys.speak(1, 0)
        self.keys.learn(1, 0)
        self.outbound = Outbound(1000, 1001, cast(Wire, self.cable), self.clock)
        self.outbound.configure(_parameters())
        self.layer = LayerSender(Stream.SCREEN, self.outbound, self.keys, self.clock, AtOnce())

    async def shows(self, number: int) -> None:
        self.layer.offer(paint(_NONCE, number))
        await settle()

    def viewer(self) -> Viewer:
        return Viewer(self.cable, self.keys)

    async def ask_for_a_key_frame(self) -> None:
        await self.outbound.on_feedback(
            RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=self.outbound.ssrc)
        )
        await settle()


def _parameters() -> RTCRtpSendParameters:
    return RTCRtpSendParameters(
        codecs=[RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000, payloadType=97)],
        headerExtensions=[
            RTCRtpHeaderExtensionParameters(id=1, uri="urn:ietf:params:rtp-hdrext:sdes:mid"),
            RTCRtpHeaderExtensionParameters(
                id=2, uri="http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
            ),
        ],
        muxId="3",
        rtcp=RTCRtcpParameters(cname="sharer"),
    )


@pytest.fixture
async def sharer() -> AsyncIterator[Sharer]:
    made, tasks = Sharer(), TaskSupervisor()
    running: asyncio.Task[Any] = tasks.start("layer", made.layer.run(_LAYER))
    await settle()
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_whoever_comes_to_a_still_screen_gets_it_when_he_asks(sharer: Sharer) -> None:
    await sharer.shows(7)
    await sharer.clock.advance(0.6)
    late = sharer.viewer()
    await sharer.ask_for_a_key_frame()
    assert late.sees() == [7]


async def test_the_last_picture_of_a_burst_is_what_stays(sharer: Sharer) -> None:
    viewer = sharer.viewer()
    for number in range(5):
        await sharer.shows(number)
        await sharer.clock.advance(0.01)
    await sharer.clock.advance(0.1)
    assert viewer.sees() == [0, 4]


async def test_a_still_screen_is_sent_again_every_second(sharer: Sharer) -> None:
    viewer = sharer.viewer()
    await sharer.shows(1)
    for _second in range(3):
        await sharer.clock.advance(1.0)
    assert viewer.sees() == [1, 1, 1, 1]


async def test_a_picture_that_came_before_there_was_a_way_is_sent_when_there_is(sharer: Sharer) -> None:
    viewer = sharer.viewer()
    sharer.cable.open = False
    await sharer.shows(3)
    await sharer.clock.advance(5.0)
    assert viewer.sees() == []
    sharer.cable.open = True
    sharer.layer.begin()
    await settle()
    assert viewer.sees() == [3]


async def test_a_picture_that_came_before_there_was_a_key_is_sent_when_there_is(sharer: Sharer) -> None:
    viewer = sharer.viewer()
    keys, sharer.layer._cipher = sharer.keys, MediaKeys()
    await sharer.shows(4)
    await sharer.clock.advance(3.0)
    assert viewer.sees() == []
    sharer.layer._cipher = keys
    await sharer.clock.advance(1.0)
    assert viewer.sees()[:1] == [4]


async def test_who_can_open_pictures_from_now_on_sees_a_still_screen_without_asking(sharer: Sharer) -> None:
    await sharer.shows(9)
    await sharer.clock.advance(0.3)
    late = sharer.viewer()
    sharer.layer.begin()
    await settle()
    assert late.sees() == [9]


async def test_a_new_source_shows_nothing_of_the_one_before(sharer: Sharer) -> None:
    await sharer.shows(1)
    tasks = TaskSupervisor()
    again = tasks.start("layer", sharer.layer.run(_LAYER))
    viewer = sharer.viewer()
    await settle()
    await sharer.shows(2)
    assert set(viewer.sees()) == {2}
    again.cancel()
    with suppress(asyncio.CancelledError):
        await again


async def test_what_is_sent_is_stamped_by_the_clock_that_was_given() -> None:
    sharer = Sharer()
    await sharer.clock.advance(7.5)
    await sharer.outbound.send([b"picture"], 0)
    extensions = HeaderExtensionsMap()
    extensions.configure(_parameters())
    sent = RtpPacket.parse(sharer.cable.packets[-1], extensions)
    assert sent.extensions.abs_send_time == int(7.5 * (1 << 18))
    await sharer.clock.advance(1.0)
    report = RtcpPacket.parse(sharer.outbound.report())[0]
    assert isinstance(report, RtcpSrPacket)
    seconds = (sharer.clock.now_ms() - 1000) / 1000 + 2_208_988_800
    assert report.sender_info.ntp_timestamp / (1 << 32) == pytest.approx(seconds, abs=0.002), (
        "of the moment the last packet left"
    )
