"""What a meeting costs the Qt thread: nine tiles painted 25 times a second at 1280×800, beside bare drawing of the same pictures.

`python -m tests.benchmarks.paint_tiles`; the last line printed is one JSON object. Milliseconds of one tile's painting.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from client.ui.base.theme import Theme, ThemeChoice
from client.ui.meetings.tile import Tile
from tests.support.page_walk import settle
from tests.ui.meeting_hands import made, tiles_of
from tests.ui.meetings_double import MeetingsDouble, PictureDouble, SlotDouble, live, picture, tile

ROUNDS: Final = 40
AIM_SHARE: Final = 0.35  # of the Qt thread, for nine moving tiles at 25 frames


def main() -> int:
    application = QApplication(sys.argv[:1])
    Theme(application, ThemeChoice.LIGHT)
    low, high = picture(320, 180), picture(640, 360)
    result: dict[str, object] = {
        "one_640x360": measured(1, high),
        "nine_320x180": measured(9, low),
        "nine_640x360": measured(9, high),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


def measured(count: int, shown: PictureDouble) -> dict[str, float]:
    meetings = MeetingsDouble()
    meetings.now = live(count + 1, tuple(tile(number) for number in range(1, count + 1)))
    meetings.slots = {f"v{number}": SlotDouble(shown) for number in range(1, count + 1)}
    page = made(meetings)
    page.resize(1280, 800)
    page.show()
    settle()
    tiles = [found for found in tiles_of(page) if found.seat.mid is not None]
    ours = median_ms(lambda: paint_all(tiles))
    bare = median_ms(lambda: draw_all(tiles, shown))
    page.close()
    page.deleteLater()
    settle()
    return {
        "tile_ms": round(ours / count, 3),
        "bare_ms": round(bare / count, 3),
        "share_of_thread_at_25_fps": round(ours * 25 / 1000, 3),
        "aim": AIM_SHARE,
    }


def paint_all(tiles: list[Tile]) -> None:
    for each in tiles:
        each.repaint()


def draw_all(tiles: list[Tile], shown: PictureDouble) -> None:
    """The same pictures at the same sizes with nothing on them: what no tile can be quicker than."""
    for each in tiles:
        target = QImage(each.size(), QImage.Format.Format_RGB32)
        painter = QPainter(target)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        source = QImage(shown.pixels, shown.width, shown.height, shown.stride, QImage.Format.Format_RGB32)
        painter.drawImage(QRect(0, 0, each.width(), each.height()), source)
        painter.end()


def median_ms(work: Callable[[], None]) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    raise SystemExit(main())
