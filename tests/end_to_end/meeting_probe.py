"""What really arrived in a meeting, read out of the pixels and the sound of one client; it looks, and changes nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

import numpy as np

from client.media.newest import Picture
from client.meetings.meetings import Meetings
from client.meetings.rows import Medium, QualityRow
from tests.end_to_end.meeting_devices import Ear, picture_nonce
from tests.end_to_end.portrait import read_luma

_LOOK_SECONDS: Final = 0.02
Command = dict[str, Any]


class MeetingProbe:
    """Follows the tiles from a thread of its own; `read` answers the story."""

    def __init__(
        self,
        meetings: Meetings,
        ear: Ear,
        quality: Callable[[], Future[tuple[QualityRow, ...]]],
    ) -> None:
        self._meetings = meetings
        self._ear = ear
        self._quality = quality
        self._began: float | None = None
        self._first: dict[str, int] = {}  # device -> ms after the join began
        self._nonces: dict[
            str, dict[bytes, int]
        ] = {}  # device named by the tile -> what its pictures carried
        self._last: dict[str, int] = {}  # mid -> number of the picture looked at
        threading.Thread(target=self._follow, name="meeting probe", daemon=True).start()

    def read(self, command: Command) -> dict[str, Any]:
        """`words` and `tones` of the others by name: what came of each, as far as it is really his."""
        rows = self._quality().result()
        found = {}
        for name, word in command["words"].items():
            seen = [row for row in rows if row.name == name and row.medium is Medium.PICTURE]
            nonces = [self._nonces.get(row.device, {}) for row in seen]
            found[name] = {
                "frames_decoded": sum(row.frames for row in seen),
                "nonce_frames": sum(each.get(picture_nonce(word), 0) for each in nonces),
                "other_frames": sum(
                    count for each in nonces for nonce, count in each.items() if nonce != picture_nonce(word)
                ),
                "freezes_over_500_ms": sum(row.freezes for row in seen),
                "seconds_of_tone": round(self._ear.seconds_of(float(command["tones"][name])), 2),
                "first_frame_ms": min(
                    (self._first[row.device] for row in seen if row.device in self._first), default=None
                ),
            }
        return found

    def secrets(self, _command: Command) -> list[str]:
        """The epoch secrets this client holds now, in hexadecimal: what nobody else may."""
        attendance = self._meetings._attendance
        assert attendance is not None
        assert attendance._driver is not None
        return [
            held.secret.hex() for held in attendance._driver.keys._held.values() if held.secret is not None
        ]

    def _follow(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)  # a watcher outside every loop: nothing would wake it
            row = self._meetings.live()
            if row is None:
                self._began = None
                continue
            self._began = self._began or time.monotonic()
            for tile in row.tiles:
                newest = self._meetings.picture(tile.mid)
                picture = None if newest is None else newest.take()
                if picture is not None and tile.device and self._last.get(tile.mid) != picture.number:
                    self._last[tile.mid] = picture.number
                    self._note(tile.device, picture)

    def _note(self, device: str, picture: Picture) -> None:
        rows = np.frombuffer(picture.pixels, dtype=np.uint8).reshape(picture.height, picture.stride)
        read = read_luma(rows[:, 1 : picture.width * 4 : 4])
        if read is None:
            return
        counts = self._nonces.setdefault(device, {})
        counts[read[0]] = counts.get(read[0], 0) + 1
        if self._began is not None:
            self._first.setdefault(device, round((time.monotonic() - self._began) * 1000))
