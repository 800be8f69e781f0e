"""Deadlines in working days and in the city's time, whatever the machine's clock says where it is."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator

import pytest

from client.core import working_days
from client.core.working_days import SHANGHAI


def ms(text: str) -> int:
    return int(datetime.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


@pytest.fixture(params=["UTC", "America/Los_Angeles", "Asia/Shanghai"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A machine set to another zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("start", "days", "ends"),
    [
        ("2026-11-23 10:00", 5, "2026-11-30 17:00"),  # a Monday: over one weekend
        ("2026-11-27 23:30", 1, "2026-11-30 17:00"),  # Friday night
        ("2026-09-30 09:00", 1, "2026-10-08 17:00"),  # over the week of the national day
        ("2026-02-12 09:00", 2, "2026-02-14 17:00"),  # a Saturday worked in exchange for the spring festival
        ("2026-11-28 00:10", 0, "2026-11-28 17:00"),
    ],
)
def test_days_that_count(machine: str, start: str, days: int, ends: str) -> None:
    assert working_days.after(ms(start), days) == ms(ends)


def test_a_day_begins_at_midnight_of_the_city(machine: str) -> None:
    """23:30 UTC on Friday is Saturday morning in the city."""
    at = int(datetime.datetime(2026, 11, 27, 23, 30, tzinfo=datetime.UTC).timestamp() * 1000)
    assert working_days.after(at, 1) == ms("2026-11-30 17:00")
    assert working_days.between(at, ms("2026-12-01 09:00")) == 2


def test_counting_and_adding_agree() -> None:
    start = ms("2026-09-21 10:00")
    assert [working_days.between(start, working_days.after(start, n)) for n in range(12)] == list(range(12))


def test_a_year_without_a_calendar_goes_by_its_weekdays_and_fixed_holidays() -> None:
    assert not working_days.is_published(datetime.date(2099, 1, 1))
    assert not working_days.is_working(datetime.date(2099, 1, 1))
    assert working_days.is_working(datetime.date(2099, 1, 2))
    assert not working_days.is_working(datetime.date(2099, 1, 3))
