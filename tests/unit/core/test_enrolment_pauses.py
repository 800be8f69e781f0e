"""How often a newcomer's client asks whether the CA has signed."""

from __future__ import annotations

from itertools import accumulate, islice, takewhile

from client.core.connection.enrolment import pauses


def test_a_ca_that_watches_is_heard_at_once_and_one_that_sleeps_is_left_alone() -> None:
    first_seconds = list(takewhile(lambda at: at <= 3, accumulate(pauses())))
    assert len(first_seconds) >= 6
    assert max(islice(pauses(), 6)) <= 0.7
    # Somebody who waits over a weekend: twelve times a minute.
    assert list(islice(pauses(), 100))[-1] == 5.0
