"""A camera through Qt."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtMultimedia import QCamera, QCameraDevice, QCameraFormat, QMediaCaptureSession, QVideoSink

from client.media.feeds import FrameFeed
from client.ui.meetings.devices.frame_tap import LAYOUTS, FrameTap, LocalSlot
from client.ui.meetings.devices.opened import OpenedDevice
from client.ui.meetings.services import DeviceFault

_WIDTH: Final = 1280  # what the larger layer can use (D9); more is only scaled away
_HEIGHT: Final = 720
_FPS: Final = 25.0
_MOST_FPS: Final = 30.0
_USUAL: Final = ((640, 360), 25.0)


def best_format(formats: list[QCameraFormat]) -> QCameraFormat | None:
    """Fast enough first, then nearest to what is sent, then one that needs no conversion."""

    def rank(offered: QCameraFormat) -> tuple[bool, int, bool, float]:
        size = offered.resolution()
        off = abs(size.width() - _WIDTH) + abs(size.height() - _HEIGHT)
        return (
            offered.maxFrameRate() < _FPS,
            off,
            offered.pixelFormat() not in LAYOUTS,
            -offered.maxFrameRate(),
        )

    return min(formats, key=rank, default=None)


class Camera(OpenedDevice):
    """Runs from the moment it is made until it is closed."""

    def __init__(self, device: QCameraDevice, name: str, parent: QObject | None = None) -> None:
        super().__init__(name, parent)
        size, fps = _USUAL
        self._camera: QCamera | None = None
        self._sink = QVideoSink(self)
        self._session = QMediaCaptureSession(self)
        if device.isNull():
            self._tap = FrameTap(self._sink, size, fps, self)
            self.tell(DeviceFault.MISSING)
            return
        self._camera = QCamera(device, self)
        chosen = best_format(device.videoFormats())
        if chosen is not None:
            self._camera.setCameraFormat(chosen)
            size = (chosen.resolution().width(), chosen.resolution().height())
            fps = min(chosen.maxFrameRate() or fps, _MOST_FPS)
        self._tap = FrameTap(self._sink, size, fps, self)
        self._camera.errorOccurred.connect(self._on_error)
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self._sink)
        self._camera.start()

    @property
    def source(self) -> FrameFeed:
        return self._tap.feed

    @property
    def picture(self) -> LocalSlot:
        return self._tap.slot

    def close(self) -> None:
        self._tap.close()
        if self._camera is not None:
            self._camera.stop()
        super().close()

    def _on_error(self, error: QCamera.Error, _text: str) -> None:
        if error != QCamera.Error.NoError:
            self.tell(DeviceFault.FAILED)
