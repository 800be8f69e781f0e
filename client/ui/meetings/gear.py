"""The devices in use in a meeting: opened when wanted, let go when not, and missed aloud when they fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.devices.output import Output
from client.ui.meetings.services import (
    DeviceFault,
    DeviceKind,
    Devices,
    Newest,
    Opened,
    OpenedCamera,
    OpenedLoudspeaker,
    OpenedMicrophone,
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the check of devices hands over, already open."""

    microphone: OpenedMicrophone | None
    camera: OpenedCamera | None
    loudspeaker: OpenedLoudspeaker | None
    microphone_on: bool
    camera_on: bool


class Gear(QObject):
    """Signals: `lost` (DeviceKind, DeviceFault; it is let go already, or was never there)."""

    lost = Signal(object, object)

    def __init__(self, devices: Devices, choice: DeviceChoice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._devices = devices
        self._choice = choice
        self.output = Output()
        self._microphone: OpenedMicrophone | None = None
        self._camera: OpenedCamera | None = None
        self._screen: OpenedCamera | None = None
        self._loudspeaker: OpenedLoudspeaker | None = None

    @property
    def own_picture(self) -> Newest | None:
        """What my camera shows."""
        return None if self._camera is None else self._camera.picture

    @property
    def own_screen(self) -> Newest | None:
        return None if self._screen is None else self._screen.picture

    def take(self, prepared: Prepared) -> None:
        """These are mine now."""
        self.release()
        self._microphone, self._camera = prepared.microphone, prepared.camera
        self._watch(DeviceKind.MICROPHONE, self._microphone)
        self._watch(DeviceKind.CAMERA, self._camera)
        self._use_loudspeaker(prepared.loudspeaker)

    def release(self) -> None:
        """Everything is let go."""
        self.close_microphone()
        self.close_camera()
        self.close_screen()
        self._use_loudspeaker(None)

    def microphone(self) -> object | None:
        """A source, opened if it is not; None when there is none, which was told."""
        if self._microphone is None:
            device = self._chosen(DeviceKind.MICROPHONE)
            if device is None:
                return None
            self._microphone = self._devices.open_microphone(device)
            self._watch(DeviceKind.MICROPHONE, self._microphone)
        return None if self._microphone is None else self._microphone.source

    def camera(self) -> object | None:
        if self._camera is None:
            device = self._chosen(DeviceKind.CAMERA)
            if device is None:
                return None
            self._camera = self._devices.open_camera(device)
            self._watch(DeviceKind.CAMERA, self._camera)
        return None if self._camera is None else self._camera.source

    def screen(self, kind: DeviceKind, device: str) -> object | None:
        self.close_screen()
        self._screen = self._devices.open_screen(kind, device)
        self._watch(kind, self._screen)
        return None if self._screen is None else self._screen.source

    def loudspeaker(self, device: str) -> None:
        """Play there from now on."""
        self._use_loudspeaker(self._devices.open_loudspeaker(device))

    def close_microphone(self) -> None:
        opened, self._microphone = self._microphone, None
        if opened is not None:
            opened.close()

    def close_camera(self) -> None:
        opened, self._camera = self._camera, None
        if opened is not None:
            opened.close()

    def close_screen(self) -> None:
        opened, self._screen = self._screen, None
        if opened is not None:
            opened.close()

    def _chosen(self, kind: DeviceKind) -> str | None:
        rows = self._devices.rows(kind)
        if not rows:
            self.lost.emit(kind, DeviceFault.MISSING)
            return None
        return self._choice.present(kind, rows)

    def _use_loudspeaker(self, opened: OpenedLoudspeaker | None) -> None:
        before, self._loudspeaker = self._loudspeaker, opened
        self.output.use(None if opened is None else opened.sink)
        if before is not None and before is not opened:
            before.close()
        self._watch(DeviceKind.LOUDSPEAKER, opened)

    def _watch(self, kind: DeviceKind, opened: Opened | None) -> None:
        if opened is not None:
            opened.watch(lambda fault: self._on_fault(kind, opened, fault))

    def _on_fault(self, kind: DeviceKind, opened: Opened, fault: DeviceFault) -> None:
        closing: tuple[tuple[Opened | None, Callable[[], None]], ...] = (
            (self._microphone, self.close_microphone),
            (self._camera, self.close_camera),
            (self._screen, self.close_screen),
            (self._loudspeaker, lambda: self._use_loudspeaker(None)),
        )
        for held, close in closing:
            if held is opened:
                close()
                self.lost.emit(kind, fault)
