"""When time alone changes what the list of meetings says: nobody sends anything when an hour comes."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from client.meetings.rows import MeetingRow, MeetingStanding

SOON_MS: Final = 5 * 60_000
# A computer that slept, or whose clock was set, is found out after no longer than this.
_LONGEST_MS: Final = 60_000


def is_soon(row: MeetingRow, now_ms: int) -> bool:
    """About to begin: time to go in."""
    return row.standing is MeetingStanding.COMING and 0 < row.starts_at - now_ms <= SOON_MS


class Hours(QObject):
    """Watches the rows last given. Signals: `struck` (they may stand elsewhere now: read them again)."""

    struck = Signal()

    def __init__(self, now: Callable[[], int], parent: QObject) -> None:
        super().__init__(parent)
        self._now = now
        self._next = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    def watch(self, rows: Iterable[MeetingRow]) -> None:
        """From now on these."""
        now = self._now()
        self._next = min((moment for moment in _moments(rows, now)), default=0)
        self._wait()

    def _wait(self) -> None:
        if self._next:
            self._timer.start(max(0, min(self._next - self._now(), _LONGEST_MS)))
        else:
            self._timer.stop()

    def _look(self) -> None:
        if self._now() < self._next:
            self._wait()
            return
        self._next = 0
        self.struck.emit()


def _moments(rows: Iterable[MeetingRow], now_ms: int) -> Iterator[int]:
    """What lies ahead: a meeting is near, begins or ends, or its day comes."""
    for row in rows:
        if row.standing is MeetingStanding.OVER:
            continue
        coming = row.standing is MeetingStanding.COMING
        ahead = (
            (row.starts_at - SOON_MS, row.starts_at, _midnight(row.starts_at)) if coming else (row.ends_at,)
        )
        yield from (moment for moment in ahead if moment > now_ms)
        if (row.starts_at if coming else row.ends_at) <= now_ms:
            # The core goes by the server's time, which may be behind ours: its answer was early.
            yield now_ms + _LONGEST_MS


def _midnight(ms: int) -> int:
    """When the day of a moment begins here."""
    day = datetime.datetime.fromtimestamp(ms / 1000).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(day.timestamp() * 1000)
