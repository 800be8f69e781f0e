"""A worker's word on how long it was held up."""

from __future__ import annotations

from server_stub.meetings.sfu.lag import Lag


def test_lag_tells_median_tail_and_longest_and_begins_anew() -> None:
    lag = Lag()
    for each in range(100):
        lag.note(each / 1000)
    lag.note(0.5)
    assert lag.take() == [50.0, 99.0, 500.0]
    assert lag.take() == [0.0, 0.0, 0.0]


def test_lag_remembers_the_last_minute_only() -> None:
    lag = Lag()
    lag.note(9)
    for _ in range(1200):
        lag.note(0.001)
    assert lag.take() == [1.0, 1.0, 1.0]
