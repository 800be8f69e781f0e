"""Sound as the engine has it (48 kHz, mono, 16 bits) and as a device takes it: the channels may differ, nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from PySide6.QtMultimedia import QAudioDevice, QAudioFormat

from client.media.feeds import BLOCK, SAMPLE_RATE, Samples

_QUIETEST: Final = -60.0  # dB below full scale: what a level bar calls nothing
_FULL: Final = 32768.0
_CHIME: Final = ((0.0, 659.3), (0.18, 880.0))  # seconds, hertz: a fourth upwards
_CHIME_SECONDS: Final = 0.7
_CHIME_LEVEL: Final = 6000


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What the device is opened with."""

    channels: int

    def qt(self) -> QAudioFormat:
        made = QAudioFormat()
        made.setSampleRate(SAMPLE_RATE)
        made.setChannelCount(self.channels)
        made.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        return made

    def to_mono(self, data: bytes) -> Samples:
        """Whole frames only; the mean of the channels."""
        samples = np.frombuffer(data, dtype=np.int16)
        if self.channels == 1:
            return samples
        frames = samples[: len(samples) // self.channels * self.channels].reshape(-1, self.channels)
        return np.asarray(frames.mean(axis=1), dtype=np.int16)

    def from_mono(self, data: bytes) -> bytes:
        """The same on every channel."""
        if self.channels == 1:
            return data
        return np.repeat(np.frombuffer(data, dtype=np.int16), self.channels).tobytes()


def format_for(device: QAudioDevice) -> SoundFormat | None:
    """Mono if the device takes it, else what it prefers; None when it does not do 48 kHz at all."""
    for channels in (1, 2, device.preferredFormat().channelCount()):
        offered = SoundFormat(channels)
        if channels > 0 and device.isFormatSupported(offered.qt()):
            return offered
    return None


def level(block: Samples) -> float:
    """How loud, 0 to 1, as an ear would say: even steps are even steps in decibels."""
    power = float(np.mean(np.square(block.astype(np.float32)))) if len(block) else 0.0
    if power <= 0:
        return 0.0
    decibels = 10 * math.log10(power / _FULL**2)
    return max(0.0, min(1.0, 1 - decibels / _QUIETEST))


def chime() -> tuple[bytes, ...]:
    """Two soft tones in blocks: what one hears when one tries the loudspeaker."""
    times = np.arange(round(_CHIME_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    wave = np.zeros(len(times))
    for start, hertz in _CHIME:
        since = times - start
        sounding = since >= 0
        wave[sounding] += np.sin(2 * np.pi * hertz * since[sounding]) * np.exp(-7 * since[sounding])
    samples = np.asarray(wave * _CHIME_LEVEL, dtype=np.int16)
    return tuple(samples[n : n + BLOCK].tobytes() for n in range(0, len(samples), BLOCK))
