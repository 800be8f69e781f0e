"""The devices of this computer, through Qt; asked for only when a meeting is near, since looking starts the media backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QByteArray, QCoreApplication, QObject
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtMultimedia import QAudioDevice, QCameraDevice, QCapturableWindow, QMediaDevices, QWindowCapture

from client.ui.base.language import tr
from client.ui.meetings.devices.camera import Camera
from client.ui.meetings.devices.loudspeaker import Loudspeaker
from client.ui.meetings.devices.microphone import Microphone
from client.ui.meetings.devices.opened import OpenedDevice
from client.ui.meetings.devices.screen import Screen
from client.ui.meetings.devices.sound_thread import SoundThread
from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow

OpenedT = TypeVar("OpenedT", bound=OpenedDevice)


class MachineDevices(QObject):
    """Make one for the program; `close` before the application ends."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._media: QMediaDevices | None = None
        self._listeners: list[Callable[[], None]] = []
        self._opened: list[tuple[DeviceKind, OpenedDevice]] = []
        self._thread = SoundThread(self)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    def close(self) -> None:
        """Let every device go, and end the sound thread."""
        for _kind, opened in tuple(self._opened):
            opened.close()
        self._opened.clear()
        self._thread.stop()

    def listen(self, on_changed: Callable[[], None], /) -> Callable[[], None]:
        self._look()
        self._listeners.append(on_changed)
        return lambda: self._listeners.remove(on_changed) if on_changed in self._listeners else None

    def rows(self, kind: DeviceKind, /) -> tuple[DeviceRow, ...]:
        """The one the system prefers first."""
        if kind is DeviceKind.SCREEN:
            return tuple(
                DeviceRow(screen.name(), _screen_name(screen)) for screen in QGuiApplication.screens()
            )
        if kind is DeviceKind.WINDOW:
            return tuple(
                DeviceRow(f"{number}:{window.description()}", window.description())
                for number, window in enumerate(_windows())
            )
        there = [(not device.isDefault(), device) for device in self._devices(kind)]
        ordered = [device for _other, device in sorted(there, key=lambda pair: pair[0])]
        return tuple(DeviceRow(_text(device.id()), device.description()) for device in ordered)

    def open_microphone(self, device: str, /) -> Microphone:
        found = self._sound(DeviceKind.MICROPHONE, device)
        return self._kept(DeviceKind.MICROPHONE, Microphone(found, device, self._thread, self))

    def open_loudspeaker(self, device: str, /) -> Loudspeaker:
        found = self._sound(DeviceKind.LOUDSPEAKER, device)
        return self._kept(DeviceKind.LOUDSPEAKER, Loudspeaker(found, device, self._thread, self))

    def open_camera(self, device: str, /) -> Camera:
        self._look()
        cameras = [camera for camera in QMediaDevices.videoInputs() if _text(camera.id()) == device]
        found = (
            cameras[0] if cameras else QMediaDevices.defaultVideoInput() if not device else QCameraDevice()
        )
        return self._kept(DeviceKind.CAMERA, Camera(found, device, self))

    def open_screen(self, kind: DeviceKind, device: str, /) -> Screen:
        return self._kept(kind, Screen(_surface(kind, device), device, self))

    # The list

    def _look(self) -> None:
        if self._media is None:
            self._media = QMediaDevices(self)
            self._media.audioInputsChanged.connect(self._on_changed)
            self._media.audioOutputsChanged.connect(self._on_changed)
            self._media.videoInputsChanged.connect(self._on_changed)

    def _devices(self, kind: DeviceKind) -> Sequence[QAudioDevice | QCameraDevice]:
        self._look()
        if kind is DeviceKind.CAMERA:
            return QMediaDevices.videoInputs()
        return QMediaDevices.audioInputs() if kind is DeviceKind.MICROPHONE else QMediaDevices.audioOutputs()

    def _sound(self, kind: DeviceKind, device: str) -> QAudioDevice:
        self._look()
        microphone = kind is DeviceKind.MICROPHONE
        there = QMediaDevices.audioInputs() if microphone else QMediaDevices.audioOutputs()
        for found in there:
            if _text(found.id()) == device:
                return found
        if device:
            return QAudioDevice()
        return QMediaDevices.defaultAudioInput() if microphone else QMediaDevices.defaultAudioOutput()

    def _kept(self, kind: DeviceKind, opened: OpenedT) -> OpenedT:
        self._opened.append((kind, opened))
        opened.destroyed.connect(lambda: self._forget(opened))
        return opened

    def _forget(self, opened: OpenedDevice) -> None:
        self._opened = [entry for entry in self._opened if entry[1] is not opened]

    def _on_changed(self) -> None:
        """Something was plugged in or out: first who lost his device hears it, then who offers devices."""
        for kind, opened in tuple(self._opened):
            if kind in (DeviceKind.SCREEN, DeviceKind.WINDOW) or not opened.id:
                continue
            if opened.id not in {row.id for row in self.rows(kind)}:
                opened.tell(DeviceFault.GONE)
        for listener in tuple(self._listeners):
            listener()


def _text(device: QByteArray) -> str:
    return bytes(device.data()).hex()


def _screen_name(screen: QScreen) -> str:
    size, scale = screen.size(), screen.devicePixelRatio()
    return tr(
        "Screen {name} ({width} × {height})",
        name=screen.name(),
        width=round(size.width() * scale),
        height=round(size.height() * scale),
    )


def _windows() -> list[QCapturableWindow]:
    return [window for window in QWindowCapture.capturableWindows() if window.description().strip()]


def _surface(kind: DeviceKind, device: str) -> QScreen | QCapturableWindow | None:
    if kind is DeviceKind.SCREEN:
        return next((screen for screen in QGuiApplication.screens() if screen.name() == device), None)
    # Windows have no lasting name; its place is checked with its title.
    named = {f"{number}:{window.description()}": window for number, window in enumerate(_windows())}
    return named.get(device)
