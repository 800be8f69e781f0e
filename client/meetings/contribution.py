"""What I contribute to a meeting, over as many stays as there are: microphone, camera, screen, a raised hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from client.media.captured import Captured
from client.media.feeds import FrameFeed
from client.media.peer import MediaPeer
from client.media.sources import AudioSource, VideoSource
from client.meetings.media_state import MediaState

Pictures: TypeAlias = VideoSource | FrameFeed


class Contribution:
    """On the core's thread. `ask`: have the server take a mute back; `changed`: what I do is different.

    Sources outlive a stay: `begin` gives them to its peer, `end` takes the peer away.
    """

    def __init__(self, ask: Callable[[], Awaitable[None]], changed: Callable[[], None]) -> None:
        self._ask = ask
        self._changed = changed
        self._peer: MediaPeer | None = None
        self._microphone: AudioSource | None = None
        self._camera: VideoSource | None = None
        self._screen: VideoSource | None = None
        self._speaking: AudioSource | None = None  # whom I want heard; the server may still be asked
        self._hand = 0
        self.silenced = False  # by a chair: the server lets nobody hear me until it is asked
        self.stops: Final[dict[str, Callable[[], Awaitable[None]]]] = {
            "microphone": self.stop_microphone,
            "camera": self.stop_camera,
            "screen": self.stop_screen,
        }

    @property
    def doing(self) -> MediaState:
        """What I say of myself."""
        return MediaState(
            microphone=self._microphone is not None,
            camera=self._camera is not None,
            screen=self._screen is not None,
            hand=self._hand,
        )

    # Stays

    def begin(self, peer: MediaPeer) -> None:
        """Send what is on through a new peer."""
        self._peer = peer
        if self._microphone is not None:
            peer.start_microphone(self._microphone)
        if self._camera is not None:
            peer.start_camera(self._camera)
        if self._screen is not None:
            peer.start_screen(self._screen)
        self._changed()

    def end(self) -> None:
        """There is no peer until the next stay."""
        self._peer = None

    # What I do

    async def start_microphone(self, source: AudioSource) -> None:
        """Speak; also after a chair's mute."""
        self._speaking = source
        if self.silenced:
            await self._be_heard(source)
            if self.silenced or self._speaking is not source:
                return
        self._microphone = source
        if self._peer is not None:
            self._peer.start_microphone(source)
        self._changed()

    async def change_microphone(self, source: AudioSource) -> None:
        """Speak through another device; whoever does not speak, or was muted meanwhile, stays silent."""
        if self._microphone is not None:
            await self.start_microphone(source)

    async def stop_microphone(self) -> None:
        self._microphone = self._speaking = None
        if self._peer is not None:
            await self._peer.stop_microphone()
        self._changed()

    async def fall_silent(self) -> bool:
        """A chair mutes me; says whether I was heard, or about to be."""
        self.silenced = True
        if self._speaking is None:
            return False
        await self.stop_microphone()
        return True

    async def start_camera(self, source: Pictures) -> None:
        self._camera = _video(source)
        if self._peer is not None:
            self._peer.start_camera(self._camera)
        self._changed()

    async def stop_camera(self) -> None:
        self._camera = None
        if self._peer is not None:
            await self._peer.stop_camera()
        self._changed()

    async def start_screen(self, source: Pictures) -> None:
        self._screen = _video(source)
        if self._peer is not None:
            self._peer.start_screen(self._screen)
        self._changed()

    async def stop_screen(self) -> None:
        self._screen = None
        if self._peer is not None:
            await self._peer.stop_screen()
        self._changed()

    def raise_hand(self, at_ms: int) -> None:
        """When it was raised; 0: it is down."""
        self._hand = at_ms
        self._changed()

    async def _be_heard(self, source: AudioSource) -> None:
        """Ask the server to take the mute back. Who stops or is muted again while it is asked is not heard for having asked."""
        try:
            await self._ask()
        except BaseException:
            if self._speaking is source:
                self._speaking = None
            raise
        if self._speaking is source:
            self.silenced = False


def _video(source: Pictures) -> VideoSource:
    """A device's feed, or anything else that gives pictures."""
    return Captured(source) if isinstance(source, FrameFeed) else source
