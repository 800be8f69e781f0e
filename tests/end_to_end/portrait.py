"""What the story's cameras see: somebody before a window, breathing; the nonce is woven into the ribbon at the foot.

The ribbon is black and white in blocks large enough to survive VP8 at 320×180; the rest is for the eye.
"""

from __future__ import annotations

import colorsys
import math
from functools import lru_cache
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from tests.support.generated_picture import BITS, Grid, bits_of, blocks, read_blocks

Pixels = NDArray[np.uint8]
Plane = NDArray[np.float32]
Colour = tuple[int, int, int]

_COLUMNS: Final = 32
_ROWS: Final = BITS // _COLUMNS
_RIBBON: Final = 0.16  # of the height
_INK: Final[Colour] = (30, 34, 38)
_PAPER: Final[Colour] = (246, 244, 239)
_SKIES: Final[tuple[Colour, Colour]] = ((196, 216, 228), (238, 236, 226))
_HILLS: Final[tuple[Colour, ...]] = ((150, 174, 176), (112, 146, 140), (78, 116, 106))
_SKINS: Final[tuple[Colour, ...]] = ((232, 196, 168), (222, 180, 150), (238, 206, 180))
_HAIR: Final[Colour] = (44, 40, 42)
_SHIRT: Final[Colour] = (240, 240, 236)
_BREATH: Final = 60  # frames from one breath to the next
_STILLS: Final = 6  # to each side: 40 ms of drawing are done once for each, not for every frame


def paint(nonce: bytes, number: int, size: tuple[int, int] = (640, 360)) -> av.VideoFrame:
    """Frame `number` of whoever carries `nonce`."""
    picture = _seated(nonce, round(_STILLS * math.sin(2 * math.pi * number / _BREATH)), size).copy()
    _weave(picture, nonce, number)
    return av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")


def read_luma(luma: Pixels) -> tuple[bytes, int] | None:
    """Nonce and number out of a picture's brightness alone, one byte a pixel; None when the checksum fails."""
    height, width = luma.shape
    return read_blocks(luma, _ribbon(width, height))


def _ribbon(width: int, height: int) -> Grid:
    top = height * (1 - _RIBBON)
    rows = [round(top + height * _RIBBON * n / _ROWS) for n in range(_ROWS + 1)]
    return rows, [round(width * n / _COLUMNS) for n in range(_COLUMNS + 1)]


def _weave(picture: Pixels, nonce: bytes, number: int) -> None:
    grid = _ribbon(picture.shape[1], picture.shape[0])
    for bit, block in zip(bits_of(nonce, number), blocks(grid), strict=True):
        picture[block] = _PAPER if bit else _INK


# What is drawn: places are shares of the height, from the middle of the upper edge.


def _axes(size: tuple[int, int]) -> tuple[Plane, Plane]:
    width, height = size
    x = (np.arange(width, dtype=np.float32)[None, :] + 0.5 - width / 2) / height
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height
    return np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)


def _lay(picture: Pixels, shape: Plane, colour: Colour) -> None:
    """Paint where `shape` is negative, its edge smoothed over two pixels; it is measured in shares of the height."""
    cover = np.clip(0.5 - shape * picture.shape[0] / 2, 0.0, 1.0)[..., None]
    rows = np.flatnonzero(cover.any(axis=(1, 2)))
    if not rows.size:
        return
    part = slice(rows[0], rows[-1] + 1)
    picture[part] = (picture[part] * (1 - cover[part]) + np.array(colour) * cover[part]).astype(np.uint8)


def _ellipse(x: Plane, y: Plane, middle: tuple[float, float], radii: tuple[float, float]) -> Plane:
    away = np.hypot((x - middle[0]) / radii[0], (y - middle[1]) / radii[1])
    return np.asarray((away - 1) * min(radii), dtype=np.float32)


@lru_cache(maxsize=2 * _STILLS + 1)
def _seated(nonce: bytes, still: int, size: tuple[int, int]) -> Pixels:
    picture = _scene(nonce[0], size).copy()
    _sit(picture, nonce, still / _STILLS)
    return picture


@lru_cache(maxsize=4)
def _scene(seed: int, size: tuple[int, int]) -> Pixels:
    """The room of somebody: a wall, and hills in the window."""
    x, y = _axes(size)
    wall = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(seed / 256, 0.10, 0.84))
    picture = np.empty((size[1], size[0], 3), dtype=np.uint8)
    picture[:] = (np.array(wall) * (1.04 - 0.16 * y[..., None])).clip(0, 255).astype(np.uint8)
    side = 1 if seed % 2 else -1
    window = np.maximum(np.abs(x - side * 0.5) - 0.31, np.abs(y - 0.34) - 0.25)
    _lay(picture, window - 0.016, _PAPER)
    sky = np.array(_SKIES[0]) * (1 - y[..., None]) + np.array(_SKIES[1]) * y[..., None]
    inside = np.broadcast_to(window < 0, (size[1], size[0]))
    picture[inside] = np.broadcast_to(sky, picture.shape)[inside].astype(np.uint8)
    for number, colour in enumerate(_HILLS):
        ridge = 0.36 + 0.07 * number + 0.035 * np.sin(x * (9 - 2 * number) + seed + 2 * number)
        _lay(picture, np.maximum(window, ridge - y), colour)
    _lay(picture, np.maximum(window, np.abs(x - side * 0.5) - 0.005), _PAPER)
    return picture


def _sit(picture: Pixels, nonce: bytes, swing: float) -> None:
    """Shoulders, neck, head; they rise and sway a little."""
    x, y = _axes((picture.shape[1], picture.shape[0]))
    sway, rise = 0.006 * swing, 0.004 * swing
    coat = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(0.55 + nonce[1] / 1024, 0.45, 0.34))
    skin = _SKINS[nonce[2] % len(_SKINS)]
    head = (sway, 0.37 + rise)
    _lay(picture, _ellipse(x, y, (sway * 0.5, 1.0 + rise), (0.36, 0.37)), (coat[0], coat[1], coat[2]))
    _lay(picture, np.maximum(np.abs(x - sway * 0.5) - (0.86 - y) * 0.42, 0.62 - y), _SHIRT)
    _lay(picture, np.maximum(np.abs(x - sway * 0.7) - 0.06, np.abs(y - 0.60) - 0.075), skin)
    _lay(picture, _ellipse(x, y, (head[0], head[1] - 0.035), (0.148, 0.165)), _HAIR)
    _lay(picture, _ellipse(x, y, (head[0], head[1] + 0.035), (0.122, 0.165)), skin)
    _lay(
        picture,
        np.maximum(_ellipse(x, y, (head[0], head[1] - 0.03), (0.146, 0.16)), y - head[1] + 0.06),
        _HAIR,
    )
