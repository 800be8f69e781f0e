"""Devices through Qt, on computers that have none: what is given, copied, converted, told and let go."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import aclosing

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QIODevice, QLoggingCategory, qInstallMessageHandler
from PySide6.QtGui import QColor
from PySide6.QtMultimedia import (
    QAudio,
    QAudioDevice,
    QMediaDevices,
    QVideoFrameFormat,
    QVideoSink,
)
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from client.media.feeds import (
    BLOCK,
    SAMPLE_RATE,
    CapturedFrame,
    FrameFeed,
    PixelLayout,
    PlayQueue,
    Samples,
    SoundFeed,
)
from client.ui.base.window_state import WindowState
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.devices.frame_tap import FrameTap, captured
from client.ui.meetings.devices.loudspeaker import LoudspeakerWorker
from client.ui.meetings.devices.machine import MachineDevices
from client.ui.meetings.devices.microphone import MicrophoneWorker
from client.ui.meetings.devices.output import Output
from client.ui.meetings.devices.sound_format import SoundFormat, chime, level
from client.ui.meetings.devices.sound_thread import SoundThread, SoundWorker
from client.ui.meetings.picture_view import PictureView
from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow
from tests.support.given_devices import GivenDevices
from tests.support.page_walk import discard, settle
from tests.ui.core_thread import CoreThread
from tests.ui.made_frames import painted, planar

_PIXELS = QVideoFrameFormat.PixelFormat


@pytest.fixture(scope="module", autouse=True)
def _backend(qapp: QApplication) -> Iterator[None]:
    """Start Qt's media backend, which complains once of sound servers, drivers and graphics that are not there."""
    QLoggingCategory.setFilterRules("qt.multimedia.*=false")
    before = qInstallMessageHandler(lambda _kind, _context, _text: None)
    QMediaDevices.audioInputs()
    painted("#000000").toImage()
    planar(_PIXELS.Format_Y8, 0).toImage()
    qInstallMessageHandler(before)
    yield
    QLoggingCategory.setFilterRules("")


@pytest.fixture
def machine(qapp: QApplication) -> Iterator[MachineDevices]:
    devices = MachineDevices()
    yield devices
    devices.close()
    devices.deleteLater()
    settle()


@pytest.mark.parametrize(
    ("pixels", "layout", "planes"),
    [
        (_PIXELS.Format_NV12, PixelLayout.NV12, 2),
        (_PIXELS.Format_YUV420P, PixelLayout.YUV420P, 3),
        (_PIXELS.Format_YUYV, PixelLayout.YUYV422, 1),
    ],
)
def test_a_frame_is_copied_plane_by_plane(
    qapp: QApplication, pixels: QVideoFrameFormat.PixelFormat, layout: PixelLayout, planes: int
) -> None:
    frame = planar(pixels, 77)
    copy = captured(frame)
    assert copy is not None
    assert (copy.width, copy.height, copy.layout, len(copy.planes)) == (64, 36, layout, planes)
    assert copy.planes[0].data[0] == 77
    assert len(copy.planes[0].data) >= copy.planes[0].stride * (copy.height - 1) + copy.width
    assert not frame.isMapped()


def test_a_painted_frame_has_its_bytes_in_the_order_said(qapp: QApplication) -> None:
    copy = captured(painted("#102030"))
    assert copy is not None
    assert copy.layout is PixelLayout.BGRA
    assert copy.planes[0].data[:3] == bytes((0x30, 0x20, 0x10))


def test_what_no_encoder_knows_is_converted(qapp: QApplication) -> None:
    copy = captured(planar(_PIXELS.Format_Y8, 200))
    assert copy is not None
    assert copy.layout is PixelLayout.BGRA
    assert (copy.width, copy.height) == (64, 36)


