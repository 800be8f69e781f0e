"""What a participant says of himself: microphone, camera, screen, hand; sealed to the others, and nothing to the server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from protocol import payload
from protocol.crypto import cbor


@dataclass(frozen=True, slots=True)
class MediaState(payload.Payload):
    """Sent whole whenever it changes, and again to whoever has just come. `hand`: when it was raised, ms UTC; 0: it is down."""

    SHAPES: ClassVar[Mapping[str, payload.Shape]] = {
        "microphone": payload.boolean,
        "camera": payload.boolean,
        "screen": payload.boolean,
        "hand": payload.integer,
    }
    microphone: bool = False
    camera: bool = False
    screen: bool = False
    hand: int = 0

    def packed(self) -> bytes:
        return cbor.encode(self.value())


def read(message: bytes) -> MediaState:
    """What somebody said.

    Raises:
        JinshuError: `wire.malformed`.
    """
    # He says it of himself alone: what a later version says more is passed over.
    return MediaState.parse(cbor.decode(message), tolerant=True)
