"""The devices in use in a meeting: opened when wanted, let go when not, replaced or missed aloud when they fail.

Sound follows what the user chose and, while that is not there, what the system prefers: a headset that is pulled out gives way to
the built-in devices, and takes its place again when it is plugged in. A camera is not replaced by another one, which may look at
something that is nobody's business.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.devices.output import Output
from client.ui.meetings.services import (
    DeviceFault,
    DeviceKind,
    DeviceRow,
    Devices,
    Newest,
    Opened,
    OpenedCamera,
    OpenedLoudspeaker,
    OpenedMicrophone,
)

if TYPE_CHECKING:
    # Named only, so that pages open without the media engine.
    from client.media.sources import AudioSource
    from client.meetings.attendance import Pictures

_SOUND: Final = (DeviceKind.MICROPHONE, DeviceKind.LOUDSPEAKER)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the check of devices hands over, already open."""

    microphone: OpenedMicrophone | None
    camera: OpenedCamera | None
    loudspeaker: OpenedLoudspeaker | None
    microphone_on: bool
    camera_on: bool


@dataclass(frozen=True, slots=True)
class DeviceMove:
    """Sound goes through another device from now on, without the user's doing. `lost`: since the one before failed."""

    kind: DeviceKind
    device: DeviceRow
    lost: bool