def test_frames_reach_the_engine_and_my_own_eyes_without_a_queue(qtbot: QtBot) -> None:
    core = CoreThread()
    sink = QVideoSink()
    tap = FrameTap(sink, (64, 36), 1e9, sink)
    view = PictureView()
    view.resize(64, 36)
    view.show()
    view.set_slot(tap.slot)
    settle()

    async def newest() -> CapturedFrame:
        frames = tap.feed.frames()
        try:
            return await anext(frames)
        finally:
            await frames.aclose()

    try:
        reading = core.submit(newest())
        qtbot.waitUntil(lambda: tap.feed.reading)
        wakes = view._wake.calls
        for shade in range(200):
            sink.setVideoFrame(painted(QColor(shade, shade, shade).name()))
        copy = reading.result()
        assert view._wake.calls - wakes <= 1
        assert copy.planes[0].data[0] <= 199
        assert tap.feed.waiting <= 1
        qtbot.waitUntil(lambda: view.grab().toImage().pixelColor(32, 18).red() == 199)
    finally:
        core.stop()
        discard(view)


class _Still:
    """A screen of ten frames a second, and what the engine has read of it."""

    def __init__(self) -> None:
        self.core = CoreThread()
        self.sink = QVideoSink()
        self.tap = FrameTap(self.sink, (64, 36), 10, self.sink)
        self.seen: list[int] = []
        # Held: a task nobody holds is collected while it waits.
        self._readings: list[Future[None]] = []

    def read(self) -> None:
        self._readings.append(self.core.submit(self._read()))

    async def _read(self) -> None:
        async with aclosing(self.tap.feed.frames()) as frames:
            async for frame in frames:
                self.seen.append(frame.planes[0].data[0])

    def paint(self, shade: int) -> None:
        self.sink.setVideoFrame(painted(QColor(shade, shade, shade).name()))


@pytest.fixture
def still(qapp: QApplication) -> Iterator[_Still]:
    made = _Still()
    yield made
    made.core.stop()
    made.sink.deleteLater()
    settle()


def test_whoever_reads_a_screen_at_rest_gets_what_it_shows(qtbot: QtBot, still: _Still) -> None:
    still.paint(77)
    still.read()
    qtbot.waitUntil(lambda: still.seen == [77])
    # Another stay in the meeting: the first reader makes room.
    still.read()
    qtbot.waitUntil(lambda: still.seen == [77, 77])


def test_the_last_frame_of_a_burst_reaches_the_engine(qtbot: QtBot, still: _Still) -> None:
    still.read()
    qtbot.waitUntil(lambda: still.tap.feed.reading)
    for shade in range(50):
        still.paint(shade)
    qtbot.waitUntil(lambda: still.seen[-1:] == [49])


def test_a_device_that_is_let_go_gives_nothing_to_a_later_reader(qtbot: QtBot, still: _Still) -> None:
    still.paint(77)
    still.tap.close()
    still.core.finish(still._read())
    assert still.seen == []


def test_what_nobody_reads_is_not_copied(qapp: QApplication) -> None:
    sink = QVideoSink()
    tap = FrameTap(sink, (64, 36), 25, sink)
    sink.setVideoFrame(painted("#FF0000"))
    assert tap.feed.put_count == 0
    shown = tap.slot.take()
    assert shown is not None
    assert shown.pixels[:3].tobytes() == bytes((0, 0, 255))
    assert tap.slot.take() is shown


# A computer without any


def test_a_computer_without_devices_says_so(machine: MachineDevices) -> None:
    for kind in (DeviceKind.MICROPHONE, DeviceKind.CAMERA, DeviceKind.LOUDSPEAKER):
        if machine.rows(kind):
            pytest.skip("this computer has devices")
    faults: list[DeviceFault] = []
    for opened in (machine.open_microphone(""), machine.open_camera(""), machine.open_loudspeaker("gone")):
        opened.watch(faults.append)
        opened.close()
    assert faults == [DeviceFault.MISSING] * 3


