"""Numbers, times and picture ids of a slot go on evenly whatever the sources do (slots.md §2)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from server_stub.meetings.sfu.packets import distance
from server_stub.meetings.sfu.rewriting import Rewriter

RATE = 90_000


def test_a_cut_goes_on_with_the_next_number_and_the_time_that_passed() -> None:
    slot = Rewriter(RATE, 99, 1000, 7)
    slot.cut(5000, 40, 300, 1.0)
    assert slot.rewrite(5000, 40, 300, 1.0) == (100, 1000, 8)
    assert slot.rewrite(5001, 40, 300, 1.01) == (101, 1000, 8)
    assert slot.rewrite(5002, 6040, 301, 1.06) == (102, 7000, 9)
    slot.cut(65_535, 4_294_967_000, 32_767, 1.16)
    assert slot.rewrite(65_535, 4_294_967_000, 32_767, 1.16) == (103, 16_000, 10)
    assert slot.rewrite(0, 2704, 0, 1.2) == (104, 19_000, 11)
    assert (slot.timestamp, slot.sent_at) == (19_000, 1.2)


def test_a_pause_is_time_that_passed() -> None:
    slot = Rewriter(RATE, 0, 0, 0)
    slot.cut(1, 500, 1, 10.0)
    slot.rewrite(1, 500, 1, 10.0)
    slot.cut(9, 77, 1, 12.0)
    assert slot.rewrite(9, 77, 1, 12.0) == (2, 2 * RATE, 2)


def test_what_comes_late_from_before_the_cut_is_dropped_and_from_after_it_is_not() -> None:
    slot = Rewriter(RATE, 0, 0, 0)
    slot.cut(100, 0, 0, 0.0)
    assert slot.rewrite(100, 0, 0, 0.0) == (1, 0, 1)
    assert slot.rewrite(99, 0, 0, 0.0) is None
    assert slot.rewrite(103, 3000, 1, 0.1) == (4, 3000, 2)
    assert slot.rewrite(101, 0, 0, 0.1) == (2, 0, 1)
    assert slot.rewrite(102, 3000, 1, 0.1) == (3, 3000, 2)


def test_half_a_circle_later_the_cut_is_no_longer_in_the_way() -> None:
    slot = Rewriter(RATE, 0, 0, 0)
    slot.cut(10, 0, 0, 0.0)
    last = None
    for number in range(10, 70_000):
        last = slot.rewrite(number & 0xFFFF, 0, 0, 0.0)
        assert last is not None, number
    assert last == ((69_999 - 9) & 0xFFFF, 0, 1)


jumps = some.lists(
    some.tuples(some.integers(0, 0xFFFF), some.integers(0, 0xFFFFFFFF), some.booleans()), max_size=60
)


@given(some.integers(0, 0xFFFF), jumps)
def test_nothing_a_publisher_does_makes_numbers_jump(
    start: int, packets: list[tuple[int, int, bool]]
) -> None:
    slot = Rewriter(RATE, start, 0, 0)
    newest, now = start, 0.0
    for sequence, timestamp, cut in packets:
        now += 0.01
        if cut or slot.sent_at is None:
            slot.cut(sequence, timestamp, 0, now)
        numbers = slot.rewrite(sequence, timestamp, 0, now)
        if numbers is not None:
            ahead = distance(numbers[0], newest)
            assert abs(ahead) <= 3000
            if ahead > 0:
                newest = numbers[0]


@given(
    some.lists(some.lists(some.integers(1, 4), min_size=1, max_size=8), min_size=1, max_size=6),
    some.randoms(),
)
def test_of_what_comes_in_order_nothing_is_missing(sources: list[list[int]], dice) -> None:  # type: ignore[no-untyped-def]
    slot, out, now = Rewriter(RATE, 65_530, 4_294_960_000, 32_760), [], 0.0
    for frames in sources:
        sequence, timestamp, picture = (
            dice.randrange(1 << 16),
            dice.randrange(1 << 32),
            dice.randrange(1 << 15),
        )
        slot.cut(sequence, timestamp, picture, now)
        for packets in frames:
            for _ in range(packets):
                numbers = slot.rewrite(sequence & 0xFFFF, timestamp & 0xFFFFFFFF, picture & 0x7FFF, now)
                assert numbers is not None
                out.append(numbers)
                sequence += 1
            timestamp += 3000
            picture += 1
            now += 1 / 30
    assert [number for number, _, _ in out] == [65_531 + index & 0xFFFF for index in range(len(out))]
    times = [time - out[0][1] & 0xFFFFFFFF for _, time, _ in out]
    assert times == sorted(times)
    pictures = [picture - out[0][2] & 0x7FFF for _, _, picture in out]
    assert all(0 <= after - before <= 1 for before, after in pairwise(pictures))
