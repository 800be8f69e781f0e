"""What the pages ask of meetings and of this computer's devices; `client.meetings` keeps these signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from client.meetings.rows import LiveRow, MeetingRow
from client.messaging.rows import ConversationRow, PersonChoice

if TYPE_CHECKING:
    # Named only: importing the media engine takes a quarter of a second, and the pages open without it.
    from client.meetings.attending import Pictures
    from client.meetings.media.sources import AudioSink, AudioSource


class Picture(Protocol):
    """A decoded picture: 32 bits a pixel (B G R X), rows `stride` bytes apart."""

    @property
    def pixels(self) -> memoryview: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def stride(self) -> int: ...


class Newest(Protocol):
    """A video slot's newest picture; the listener may be called on any thread and must only wake somebody."""

    def listen(self, listener: Callable[[], None] | None, /) -> None: ...
    def take(self) -> Picture | None: ...


class Meetings(Protocol):
    """All meetings, and the one this device is in."""

    async def rows(self, query: str = "", /) -> tuple[MeetingRow, ...]: ...
    async def call(self, conversation: str, starts_at: int, ends_at: int, /) -> str: ...
    async def prepare(self) -> None: ...
    async def join(
        self,
        meeting: str,
        /,
        *,
        microphone: AudioSource | None,
        camera: Pictures | None,
        loudspeaker: AudioSink,
    ) -> None: ...
    async def leave(self) -> None: ...
    def live(self) -> LiveRow | None: ...
    def picture(self, mid: str, /) -> Newest | None: ...
    async def start_microphone(self, source: AudioSource, /) -> None: ...
    async def stop_microphone(self) -> None: ...
    async def start_camera(self, source: Pictures, /) -> None: ...
    async def stop_camera(self) -> None: ...
    async def start_screen(self, source: Pictures, /) -> None: ...
    async def stop_screen(self) -> None: ...
    async def raise_hand(self, up: bool, /) -> None: ...
    async def view(self, pins: tuple[str, ...], high: int, videos: int, screen: bool, /) -> None: ...
    async def mute(self, person: str | None, /) -> None: ...
    async def remove(self, person: str, /) -> None: ...
    async def admit(self, person: str, /) -> None: ...
    async def lock(self, locked: bool, /) -> None: ...
    async def spotlight(self, person: str | None, /) -> None: ...
    async def hand_over(self, person: str, /) -> None: ...
    async def end(self) -> None: ...


class Invited(Protocol):
    """Who may be called to a meeting: the members of a conversation, which may have to be begun first."""

    async def rows(self, query: str = "", /) -> tuple[ConversationRow, ...]: ...
    async def people(self) -> tuple[PersonChoice, ...]: ...
    async def start(self, people: tuple[str, ...], title: str, /) -> str: ...


class DeviceKind(StrEnum):
    """What can be chosen before a meeting, and what can be shown in it."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    LOUDSPEAKER = "loudspeaker"
    SCREEN = "screen"
    WINDOW = "window"


class DeviceFault(StrEnum):
    """Why a device gives nothing."""

    MISSING = "missing"  # there is none
    REFUSED = "refused"  # the system does not let us
    FAILED = "failed"  # it does not start, or another program has it
    GONE = "gone"  # it was pulled out


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """A device; `id` is remembered, `name` is the system's."""

    id: str
    name: str


class Opened(Protocol):
    """A device in use. What goes wrong with it is told on the Qt thread, at once if it already has."""

    def watch(self, on_fault: Callable[[DeviceFault], None], /) -> None: ...
    def close(self) -> None: ...


class OpenedMicrophone(Opened, Protocol):
    """`source` is what the media engine reads; `level` of the last moment is 0 to 1."""

    @property
    def source(self) -> AudioSource: ...
    @property
    def level(self) -> float: ...


class OpenedCamera(Opened, Protocol):
    """A camera, a screen or a window; `picture` shows me what the others see, where that can be shown."""

    @property
    def source(self) -> Pictures: ...
    @property
    def picture(self) -> Newest | None: ...


class OpenedLoudspeaker(Opened, Protocol):
    """`sink` is what the media engine plays to; `ring` plays a short sound to hear whether it works."""

    @property
    def sink(self) -> AudioSink: ...
    def ring(self) -> None: ...


class Devices(Protocol):
    """What this computer has. An empty id means the one the system prefers. `listen` returns how to stop listening."""

    def listen(self, on_changed: Callable[[], None], /) -> Callable[[], None]: ...
    def rows(self, kind: DeviceKind, /) -> tuple[DeviceRow, ...]: ...
    def open_microphone(self, device: str, /) -> OpenedMicrophone: ...
    def open_camera(self, device: str, /) -> OpenedCamera: ...
    def open_loudspeaker(self, device: str, /) -> OpenedLoudspeaker: ...
    def open_screen(self, kind: DeviceKind, device: str, /) -> OpenedCamera: ...