def test_a_screen_can_be_chosen_and_a_window_that_is_gone_is_told(machine: MachineDevices) -> None:
    screens = machine.rows(DeviceKind.SCREEN)
    assert [row.name.startswith("屏幕") for row in screens] == [True] * len(QApplication.screens())
    faults: list[DeviceFault] = []
    opened = machine.open_screen(DeviceKind.WINDOW, "0:没有这个窗口")
    opened.watch(faults.append)
    assert faults == [DeviceFault.MISSING]
    opened.close()


def test_listeners_hear_of_changes_until_they_stop(machine: MachineDevices) -> None:
    heard: list[int] = []
    stop = machine.listen(lambda: heard.append(1))
    media = machine._media
    assert media is not None
    media.audioInputsChanged.emit()
    stop()
    media.videoInputsChanged.emit()
    assert heard == [1]


def test_who_loses_his_device_hears_it(machine: MachineDevices) -> None:
    opened = machine.open_microphone("0a0b")
    opened._fault = None  # as if it had been there
    faults: list[DeviceFault] = []
    opened.watch(faults.append)
    machine.listen(lambda: None)
    assert machine._media is not None
    machine._media.audioInputsChanged.emit()
    assert faults == [DeviceFault.GONE]
    opened.close()


# Sound


class _Worker(SoundWorker):
    def __init__(self, said: list[str]) -> None:
        super().__init__()
        self.said = said

    def begin(self) -> None:
        self.said.append(self.thread().objectName())
        self.failed.emit(DeviceFault.FAILED)

    def end(self) -> None:
        self.said.append("end")
        super().end()


def test_sound_runs_on_its_own_thread_and_ends_with_it(qtbot: QtBot) -> None:
    said: list[str] = []
    thread = SoundThread()
    holder = QWidget()
    faults: list[DeviceFault] = []
    worker = _Worker(said)
    worker.failed.connect(lambda fault: faults.append(fault))
    thread.run(worker)
    qtbot.waitUntil(lambda: said == ["sound"])
    thread.call(worker.end)
    thread.stop()
    assert said == ["sound", "end"]
    discard(holder)


def test_channels_are_mixed_and_spread() -> None:
    stereo = np.array([100, 300, -200, 0], dtype=np.int16).tobytes()
    assert SoundFormat(2).to_mono(stereo).tolist() == [200, -100]
    assert SoundFormat(1).to_mono(stereo).tolist() == [100, 300, -200, 0]
    assert np.frombuffer(SoundFormat(2).from_mono(stereo[:4]), dtype=np.int16).tolist() == [
        100,
        100,
        300,
        300,
    ]


def test_levels_are_even_steps_of_loudness() -> None:
    def sine(amplitude: float) -> float:
        wave = amplitude * 32767 * np.sin(2 * np.pi * 440 * np.arange(BLOCK) / SAMPLE_RATE)
        return level(wave.astype(np.int16))

    assert level(np.zeros(BLOCK, dtype=np.int16)) == 0.0
    assert sine(1.0) == pytest.approx(1 - 3.01 / 60, abs=0.01)
    assert sine(1.0) - sine(0.1) == pytest.approx(20 / 60, abs=0.01)


def test_the_chime_is_soft_and_comes_in_blocks() -> None:
    blocks = [np.frombuffer(block, dtype=np.int16) for block in chime()]
    assert {len(block) for block in blocks} == {BLOCK}
    assert 1000 < max(int(np.abs(block).max()) for block in blocks) < 12_000


# Choices


def test_a_choice_outlives_the_device_and_the_program(state: WindowState) -> None:
    choice = DeviceChoice(state)
    rows = (DeviceRow("a", "甲"), DeviceRow("b", "乙"))
    assert choice.present(DeviceKind.CAMERA, rows) == "a"
    choice.choose(DeviceKind.CAMERA, "b")
    choice.set_on(DeviceKind.CAMERA, True)
    again = DeviceChoice(state)
    assert again.present(DeviceKind.CAMERA, rows) == "b"
    assert again.present(DeviceKind.CAMERA, rows[:1]) == "a"
    assert again.present(DeviceKind.CAMERA, ()) == ""
    assert again.on(DeviceKind.CAMERA)
    assert not again.on(DeviceKind.MICROPHONE)


