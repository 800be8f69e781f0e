"""The form of a participant's connection to the SFU, which both ends must agree on: m-lines, slots, and sizes on the channel
(C24; PROTOCOL.md §7)."""

from __future__ import annotations

from typing import Final

from protocol.crypto.frames import Stream

SENT: Final = (Stream.AUDIO, Stream.VIDEO_HIGH, Stream.VIDEO_LOW, Stream.SCREEN)
"""The first m-lines, which the client sends on: a stream's number is the index of its m-line, and that is its mid."""
AUDIO_SLOTS: Final = 3
VIDEO_SLOTS: Final = 9
"""Then come the slots, sound before pictures, and last the data channel."""
CHANNEL_LABEL: Final = "slots"
MOST_CHANNEL_BYTES: Final = 64 * 1024
MOST_CONTROL_BYTES: Final = 8 * 1024
