"""The media engine's view of the meeting's keys: frames sealed and opened by what is in force (C23)."""

from __future__ import annotations

from typing import Final

from client.media.sealing import Refusal
from client.media.streams import PICTURES
from client.meetings.epochs import EpochKeys
from protocol.crypto.frames import Stream, open_video, seal_video
from protocol.errors import ErrorCode, JinshuError

_REFUSALS: Final = {
    ErrorCode.FRAMES_UNKNOWN_KEY: Refusal.UNKNOWN_KEY,
    ErrorCode.FRAMES_REPLAYED: Refusal.REPLAYED,
}


class EpochCipher:
    """A `FrameCipher`; called from encoder and decoder threads."""

    def __init__(self, keys: EpochKeys) -> None:
        self._keys = keys

    def seal(self, stream: Stream, frame: bytes) -> bytes | None:
        sealer = self._keys.sealer(stream)
        if sealer is None:
            return None
        return seal_video(sealer, frame) if stream in PICTURES else sealer.seal(frame)

    def open(self, frame: bytes, *, video: bool) -> tuple[int, bytes] | Refusal:
        try:
            return open_video(self._keys, frame) if video else self._keys.open(frame)
        except JinshuError as error:
            return _REFUSALS.get(error.code, Refusal.DAMAGED)
