"""Which packets of a publisher's stream are missing and when to ask for them again (RFC 4585 §6.2.1)."""

from __future__ import annotations

from typing import Final

from server_stub.meetings.sfu.packets import distance

_AGAIN_SECONDS: Final = 0.06
_TRIES: Final = 6
# Receivers give up after a quarter of a second and ask for a key frame; a little later a packet is worth nothing.
_EXPIRE_SECONDS: Final = 0.5
_JUMP: Final = 3000
_MOST_MISSING: Final = 128


class Gaps:
    """Sans I/O; times in monotonic seconds."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._missing: dict[int, tuple[float, float, int]] = {}  # number: since, asked at, how often

    @property
    def open(self) -> bool:
        return bool(self._missing)

    def seen(self, sequence: int, now: float) -> bool:
        """Take note of a packet; False when it was there before or comes too late."""
        if self._newest is None:
            self._newest = sequence
            return True
        ahead = distance(sequence, self._newest)
        if ahead <= 0 and ahead >= -_JUMP:
            return self._missing.pop(sequence, None) is not None
        if abs(ahead) > _JUMP:
            self.restart()
        else:
            for index in range(1, ahead):
                self._missing[self._newest + index & 0xFFFF] = (now, float("-inf"), 0)
            if len(self._missing) > _MOST_MISSING:
                # So much is not repaired but shown anew.
                self._missing.clear()
        self._newest = sequence
        return True

    def due(self, now: float) -> list[int]:
        """Numbers to ask for now, in the order they were missed."""
        wanted = []
        for sequence, (since, asked, tries) in list(self._missing.items()):
            if now - since >= _EXPIRE_SECONDS:
                del self._missing[sequence]
            elif tries < _TRIES and now - asked >= _AGAIN_SECONDS:
                self._missing[sequence] = (since, now, tries + 1)
                wanted.append(sequence)
        return wanted

    def restart(self) -> None:
        """Nobody looked for a while: what is missing now is nothing to ask for."""
        self._newest = None
        self._missing.clear()
