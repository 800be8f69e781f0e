"""Numbers, times and picture ids of a slot go on evenly whatever the sources do (slots.md §2)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as some

from server_stub.meetings.sfu.packets import distance
from server_stub.meetings.sfu.rewriting import Rewriter, Rewritten

RATE = 90_000


def test_a_cut_goes_on_with_the_next_number_and_the_time_that_passed() -> None:
    slot: Rewriter[None] = Rewriter(RATE, 99, 1000, 7)
    slot.cut(None, 5000, 40, 300, 1.0)
    assert slot.rewrite(5000, 40, 300, 1.0) == Rewritten(100, 1000, 8)
    assert slot.rewrite(5001, 40, 300, 1.01) == Rewritten(101, 1000, 8)
    assert slot.rewrite(5002, 6040, 301, 1.06) == Rewritten(102, 7000, 9)
    slot.cut(None, 65_535, 4_294_967_000, 32_767, 1.16)
    assert slot.rewrite(65_535, 4_294_967_000, 32_767, 1.16) == Rewritten(103, 16_000, 10)
    assert slot.rewrite(0, 2704, 0, 1.2) == Rewritten(104, 19_000, 11)
    assert (slot.timestamp, slot.sent_at) == (19_000, 1.2)


def test_a_pause_is_time_that_passed() -> None:
    slot: Rewriter[None] = Rewriter(RATE, 0, 0, 0)
    slot.cut(None, 1, 500, 1, 10.0)
    slot.rewrite(1, 500, 1, 10.0)
    slot.cut(None, 9, 77, 1, 12.0)
    assert slot.rewrite(9, 77, 1, 12.0) == Rewritten(2, 2 * RATE, 2)


def test_what_comes_late_from_before_the_cut_is_dropped_and_from_after_it_is_not() -> None:
    slot: Rewriter[None] = Rewriter(RATE, 0, 0, 0)
    slot.cut(None, 100, 0, 0, 0.0)
    assert slot.rewrite(100, 0, 0, 0.0) == Rewritten(1, 0, 1)
    assert slot.rewrite(99, 0, 0, 0.0) is None
    assert slot.rewrite(103, 3000, 1, 0.1) == Rewritten(4, 3000, 2)
    assert slot.rewrite(101, 0, 0, 0.1) == Rewritten(2, 0, 1)
    assert slot.rewrite(102, 3000, 1, 0.1) == Rewritten(3, 3000, 2)


def test_half_a_circle_later_the_cut_is_no_longer_in_the_way() -> None:
    slot: Rewriter[None] = Rewriter(RATE, 0, 0, 0)
    slot.cut(None, 10, 0, 0, 0.0)
    last = None
    for number in range(10, 70_000):
        last = slot.rewrite(number & 0xFFFF, 0, 0, 0.0)
        assert last is not None, number
    assert last == Rewritten((69_999 - 9) & 0xFFFF, 0, 1)


def test_a_packet_is_found_again_however_long_its_source_goes_on() -> None:
    slot: Rewriter[str] = Rewriter(RATE, 0, 0, 0)
    slot.cut("first", 7, 0, 0, 0.0)
    slot.rewrite(7, 0, 0, 0.0)
    slot.cut("second", 500, 0, 0, 0.0)
    for number in range(500, 140_500):
        numbers = slot.rewrite(number & 0xFFFF, 0, 0, 0.0)
        assert numbers is not None
        origin = slot.origin(numbers.sequence)
        assert origin is not None, number
        assert (origin.source, numbers.sequence - origin.offsets.sequence & 0xFFFF) == (
            "second",
            number & 0xFFFF,
        )


def test_what_was_not_sent_yet_or_long_ago_cannot_be_asked_for() -> None:
    slot: Rewriter[str] = Rewriter(RATE, 0, 0, 0)
    slot.cut("one", 100, 0, 0, 0.0)
    for number in range(100, 3100):
        slot.rewrite(number, 0, 0, 0.0)
    assert slot.origin(3000) is not None
    assert slot.origin(3001) is None
    assert slot.origin(1000) is not None
    assert slot.origin(900) is None


@given(
    some.lists(
        some.tuples(some.integers(0, 0xFFFF), some.integers(1, 64), some.booleans()), min_size=1, max_size=30
    )
)
def test_in_a_row_is_the_same_as_one_by_one(bursts: list[tuple[int, int, bool]]) -> None:
    """Whatever a burst that is followed at once would have been given packet by packet."""
    together: Rewriter[int] = Rewriter(RATE, 500, 0, 0)
    singly: Rewriter[int] = Rewriter(RATE, 500, 0, 0)
    for slot in (together, singly):
        slot.cut(0, bursts[0][0], 0, 0, 0.0)
    number, now = bursts[0][0], 0.0
    for start, count, jump in bursts:
        now += 0.01
        number = start if jump else number
        numbers = [number + at & 0xFFFF for at in range(count)]
        number = number + count & 0xFFFF
        times = [int(now * RATE)] * count
        one_by_one = [singly.rewrite(each, times[0], 3, now) for each in numbers]
        if together.follow(numbers[0], numbers[-1], times[-1], 3, now):
            add = together.offsets.sequence
            assert [out.sequence for out in one_by_one if out] == [each + add & 0xFFFF for each in numbers]
        else:
            for each in numbers:
                together.rewrite(each, times[0], 3, now)
        assert together.offsets == singly.offsets
        assert (together.timestamp, together.sent_at) == (singly.timestamp, singly.sent_at)


def test_a_number_is_known_by_the_cut_it_came_after() -> None:
    slot: Rewriter[str] = Rewriter(RATE, 65_534, 0, 0)
    assert slot.origin(0) is None
    slot.cut("one", 10, 0, 0, 0.0)
    for number in (10, 11):
        slot.rewrite(number, 0, 0, 0.0)
    slot.cut("two", 500, 0, 0, 0.0)
    slot.rewrite(500, 0, 0, 0.0)
    origins = [(number, slot.origin(number & 0xFFFF)) for number in (65_534, 65_535, 65_536, 65_537)]
    found = [
        (origin.source, number - origin.offsets.sequence & 0xFFFF) for number, origin in origins if origin
    ]
    assert found == [("one", 10), ("one", 11), ("two", 500)]


jumps = some.lists(
    some.tuples(some.integers(0, 0xFFFF), some.integers(0, 0xFFFFFFFF), some.booleans()), max_size=60
)


@given(some.integers(0, 0xFFFF), jumps)
def test_nothing_a_publisher_does_makes_numbers_jump(
    start: int, packets: list[tuple[int, int, bool]]
) -> None:
    slot: Rewriter[None] = Rewriter(RATE, start, 0, 0)
    newest, now = start, 0.0
    for sequence, timestamp, cut in packets:
        now += 0.01
        if cut or slot.sent_at is None:
            slot.cut(None, sequence, timestamp, 0, now)
        numbers = slot.rewrite(sequence, timestamp, 0, now)
        if numbers is not None:
            ahead = distance(numbers.sequence, newest)
            assert abs(ahead) <= 3000
            if ahead > 0:
                newest = numbers.sequence


@given(
    some.lists(some.lists(some.integers(1, 4), min_size=1, max_size=8), min_size=1, max_size=6),
    some.randoms(),
)
def test_of_what_comes_in_order_nothing_is_missing(sources: list[list[int]], dice) -> None:  # type: ignore[no-untyped-def]
    slot: Rewriter[None] = Rewriter(RATE, 65_530, 4_294_960_000, 32_760)
    out, now = [], 0.0
    for frames in sources:
        sequence, timestamp, picture = (
            dice.randrange(1 << 16),
            dice.randrange(1 << 32),
            dice.randrange(1 << 15),
        )
        slot.cut(None, sequence, timestamp, picture, now)
        for packets in frames:
            for _ in range(packets):
                numbers = slot.rewrite(sequence & 0xFFFF, timestamp & 0xFFFFFFFF, picture & 0x7FFF, now)
                assert numbers is not None
                out.append(numbers)
                sequence += 1
            timestamp += 3000
            picture += 1
            now += 1 / 30
    assert [each.sequence for each in out] == [65_531 + index & 0xFFFF for index in range(len(out))]
    times = [each.timestamp - out[0].timestamp & 0xFFFFFFFF for each in out]
    assert times == sorted(times)
    pictures = [each.picture - out[0].picture & 0x7FFF for each in out]
    assert all(0 <= after - before <= 1 for before, after in pairwise(pictures))
