"""A screen or a window through Qt."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject
from PySide6.QtGui import QScreen
from PySide6.QtMultimedia import (
    QCapturableWindow,
    QMediaCaptureSession,
    QScreenCapture,
    QVideoSink,
    QWindowCapture,
)

from client.media.feeds import FrameFeed
from client.ui.meetings.devices.frame_tap import FrameTap, LocalSlot
from client.ui.meetings.devices.opened import OpenedDevice
from client.ui.meetings.services import DeviceFault

_USUAL: Final = (1920, 1080)
_FPS: Final = 10.0


class Screen(OpenedDevice):
    """Runs until it is closed; a window that is closed ends it."""

    def __init__(
        self, shown: QScreen | QCapturableWindow | None, name: str, parent: QObject | None = None
    ) -> None:
        super().__init__(name, parent)
        self._sink = QVideoSink(self)
        self._session = QMediaCaptureSession(self)
        self._capture: QScreenCapture | QWindowCapture | None = None
        size = _USUAL
        if isinstance(shown, QScreen):
            self._capture = self._screen(shown)
            scale = shown.devicePixelRatio()
            size = (round(shown.size().width() * scale), round(shown.size().height() * scale))
        elif shown is not None and shown.isValid():
            self._capture = self._window(shown)
        self._tap = FrameTap(self._sink, size, _FPS, self)
        if self._capture is None:
            self.tell(DeviceFault.MISSING)
            return
        self._session.setVideoSink(self._sink)
        self._capture.start()

    @property
    def source(self) -> FrameFeed:
        return self._tap.feed

    @property
    def picture(self) -> LocalSlot:
        return self._tap.slot

    def close(self) -> None:
        self._tap.close()
        if self._capture is not None:
            self._capture.stop()
        super().close()

    def _screen(self, shown: QScreen) -> QScreenCapture:
        capture = QScreenCapture(self)
        capture.setScreen(shown)
        capture.errorOccurred.connect(self._on_screen_error)
        self._session.setScreenCapture(capture)
        return capture

    def _window(self, shown: QCapturableWindow) -> QWindowCapture:
        capture = QWindowCapture(self)
        capture.setWindow(shown)
        capture.errorOccurred.connect(self._on_window_error)
        self._session.setWindowCapture(capture)
        return capture

    def _on_screen_error(self, error: QScreenCapture.Error, _text: str) -> None:
        if error != QScreenCapture.Error.NoError:
            self.tell(DeviceFault.FAILED)

    def _on_window_error(self, error: QWindowCapture.Error, _text: str) -> None:
        if error == QWindowCapture.Error.NotFound:
            self.tell(DeviceFault.GONE)
        elif error != QWindowCapture.Error.NoError:
            self.tell(DeviceFault.FAILED)
