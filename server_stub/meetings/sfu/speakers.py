"""Who speaks: an order for pictures that does not flutter, and at once a place for every voice (RFC 6464).

A voice is a packet of −50 dBov or louder. Somebody *speaks* when 40 % of half a second are −35 dBov or louder, which is LiveKit's
rule with a threshold for microphones that are far away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

VOICE: Final = 50
_SPEECH: Final = 35
_WINDOW_SECONDS: Final = 0.5
_SHARE: Final = 0.4
_BLOCK_SECONDS: Final = 0.02
_QUIET_WINDOWS: Final = 4
_PAUSE_SECONDS: Final = 0.6
_LOUDER: Final = 6.0
UNKNOWN_LEVEL: Final = 60


@dataclass(slots=True)
class _Window:
    """Half a second of one participant."""

    began: float
    loud: int = 0
    quiet: int = 0  # windows without speech since the last with
    speaking: bool = False


class Speakers:
    """Sans I/O. `order`: who began to speak last, first; who goes on speaking keeps his place."""

    def __init__(self) -> None:
        self._windows: dict[str, _Window] = {}
        self._order: list[str] = []

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(self._order)

    def hear(self, participant: str, level: int, now: float) -> bool:
        """One packet of sound; whether the order changed."""
        window = self._windows.get(participant)
        if window is None:
            window = self._windows[participant] = _Window(now)
        changed = False
        if now - window.began >= _WINDOW_SECONDS:
            changed = self._close(participant, window)
            window.began, window.loud = now, 0
        window.loud += level <= _SPEECH
        return changed

    def forget(self, participant: str) -> None:
        self._windows.pop(participant, None)
        if participant in self._order:
            self._order.remove(participant)

    def _close(self, participant: str, window: _Window) -> bool:
        if window.loud * _BLOCK_SECONDS < _SHARE * _WINDOW_SECONDS:
            window.quiet += 1
            # A breath between two sentences is not the end of a speech.
            window.speaking = window.speaking and window.quiet < _QUIET_WINDOWS
            return False
        window.quiet = 0
        if window.speaking:
            return False
        window.speaking = True
        if self._order[:1] == [participant]:
            return False
        if participant in self._order:
            self._order.remove(participant)
        self._order.insert(0, participant)
        return True


@dataclass(slots=True)
class _Voice:
    level: float
    heard_at: float


@dataclass(slots=True)
class Audible:
    """The few whose sound is passed on. One place more than a receiver has slots: nobody hears himself."""

    places: int
    _voices: dict[str, _Voice] = field(default_factory=dict)

    @property
    def participants(self) -> tuple[str, ...]:
        return tuple(self._voices)

    def hear(self, participant: str, level: int, now: float) -> bool:
        """One packet of sound; whether somebody gained or lost a place by it, at once and not with the next window."""
        voice = self._voices.get(participant)
        if voice is not None:
            voice.level += (level - voice.level) / 8
            if level <= VOICE:
                voice.heard_at = now
            return False
        if len(self._voices) >= self.places:
            yielding = self._yielding(level, now)
            if yielding is None:
                return False
            del self._voices[yielding]
        self._voices[participant] = _Voice(level, now if level <= VOICE else float("-inf"))
        return True

    def forget(self, participant: str) -> bool:
        """Whether he had a place."""
        return self._voices.pop(participant, None) is not None

    def _yielding(self, level: int, now: float) -> str | None:
        """Who gives way to a voice of this level: the one silent for longest, else one who is much fainter."""
        if level > VOICE:
            return None
        quietest = min(self._voices, key=lambda each: self._voices[each].heard_at)
        if now - self._voices[quietest].heard_at >= _PAUSE_SECONDS:
            return quietest
        faintest = max(self._voices, key=lambda each: self._voices[each].level)
        return faintest if self._voices[faintest].level - level >= _LOUDER else None