def test_given_devices_are_handed_on_as_they_are() -> None:
    source = FrameFeed((640, 360), 25.0)
    devices = GivenDevices(camera=source, names={DeviceKind.CAMERA: "演示画面"})
    assert devices.rows(DeviceKind.CAMERA) == (DeviceRow("camera", "演示画面"),)
    assert devices.rows(DeviceKind.MICROPHONE) == ()
    assert devices.open_camera("camera").source is source


def test_the_output_follows_the_loudspeaker_chosen() -> None:
    played: list[tuple[str, int]] = []

    class Sink:
        def __init__(self, name: str) -> None:
            self.name = name

        def play(self, block: Samples) -> None:
            played.append((self.name, int(block[0])))

    output = Output()
    blocks = [np.full(960, number, dtype=np.int16) for number in range(4)]
    output.play(blocks[0])
    output.use(Sink("甲"))
    output.play(blocks[1])
    output.use(Sink("乙"))
    output.play(blocks[2])
    output.use(None)
    output.play(blocks[3])
    assert played == [("甲", 1), ("乙", 2)]


class _Sink:
    """A sound card with room for some bytes."""

    def __init__(self, free: int) -> None:
        self.free = free

    def bytesFree(self) -> int:
        return self.free

    def error(self) -> QAudio.Error:
        return QAudio.Error.NoError


class _Card:
    """What was written to it."""

    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self.played = b""

    def write(self, data: bytes) -> int:
        self._sink.free -= len(data)
        self.played += data
        return len(data)


def test_a_loudspeaker_takes_what_it_has_room_for(qapp: QApplication) -> None:
    queue = PlayQueue()
    worker = LoudspeakerWorker(QAudioDevice(), queue)
    sink = _Sink(3 * BLOCK * 4 + 100)
    card = _Card(sink)
    worker._sink, worker._io, worker._format = sink, card, SoundFormat(2)  # type: ignore[assignment]
    for value in range(5):
        queue.play(np.full(BLOCK, value, dtype=np.int16))
    worker._feed()
    played = np.frombuffer(card.played, dtype=np.int16)
    assert [int(played[n * 2 * BLOCK]) for n in range(3)] == [0, 1, 2]
    assert len(played) == 3 * BLOCK * 2
    assert queue.waiting == 2
    sink.free = 10**6
    worker.ring()
    worker._feed()
    assert queue.waiting == 0
    assert len(card.played) == (5 + len(chime())) * BLOCK * 4


def test_a_microphone_pours_what_it_hears_into_the_feed(qapp: QApplication) -> None:
    levels: list[float] = []
    feed = SoundFeed(lambda block: levels.append(level(block)))
    worker = MicrophoneWorker(QAudioDevice(), feed)
    heard = QBuffer()
    heard.setData(np.full(2 * 2 * BLOCK, 8000, dtype=np.int16).tobytes())
    heard.open(QIODevice.OpenModeFlag.ReadOnly)
    worker._io, worker._format = heard, SoundFormat(2)
    worker._on_ready()
    assert len(levels) == 2
    assert levels[0] > 0.7
    assert feed.waiting == 0  # nobody reads


def test_a_device_that_does_not_do_our_rate_is_told(qapp: QApplication) -> None:
    faults: list[DeviceFault] = []
    for worker in (
        MicrophoneWorker(QAudioDevice(), SoundFeed()),
        LoudspeakerWorker(QAudioDevice(), PlayQueue()),
    ):
        worker.failed.connect(faults.append)
        worker.begin()
        worker.end()
    assert faults == [DeviceFault.FAILED] * 2
