"""Who speaks: an order for pictures that does not flutter, and at once a place for every voice (RFC 6464).

A voice is a packet of −50 dBov or louder. Somebody *speaks* when 40 % of half a second are −35 dBov or louder, which is LiveKit's
rule with a threshold for microphones that are far away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


class Audible:
    """The few whose sound is passed on, by place: a receiver has slots for the first `heard` of them who are not himself, and for
    whoever is one of these there is one more."""

    def __init__(self, heard: int) -> None:
        self._heard = heard
        self._order: list[str] = []
        self._voices: dict[str, _Voice] = {}

    @property
    def participants(self) -> tuple[str, ...]:
        return tuple(self._order)

    def hear(self, participant: str, level: int, now: float) -> bool:
        """One packet of sound; whether somebody gained or lost a place by it, at once and not with the next window."""
        entered = participant not in self._voices
        if entered and not self._enter(participant, level, now):
            return False
        voice = self._voices[participant]
        # Louder at once, fainter by and by: a word has pauses.
        voice.level = level if level < voice.level else voice.level + (level - voice.level) / 8
        if level <= VOICE:
            voice.heard_at = now
        return self._promote(participant, level, now) or entered

    def forget(self, participant: str) -> None:
        if self._voices.pop(participant, None) is not None:
            self._order.remove(participant)

    def _enter(self, participant: str, level: int, now: float) -> bool:
        """A free place is anybody's, a taken one only a voice's."""
        if len(self._order) <= self._heard:
            self._order.append(participant)
        else:
            yielding = self._yielding(self._order, level, now)
            if yielding is None:
                return False
            self._order[self._order.index(yielding)] = participant
            del self._voices[yielding]
        self._voices[participant] = _Voice(level, float("-inf"))
        return True

    def _promote(self, participant: str, level: int, now: float) -> bool:
        """A voice in the last place changes it with one before who gives way."""
        place = self._order.index(participant)
        if place < self._heard:
            return False
        yielding = self._yielding(self._order[: self._heard], level, now)
        if yielding is None:
            return False
        other = self._order.index(yielding)
        self._order[other], self._order[place] = participant, yielding
        return True

    def _yielding(self, places: Sequence[str], level: int, now: float) -> str | None:
        """Who gives way to a voice of this level: the one silent for longest, else one who is much fainter."""
        if level > VOICE:
            return None
        quietest = min(places, key=lambda each: self._voices[each].heard_at)
        if now - self._voices[quietest].heard_at >= _PAUSE_SECONDS:
            return quietest
        faintest = max(places, key=lambda each: self._voices[each].level)
        return faintest if self._voices[faintest].level - level >= _LOUDER else None
