"""What the meeting plays to: whichever loudspeaker is chosen at the moment, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Named only, so that pages open without the media engine.
    from client.media.sources import AudioSink, Samples


class Output:
    """Called by the core's thread every 20 ms while the Qt thread may change the loudspeaker: one reference, read once."""

    def __init__(self) -> None:
        self._sink: AudioSink | None = None

    def use(self, sink: AudioSink | None) -> None:
        """Play here from now on; None: nobody hears it."""
        self._sink = sink

    def play(self, block: Samples) -> None:
        sink = self._sink
        if sink is not None:
            sink.play(block)
