"""What the meeting plays to: whichever loudspeaker is chosen at the moment, or none."""

from __future__ import annotations

from typing import Protocol


class Plays(Protocol):
    def play(self, block: object, /) -> None: ...


class Output:
    """Called by the core's thread every 20 ms while the Qt thread may change the loudspeaker: one reference, read once."""

    def __init__(self) -> None:
        self._sink: Plays | None = None

    def use(self, sink: object | None) -> None:
        """Play here from now on; None: nobody hears it."""
        self._sink = sink  # type: ignore[assignment]  # devices hand out what the engine knows, and we do not

    def play(self, block: object) -> None:
        sink = self._sink
        if sink is not None:
            sink.play(block)
