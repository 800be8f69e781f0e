"""One lost packet costs its own 20 ms, and delay does not stay."""

from __future__ import annotations

from client.media.jitter import Gap, JitterBuffer, Sealed


def block(number: int) -> Sealed:
    return Sealed(number.to_bytes(4, "big"), 0)


def played(buffer: JitterBuffer, count: int) -> list[int | None]:
    """Numbers that are played, None for a gap."""
    out: list[int | None] = []
    for _ in range(count):
        block = buffer.next()
        out.append(None if isinstance(block, Gap) else int.from_bytes(block.packet, "big"))
    return out


def test_sound_begins_when_enough_waits_and_keeps_its_order() -> None:
    buffer = JitterBuffer()
    for number in (11, 10):
        buffer.put(number, block(number))
    assert played(buffer, 2) == [None, None]
    buffer.put(12, block(12))
    assert played(buffer, 3) == [10, 11, 12]


def test_one_lost_packet_costs_one_block_and_no_delay() -> None:
    buffer = JitterBuffer()
    heard: list[int | None] = []
    for number in range(60):
        if number != 20:
            buffer.put(number, block(number))
        heard += played(buffer, 1)
    assert heard[2:] == [None if number == 20 else number for number in range(58)]
    assert buffer.waiting == 2
    assert buffer.lost == 1


def test_at_thirty_percent_loss_all_that_came_is_played() -> None:
    buffer = JitterBuffer()
    came, heard = [], []
    for number in range(600):
        if number % 10 not in (2, 5, 8):
            came.append(number)
            buffer.put(number, block(number))
        heard += [number for number in played(buffer, 1) if number is not None]
    assert len(heard) > len(came) * 0.98


def test_after_running_dry_it_gathers_again() -> None:
    buffer = JitterBuffer()
    for number in range(3):
        buffer.put(number, block(number))
    assert played(buffer, 5) == [0, 1, 2, None, None]
    buffer.put(3, block(3))
    assert played(buffer, 1) == [None]
    buffer.put(4, block(4))
    buffer.put(5, block(5))
    assert played(buffer, 3) == [3, 4, 5]


def test_a_packet_too_late_is_dropped_and_makes_the_next_wait_longer() -> None:
    buffer = JitterBuffer()
    for number in (0, 1, 3, 4, 5):
        buffer.put(number, block(number))
    assert played(buffer, 4) == [0, 1, None, 3]
    buffer.put(2, block(2))
    assert buffer.late == 1
    assert played(buffer, 3) == [4, 5, None]
    for number in (6, 7, 8):
        buffer.put(number, block(number))
    assert played(buffer, 1) == [None]
    buffer.put(9, block(9))
    assert played(buffer, 1) == [6]


def test_a_burst_does_not_leave_its_delay_behind() -> None:
    buffer = JitterBuffer()
    for number in range(40):
        buffer.put(number, block(number))
    for number in range(40, 5040):
        played(buffer, 1)
        buffer.put(number, block(number))
    assert buffer.waiting <= 5


def test_what_waits_is_bounded() -> None:
    buffer = JitterBuffer()
    for number in range(1000):
        buffer.put(number, block(number))
    assert buffer.waiting <= 50


def test_numbers_go_on_over_their_end_and_a_jump_begins_anew() -> None:
    buffer = JitterBuffer()
    for number in range(0xFFFE, 0x10002):
        buffer.put(number & 0xFFFF, block(number))
    assert played(buffer, 4) == [0xFFFE, 0xFFFF, 0x10000, 0x10001]
    for number in range(30000, 30003):
        buffer.put(number, block(number))
    assert played(buffer, 3) == [30000, 30001, 30002]
