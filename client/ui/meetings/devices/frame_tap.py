"""Takes frames where Qt gives them, on the capturing thread: copied for the engine if it reads, kept as they are for my own eyes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtMultimedia import QVideoFrame, QVideoFrameFormat, QVideoSink

from client.meetings.capture import CapturedFrame, FrameFeed, PixelLayout, Plane

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
    """Between a video sink and those who want its frames; a screen that is painted 60 times a second is not copied as often."""

    def __init__(self, sink: QVideoSink, size: tuple[int, int], fps: float, parent: QObject) -> None:
        super().__init__(parent)
        self.feed = FrameFeed(size, fps)
        self.slot = LocalSlot()
        self._least = _EARLY / fps
        self._copied_at = 0.0
        # Direct: on the thread that captured it. A queued connection would pile frames up in the Qt thread's queue.
        sink.videoFrameChanged.connect(self._on_frame, Qt.ConnectionType.DirectConnection)

    def close(self) -> None:
        self.feed.close()

    def _on_frame(self, frame: QVideoFrame) -> None:
        if not frame.isValid():
            return
        self.slot.put(QVideoFrame(frame))
        now = monotonic()
        if not self.feed.reading or now - self._copied_at < self._least:
            return
        self._copied_at = now
        copy = captured(frame)
        if copy is not None:
            self.feed.put(copy)
