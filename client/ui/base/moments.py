"""Times, deadlines and sizes in words. The caller passes what time it is now."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final

from client.core.working_days import SHANGHAI, between
from client.ui.base.language import tr
from client.ui.base.rows import Mark
from client.ui.base.theme import Tone

_NEAR_DAYS: Final = 2  # working days
_FAR: Final = timedelta(days=30)  # no holidays are that long
_KIB: Final = 1024
_NO_DATE: Final = datetime(9999, 1, 1, tzinfo=UTC)


def wall_ms() -> int:
    """Milliseconds UTC now, for pages that are given no other clock."""
    return int(time.time() * 1000)


def _local(ms: int) -> datetime:
    try:
        return datetime.fromtimestamp(ms / 1000).astimezone()
    except (OverflowError, ValueError):
        return _NO_DATE  # what somebody signed need not be a date


def local_day(ms: int) -> date:
    """The day of a moment where the reader is."""
    return _local(ms).date()


def _city(ms: int) -> datetime:
    """A moment by the clock of the city, wherever the machine believes to be."""
    return _local(ms).astimezone(SHANGHAI)


def _is_near(now_ms: int, ms: int) -> bool:
    soon = ms - now_ms < _FAR.total_seconds() * 1000
    return soon and between(now_ms, ms) <= _NEAR_DAYS


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"


def full_time(ms: int) -> str:
    """2026-11-23 10:12, where exactness matters."""
    return f"{_local(ms):%Y-%m-%d %H:%M}"


def full_day(ms: int) -> str:
    """2026-11-23, where the year matters."""
    return f"{_local(ms):%Y-%m-%d}"


def when_words(ms: int, now_ms: int) -> str:
    """今天 10:12, 昨天 09:00, 11月20日, 2025年3月1日."""
    moment, now = _local(ms), _local(now_ms)
    days = (now.date() - moment.date()).days
    if days == 0:
        return tr("Today {clock}", clock=_clock(moment))
    if days == 1:
        return tr("Yesterday {clock}", clock=_clock(moment))
    return _date(moment, now)


def _date(moment: datetime, now: datetime) -> str:
    if moment.year == now.year:
        return tr("{month}/{day}", month=moment.month, day=moment.day)
    return tr("{year}/{month}/{day}", year=moment.year, month=moment.month, day=moment.day)


def deadline_words(ms: int, now_ms: int) -> Mark:
    """今天 17:00 前, 明天 09:00 前, 11月30日前, in the city's time; red when over, amber within two working days."""
    moment, now = _city(ms), _city(now_ms)
    if ms < now_ms:
        return Mark(tr("Overdue since {date}", date=_near_date(moment, now)), Tone.SEAL)
    tone = Tone.WAITING if _is_near(now_ms, ms) else Tone.NEUTRAL
    return Mark(tr("By {date}", date=_near_date(moment, now)), tone)


def _near_date(moment: datetime, now: datetime) -> str:
    days = (moment.date() - now.date()).days
    if days == 0:
        return tr("today {clock}", clock=_clock(moment))
    if days == 1:
        return tr("tomorrow {clock}", clock=_clock(moment))
    return _date(moment, now)


def size_words(size: int) -> str:
    """512 B, 3.2 KB, 12 MB."""
    value = float(size)
    for unit in ("B", "KB", "MB"):
        if value < _KIB:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 10 else f"{value:.1f} {unit}"
        value /= _KIB
    return f"{value:.1f} GB"


def duration_words(seconds: float) -> str:
    """How long something still takes, roughly."""
    if seconds < 60:
        return tr("about {count} s left", count=max(1, round(seconds)))
    return tr("about {count} min left", count=round(seconds / 60))
