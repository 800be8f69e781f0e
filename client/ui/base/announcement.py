"""What an area has to say to somebody who is looking elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Announcement:
    """News of one subject (a conversation, or a meeting that is called). `place` is its name, nothing when `sender` says it all;
    `count` counts what is new."""

    subject: str
    sender: str
    place: str
    text: str
    count: int
    is_call: bool = False
    is_soon: bool = False  # of calls: not yet on