class Gear(QObject):
    """Signals: `lost` (DeviceKind, DeviceFault; it is let go already, or was never there, and nothing takes its place), `moved`
    (DeviceMove)."""

    lost = Signal(object, object)
    moved = Signal(object)

    def __init__(self, devices: Devices, choice: DeviceChoice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._devices = devices
        self._choice = choice
        self.output = Output()
        self._microphone: OpenedMicrophone | None = None
        self._camera: OpenedCamera | None = None
        self._screen: OpenedCamera | None = None
        self._loudspeaker: OpenedLoudspeaker | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._failed: set[tuple[DeviceKind, str]] = set()  # not used again before it has been away
        self._missed: set[DeviceKind] = set()  # lost, and nothing there to take its place

    @property
    def own_picture(self) -> Newest | None:
        """What my camera shows."""
        return None if self._camera is None else self._camera.picture

    def in_use(self, kind: DeviceKind) -> str:
        """The id of the device that is open, or would be opened now; empty: there is none."""
        opened = {
            DeviceKind.MICROPHONE: self._microphone,
            DeviceKind.CAMERA: self._camera,
            DeviceKind.LOUDSPEAKER: self._loudspeaker,
        }.get(kind)
        return self._present(kind) if opened is None else opened.id

    def take(self, prepared: Prepared) -> None:
        """These are mine now."""
        self.release()
        self._listen()
        self._microphone, self._camera = prepared.microphone, prepared.camera
        self._loudspeaker = prepared.loudspeaker
        if self._loudspeaker is None:
            self._missed.add(DeviceKind.LOUDSPEAKER)
        else:
            self.output.use(self._loudspeaker.sink)
        self._watch(DeviceKind.MICROPHONE, self._microphone)
        self._watch(DeviceKind.CAMERA, self._camera)
        self._watch(DeviceKind.LOUDSPEAKER, self._loudspeaker)

    def release(self) -> None:
        """Everything is let go."""
        if self._stop_listening is not None:
            self._stop_listening()
            self._stop_listening = None
        self._failed.clear()
        self._missed.clear()
        self.close_microphone()
        self.close_camera()
        self.close_screen()
        self._close_loudspeaker()

    def microphone(self) -> AudioSource | None:
        """A source, opened if it is not; None when there is none, which was told."""
        if self._microphone is None:
            device = self._chosen(DeviceKind.MICROPHONE)
            if device is not None:
                self._open_microphone(device)
        return None if self._microphone is None else self._microphone.source

    def camera(self) -> Pictures | None:
        if self._camera is None:
            device = self._chosen(DeviceKind.CAMERA)
            if device is None:
                return None
            self._camera = self._devices.open_camera(device)
            self._watch(DeviceKind.CAMERA, self._camera)
        return None if self._camera is None else self._camera.source

    def screen(self, kind: DeviceKind, device: str) -> Pictures | None:
        self.close_screen()
        self._screen = self._devices.open_screen(kind, device)
        self._watch(kind, self._screen)
        return None if self._screen is None else self._screen.source

    def use_sound(self, kind: DeviceKind, device: str) -> None:
        """The user chose this microphone or loudspeaker: from now on, even if it failed before."""
        self._failed.discard((kind, device))
        self._open_sound(kind, device)

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

    def _close_loudspeaker(self) -> None:
        opened, self._loudspeaker = self._loudspeaker, None
        self.output.use(None)
        if opened is not None:
            opened.close()

    # Opening

    def _chosen(self, kind: DeviceKind) -> str | None:
        device = self._present(kind)
        if not device:
            self.lost.emit(kind, DeviceFault.MISSING)
        return device or None

    def _present(self, kind: DeviceKind) -> str:
        """What the user chose if it is there and works, else what the system prefers."""
        rows = self._devices.rows(kind)
        working = tuple(row for row in rows if (kind, row.id) not in self._failed)
        return self._choice.present(kind, working or rows)

    def _open_sound(self, kind: DeviceKind, device: str) -> None:
        if kind is DeviceKind.MICROPHONE:
            self._open_microphone(device)
        else:
            self._open_loudspeaker(device)

    def _open_microphone(self, device: str) -> None:
        self.close_microphone()
        self._listen()
        self._missed.discard(DeviceKind.MICROPHONE)
        self._microphone = self._devices.open_microphone(device)
        self._watch(DeviceKind.MICROPHONE, self._microphone)

    def _open_loudspeaker(self, device: str) -> None:
        before, opened = self._loudspeaker, self._devices.open_loudspeaker(device)
        self._listen()
        self._missed.discard(DeviceKind.LOUDSPEAKER)
        self._loudspeaker = opened
        self.output.use(opened.sink)
        if before is not None:
            before.close()
        self._watch(DeviceKind.LOUDSPEAKER, opened)

    # Coming and going

    def _listen(self) -> None:
        if self._stop_listening is None:
            self._stop_listening = self._devices.listen(self._on_devices_changed)

    def _on_devices_changed(self) -> None:
        for kind in _SOUND:
            there = {row.id for row in self._devices.rows(kind)}
            self._failed = {failed for failed in self._failed if failed[0] is not kind or failed[1] in there}
            opened = self._sound(kind)
            best = self._present(kind)
            if best and (kind in self._missed if opened is None else opened.id != best):
                self._move(kind, best, lost=False)

    def _sound(self, kind: DeviceKind) -> Opened | None:
        return self._microphone if kind is DeviceKind.MICROPHONE else self._loudspeaker

    def _move(self, kind: DeviceKind, device: str, *, lost: bool) -> None:
        self._open_sound(kind, device)
        opened = self._sound(kind)
        row = next((row for row in self._devices.rows(kind) if row.id == device), None)
        # It may have failed at once, and another one or none have taken its place.
        if opened is not None and opened.id == device and row is not None:
            self.moved.emit(DeviceMove(kind, row, lost))

    def _watch(self, kind: DeviceKind, opened: Opened | None) -> None:
        if opened is not None:
            opened.watch(lambda fault: self._on_fault(kind, opened, fault))

    def _on_fault(self, kind: DeviceKind, opened: Opened, fault: DeviceFault) -> None:
        closing: tuple[tuple[Opened | None, Callable[[], None]], ...] = (
            (self._microphone, self.close_microphone),
            (self._camera, self.close_camera),
            (self._screen, self.close_screen),
            (self._loudspeaker, self._close_loudspeaker),
        )
        for held, close in closing:
            if held is opened:
                close()
                self._after_loss(kind, opened.id, fault)

    def _after_loss(self, kind: DeviceKind, device: str, fault: DeviceFault) -> None:
        if kind not in _SOUND:
            self.lost.emit(kind, fault)
            return
        self._failed.add((kind, device))
        other = self._present(kind)
        if other and (kind, other) not in self._failed and fault is not DeviceFault.REFUSED:
            self._move(kind, other, lost=True)
        else:
            self._missed.add(kind)
            self.lost.emit(kind, fault)
