"""Devices that are given rather than found: files and generated media in the place of hardware, one of a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow, Newest

if TYPE_CHECKING:
    # Named only, so that pages open without the media engine.
    from client.media.sources import AudioSink, AudioSource
    from client.meetings.attendance import Pictures


class _Given:
    def watch(self, _on_fault: Callable[[DeviceFault], None], /) -> None:
        """What was given does not fail."""

    def close(self) -> None:
        """What was given stays its giver's."""


@dataclass(slots=True)
class GivenMicrophone(_Given):
    id: str
    source: AudioSource
    level: float = 0.0


@dataclass(slots=True)
class GivenCamera(_Given):
    id: str
    source: Pictures
    picture: Newest | None = None


@dataclass(slots=True)
class GivenLoudspeaker(_Given):
    id: str
    sink: AudioSink

    def ring(self) -> None:
        """Nobody would hear it."""


class GivenDevices:
    """The composition root gives sources as the engine wants them; None is a computer without such a device, which nobody
    can choose."""

    def __init__(
        self,
        *,
        microphone: AudioSource | None = None,
        camera: Pictures | None = None,
        loudspeaker: AudioSink | None = None,
        screen: Pictures | None = None,
        names: dict[DeviceKind, str] | None = None,
        mirror: Newest | None = None,
    ) -> None:
        self._microphone = microphone
        self._camera = camera
        self._loudspeaker = loudspeaker
        self._screen = screen
        self._names = names or {}
        self._mirror = mirror

    def listen(self, _on_changed: Callable[[], None], /) -> Callable[[], None]:
        """What is given never changes."""
        return lambda: None

    def rows(self, kind: DeviceKind, /) -> tuple[DeviceRow, ...]:
        there = {
            DeviceKind.MICROPHONE: self._microphone,
            DeviceKind.CAMERA: self._camera,
            DeviceKind.LOUDSPEAKER: self._loudspeaker,
            DeviceKind.SCREEN: self._screen,
        }
        return (DeviceRow(kind.value, self._names.get(kind, kind.value)),) if there.get(kind) else ()

    def open_microphone(self, device: str, /) -> GivenMicrophone:
        assert self._microphone is not None, "chosen among the rows"
        return GivenMicrophone(device, self._microphone)

    def open_camera(self, device: str, /) -> GivenCamera:
        assert self._camera is not None, "chosen among the rows"
        return GivenCamera(device, self._camera, self._mirror)

    def open_loudspeaker(self, device: str, /) -> GivenLoudspeaker:
        assert self._loudspeaker is not None, "chosen among the rows"
        return GivenLoudspeaker(device, self._loudspeaker)

    def open_screen(self, _kind: DeviceKind, device: str, /) -> GivenCamera:
        assert self._screen is not None, "chosen among the rows"
        return GivenCamera(device, self._screen)
