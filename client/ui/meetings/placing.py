"""Where tiles go in a room of a given size: pure geometry."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, QSize

GAP: Final = 8
_WIDEST: Final = 16 / 9  # beyond these, too much of a face is cropped
_NARROWEST: Final = 4 / 3
_LEAST_WIDTH: Final = 216
_MOST: Final = 25
_STRIP_WIDTH: Final = 208
_STRIP_HEIGHT: Final = 124
_SIDE_BY_SIDE: Final = 1.5  # a room wider than this has its strip at the right


def most_in_grid(room: QSize) -> int:
    """How many tiles are still worth looking at."""
    columns = max(1, (room.width() + GAP) // (_LEAST_WIDTH + GAP))
    rows = max(1, (room.height() + GAP) // (round(_LEAST_WIDTH / _WIDEST) + GAP))
    return min(_MOST, columns * rows)


def grid(count: int, room: QSize) -> tuple[QRect, ...]:
    """The tiles as large as they can be, nearly filling the room, the last row in its middle."""
    if count <= 0 or room.width() <= 0 or room.height() <= 0:
        return ()
    columns = max(range(1, count + 1), key=lambda n: (_area(n, count, room), -n))
    rows = -(-count // columns)
    width, height = _cell(columns, rows, room)
    top = (room.height() - rows * height - (rows - 1) * GAP) // 2
    places = []
    for number in range(count):
        row, column = divmod(number, columns)
        here = min(columns, count - row * columns)
        left = (room.width() - here * width - (here - 1) * GAP) // 2
        places.append(QRect(left + column * (width + GAP), top + row * (height + GAP), width, height))
    return tuple(places)


def most_beside_stage(room: QSize) -> int:
    """How many small tiles fit beside the large one."""
    if _wide(room):
        return max(1, (room.height() + GAP) // (_STRIP_HEIGHT + GAP))
    return max(1, (room.width() + GAP) // (_STRIP_WIDTH + GAP))


def stage_and_strip(count: int, room: QSize) -> tuple[QRect, tuple[QRect, ...]]:
    """One large tile, and `count` small ones at its right, or under it in a narrow room."""
    if count <= 0:
        return QRect(0, 0, room.width(), room.height()), ()
    if _wide(room):
        left = room.width() - _STRIP_WIDTH
        strip = [QRect(left, n * (_STRIP_HEIGHT + GAP), _STRIP_WIDTH, _STRIP_HEIGHT) for n in range(count)]
        return QRect(0, 0, left - GAP, room.height()), tuple(strip)
    top = room.height() - _STRIP_HEIGHT
    strip = [QRect(n * (_STRIP_WIDTH + GAP), top, _STRIP_WIDTH, _STRIP_HEIGHT) for n in range(count)]
    return QRect(0, 0, room.width(), top - GAP), tuple(strip)


def _wide(room: QSize) -> bool:
    return room.width() > _SIDE_BY_SIDE * room.height()


def _cell(columns: int, rows: int, room: QSize) -> tuple[int, int]:
    width = (room.width() - (columns - 1) * GAP) // columns
    height = (room.height() - (rows - 1) * GAP) // rows
    return min(width, round(height * _WIDEST)), min(height, round(width / _NARROWEST))


def _area(columns: int, count: int, room: QSize) -> int:
    width, height = _cell(columns, -(-count // columns), room)
    return width * height
