"""The devices of this computer, looked for when a meeting is near: Qt's multimedia would make every start of the program longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from client.ui.meetings.services import (
    DeviceKind,
    DeviceRow,
    OpenedCamera,
    OpenedLoudspeaker,
    OpenedMicrophone,
)

if TYPE_CHECKING:
    from client.ui.meetings.devices.machine import MachineDevices


class DevicesLater:
    """Stands for `MachineDevices` until somebody asks."""

    def __init__(self, parent: QObject) -> None:
        self._parent = parent
        self._found: MachineDevices | None = None

    def listen(self, on_changed: Callable[[], None], /) -> Callable[[], None]:
        return self._machine().listen(on_changed)

    def rows(self, kind: DeviceKind, /) -> tuple[DeviceRow, ...]:
        return self._machine().rows(kind)

    def open_microphone(self, device: str, /) -> OpenedMicrophone:
        return self._machine().open_microphone(device)

    def open_camera(self, device: str, /) -> OpenedCamera:
        return self._machine().open_camera(device)

    def open_loudspeaker(self, device: str, /) -> OpenedLoudspeaker:
        return self._machine().open_loudspeaker(device)

    def open_screen(self, kind: DeviceKind, device: str, /) -> OpenedCamera:
        return self._machine().open_screen(kind, device)

    def _machine(self) -> MachineDevices:
        if self._found is None:
            # Deferred: QtMultimedia and numpy, 0.1 s.
            from client.ui.meetings.devices.machine import MachineDevices

            self._found = MachineDevices(self._parent)
        return self._found
