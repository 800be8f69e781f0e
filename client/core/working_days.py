"""Working days of the city: weekends, public holidays and the days worked in exchange (调休), by the calendar as published."""

from __future__ import annotations

import datetime
from typing import Final

import chinese_calendar

# The legal time of the whole country (C16): it has had no other since 1991.
SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8), "Asia/Shanghai")
CLOSING: Final = datetime.time(17, 0)
_PUBLISHED: Final = frozenset(day.year for day in chinese_calendar.holidays)
# 全国年节及纪念日放假办法 (2025): the holidays that stand on the same day every year.
_FIXED: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


def is_working(day: datetime.date) -> bool:
    """Whether offices work; of a year whose holidays are not published yet, what weekdays and fixed holidays say."""
    if is_published(day):
        return bool(chinese_calendar.is_workday(day))
    return day.weekday() < 5 and (day.month, day.day) not in _FIXED


def is_published(day: datetime.date) -> bool:
    """Whether the calendar knows the holidays of its year."""
    return day.year in _PUBLISHED


def after(at_ms: int, days: int) -> int:
    """The close of business so many working days after a moment; the day of the moment does not count.

    Args:
        at_ms: milliseconds UTC.
        days: working days, 0 or more.

    Returns:
        Milliseconds UTC.
    """
    day = datetime.datetime.fromtimestamp(at_ms / 1000, SHANGHAI).date()
    while days > 0:
        day += datetime.timedelta(days=1)
        days -= is_working(day)
    return int(datetime.datetime.combine(day, CLOSING, SHANGHAI).timestamp() * 1000)


def between(from_ms: int, to_ms: int) -> int:
    """How many working days lie after the day of one moment up to the day of another."""
    first, last = (datetime.datetime.fromtimestamp(each / 1000, SHANGHAI).date() for each in (from_ms, to_ms))
    days = (first + datetime.timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_working(day) for day in days)
