"""Devices that are given rather than found: files and generated media in the place of hardware, one of a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow, Newest


@dataclass(slots=True)
class GivenDevice:
    """Whatever it is opened as."""

    source: object | None
    picture: Newest | None = None
    level: float = 0.0

    @property
    def sink(self) -> object:
        return self.source

    def watch(self, on_fault: Callable[[DeviceFault], None], /) -> None:
        if self.source is None:
            on_fault(DeviceFault.MISSING)

    def ring(self) -> None:
        """Nobody would hear it."""

    def close(self) -> None:
        """What was given stays its giver's."""


class GivenDevices:
    """The composition root gives sources as the engine wants them; None is a computer without such a device."""

    def __init__(
        self,
        *,
        microphone: object | None = None,
        camera: object | None = None,
        loudspeaker: object | None = None,
        screen: object | None = None,
        names: dict[DeviceKind, str] | None = None,
        mirror: Newest | None = None,
    ) -> None:
        self._sources = {
            DeviceKind.MICROPHONE: microphone,
            DeviceKind.CAMERA: camera,
            DeviceKind.LOUDSPEAKER: loudspeaker,
            DeviceKind.SCREEN: screen,
        }
        self._names = names or {}
        self._mirror = mirror

    def listen(self, _on_changed: Callable[[], None], /) -> Callable[[], None]:
        """What is given never changes."""
        return lambda: None

    def rows(self, kind: DeviceKind, /) -> tuple[DeviceRow, ...]:
        if self._sources.get(kind) is None:
            return ()
        return (DeviceRow(kind.value, self._names.get(kind, kind.value)),)

    def open_microphone(self, _device: str, /) -> GivenDevice:
        return GivenDevice(self._sources[DeviceKind.MICROPHONE])

    def open_camera(self, _device: str, /) -> GivenDevice:
        return GivenDevice(self._sources[DeviceKind.CAMERA], self._mirror)

    def open_loudspeaker(self, _device: str, /) -> GivenDevice:
        return GivenDevice(self._sources[DeviceKind.LOUDSPEAKER])

    def open_screen(self, kind: DeviceKind, _device: str, /) -> GivenDevice:
        return GivenDevice(self._sources.get(kind))
