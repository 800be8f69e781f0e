"""What a slot sent lately, so that it can send it again (RFC 4588). Payloads are shared by all who got them."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

# At 1.5 Mbit/s these are three seconds of video: as long as any receiver still asks.
_SIZE: Final = 512


class Kept(NamedTuple):
    """`body`: extensions (its first `lead` bytes) and payload; `picture_at` into it, 0 for none."""

    sequence: int
    timestamp: int
    marker: int
    body: bytes
    lead: int
    picture_at: int
    picture: int


# The fields of a Kept. Every packet is kept and hardly any is looked for: it gets its names when it is found.
Keeping: TypeAlias = tuple[int, int, int, bytes, int, int, int]


class History:
    """The last 512 packets by number."""

    def __init__(self) -> None:
        self._kept: list[Keeping | None] = [None] * _SIZE

    def keep(self, kept: Keeping) -> None:
        self._kept[kept[0] % _SIZE] = kept

    def find(self, sequence: int) -> Kept | None:
        kept = self._kept[sequence % _SIZE]
        return Kept._make(kept) if kept is not None and kept[0] == sequence else None
