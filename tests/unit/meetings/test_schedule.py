"""When the newest picture is sent: nothing is lost that stays on the screen, and nobody waits for a change to see it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.media.schedule import REST_SECONDS, PictureSchedule

_FPS = 10.0


@pytest.fixture
def schedule() -> PictureSchedule:
    """Its first picture, a key frame, was sent at 0."""
    made = PictureSchedule()
    made.restart(_FPS)
    made.came(0.0)
    assert made.send(0.0)
    return made


def test_nothing_is_due_before_there_is_a_picture() -> None:
    made = PictureSchedule()
    made.restart(_FPS)
    made.want_key()
    made.begin()
    assert made.due == math.inf


def test_a_picture_a_little_early_goes_at_once_and_one_too_early_in_its_turn(
    schedule: PictureSchedule,
) -> None:
    schedule.came(0.085)
    assert schedule.due == 0.085
    assert not schedule.send(0.085)
    schedule.came(0.12)
    assert schedule.due == pytest.approx(0.185)


def test_at_rest_the_picture_is_sent_again_every_second(schedule: PictureSchedule) -> None:
    for second in range(1, 5):
        assert schedule.due == pytest.approx(second * REST_SECONDS)
        assert not schedule.send(schedule.due)


def test_a_key_frame_is_sent_when_asked_for_but_not_more_than_twice_a_second(
    schedule: PictureSchedule,
) -> None:
    schedule.want_key()
    assert schedule.due == pytest.approx(0.5)
    assert schedule.send(0.5)
    schedule.want_key()
    assert schedule.due == pytest.approx(1.0)
    schedule.came(0.7)
    assert not schedule.send(0.7)
    assert schedule.due == pytest.approx(1.0)
    assert schedule.send(1.0)


def test_newcomers_do_not_wait_for_the_pause_after_a_key_frame_they_could_not_open(
    schedule: PictureSchedule,
) -> None:
    schedule.want_key()
    assert schedule.send(0.5)
    schedule.begin()
    assert schedule.due == pytest.approx(0.58)
    assert schedule.send(schedule.due)
    schedule.begin()
    assert schedule.due == pytest.approx(0.83)
    assert schedule.send(schedule.due)


@given(st.lists(st.floats(0.0, 0.3), min_size=1, max_size=60))
def test_the_last_picture_of_every_burst_is_sent_and_none_too_many(gaps: list[float]) -> None:
    schedule = PictureSchedule()
    schedule.restart(_FPS)
    now, newest, sent, times = 0.0, -1, -1, [-math.inf]

    def run_until(moment: float) -> None:
        nonlocal sent
        while schedule.due <= moment:
            times.append(max(schedule.due, times[-1]))
            schedule.send(times[-1])
            sent = newest

    for number, gap in enumerate(gaps):
        run_until(now + gap)
        now += gap
        newest = number
        schedule.came(now)
        if schedule.due <= now:
            times.append(now)
            schedule.send(now)
            sent = newest
    run_until(now + 1 / _FPS + 1e-9)
    assert sent == newest
    pauses = [after - before for before, after in pairwise(times[1:])]
    assert all(pause >= 0.8 / _FPS - 1e-9 for pause in pauses)
