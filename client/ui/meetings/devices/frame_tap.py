"""Takes frames where Qt gives them, on the capturing thread: copied for the engine if it reads, kept as they are for my own eyes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Final

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import QVideoFrame, QVideoFrameFormat, QVideoSink

from client.media.feeds import CapturedFrame, FrameFeed, PixelLayout, Plane

_EARLY: Final = 0.8  # a device that promises 25 frames gives 24 or 26
_PIXELS = QVideoFrameFormat.PixelFormat
LAYOUTS: Final = {
    _PIXELS.Format_YUV420P: PixelLayout.YUV420P,
    _PIXELS.Format_NV12: PixelLayout.NV12,
    _PIXELS.Format_YUYV: PixelLayout.YUYV422,
    _PIXELS.Format_UYVY: PixelLayout.UYVY422,
    _PIXELS.Format_BGRA8888: PixelLayout.BGRA,
    _PIXELS.Format_BGRX8888: PixelLayout.BGRA,
    _PIXELS.Format_RGBA8888: PixelLayout.RGBA,
    _PIXELS.Format_RGBX8888: PixelLayout.RGBA,
}


def captured(frame: QVideoFrame) -> CapturedFrame | None:
    """A copy that outlives the device's buffer; what no encoder knows goes through Qt's own conversion."""
    turn, mirrored = int(frame.rotation().value), frame.mirrored()
    layout = LAYOUTS.get(frame.pixelFormat())
    if layout is None or not frame.map(QVideoFrame.MapMode.ReadOnly):
        return _converted(frame)
    try:
        planes = tuple(
            Plane(bytes(frame.bits(number)), frame.bytesPerLine(number))
            for number in range(frame.planeCount())
        )
        return CapturedFrame(frame.width(), frame.height(), layout, planes, turn, mirrored)
    finally:
        frame.unmap()


def _converted(frame: QVideoFrame) -> CapturedFrame | None:
    """Qt turns and mirrors by itself."""
    image = frame.toImage()
    if image.isNull():
        return None
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    plane = Plane(bytes(image.constBits()), image.bytesPerLine())
    return CapturedFrame(image.width(), image.height(), PixelLayout.BGRA, (plane,))


@dataclass(frozen=True, slots=True)
class LocalPicture:
    """A frame of mine, converted by Qt; `image` owns the memory."""

    pixels: memoryview
    width: int
    height: int
    stride: int
    image: QImage = field(repr=False)


class LocalSlot:
    """My own newest frame, converted only when it is painted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame: QVideoFrame | None = None
        self._picture: LocalPicture | None = None
        self._untaken = False
        self._listener: Callable[[], None] | None = None

    def listen(self, listener: Callable[[], None] | None, /) -> None:
        with self._lock:
            self._listener = listener
            waiting = self._untaken
        if listener is not None and waiting:
            listener()

    def put(self, frame: QVideoFrame) -> None:
        """The capturing thread."""
        with self._lock:
            self._frame = frame
            listener = None if self._untaken else self._listener
            self._untaken = True
        if listener is not None:
            listener()

    def take(self) -> LocalPicture | None:
        with self._lock:
            frame, self._frame = self._frame, None
            self._untaken = False
        if frame is not None:
            image = frame.toImage().convertToFormat(QImage.Format.Format_RGB32)
            if not image.isNull():
                self._picture = LocalPicture(
                    memoryview(image.constBits()), image.width(), image.height(), image.bytesPerLine(), image
                )
        return self._picture


class FrameTap(QObject):
    """Between a video sink and those who want its frames; a screen that is painted 60 times a second is not copied as often.

    A screen at rest gives no new frame: the last of a burst is copied a little later, and whoever begins to read gets the frame
    the sink holds. That is done on the Qt thread.
    """

    _passed_over = Signal()

    def __init__(self, sink: QVideoSink, size: tuple[int, int], fps: float, parent: QObject) -> None:
        super().__init__(parent)
        self.feed = FrameFeed(size, fps)
        self.slot = LocalSlot()
        self._sink = sink
        self._least = _EARLY / fps
        self._copied_at = 0.0
        self._copying = threading.Lock()
        self._waits = False  # the sink's frame has not been copied
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ceil(1000 * self._least))
        self._timer.timeout.connect(self._catch_up)
        self._passed_over.connect(self._timer.start, Qt.ConnectionType.QueuedConnection)
        self.feed.listen(self._pass_over)
        # Direct: on the thread that captured it. A queued connection would pile frames up in the Qt thread's queue.
        sink.videoFrameChanged.connect(self._on_frame, Qt.ConnectionType.DirectConnection)

    def close(self) -> None:
        self.feed.close()

    def _on_frame(self, frame: QVideoFrame) -> None:
        if not frame.isValid():
            return
        self.slot.put(QVideoFrame(frame))
        if not self.feed.reading:
            return
        if monotonic() - self._copied_at < self._least:
            self._pass_over()
            return
        with self._copying:
            self._copy(frame)

    def _pass_over(self) -> None:
        """Any thread; the Qt thread hears of it once until it has looked."""
        if not self._waits:
            self._waits = True
            self._passed_over.emit()

    def _catch_up(self) -> None:
        with self._copying:
            if self._waits and self.feed.reading:
                self._copy(self._sink.videoFrame())

    def _copy(self, frame: QVideoFrame) -> None:
        self._copied_at, self._waits = monotonic(), False
        copy = captured(frame) if frame.isValid() else None
        if copy is not None:
            self.feed.put(copy)
