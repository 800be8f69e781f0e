"""Damage to bytes as a fuzzer does it: drawn from a seed, so that what failed fails again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

_EDGES: Final = (0, 1, 2, 0x0F, 0x17, 0x18, 0x1F, 0x3F, 0x7F, 0x80, 0x9F, 0xBF, 0xDF, 0xFE, 0xFF)
_LONGEST: Final = 1 << 14


def mutations(samples: Sequence[bytes], count: int, seed: int, longest: int = _LONGEST) -> Iterator[bytes]:
    """`count` inputs of at most `longest` bytes: samples damaged in one to four places, and now and then bytes that resemble
    nothing."""
    draw = random.Random(seed)
    for _ in range(count):
        if draw.random() < 0.05:
            yield draw.randbytes(draw.randrange(200))
            continue
        data = bytearray(draw.choice(samples))
        for _ in range(draw.randint(1, 4)):
            _damage(data, samples, draw)
        yield bytes(data[:longest])


def _damage(data: bytearray, samples: Sequence[bytes], draw: random.Random) -> None:
    at = draw.randrange(len(data) + 1)
    match draw.randrange(7):
        case 0 if at < len(data):
            data[at] ^= 1 << draw.randrange(8)
        case 1 if at < len(data):
            data[at] = draw.choice(_EDGES)
        case 2:
            del data[at:]
        case 3:
            del data[at : at + draw.randint(1, 8)]
        case 4:
            data[at:at] = draw.randbytes(draw.randint(1, 8))
        case 5:
            other = draw.choice(samples)
            start = draw.randrange(len(other) + 1)
            data[at:] = other[start:]
        case _:
            data[at : at + 8] = draw.choice(
                (bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7, b"\x80" + bytes(7))
            )
