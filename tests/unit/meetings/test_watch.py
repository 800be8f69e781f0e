"""When silence means that the server is gone, and how freezes are counted."""

from __future__ import annotations

from client.media.figures import Flow
from client.media.watch import Heard, SilenceWatch


def test_two_seconds_of_silence_are_a_loss_with_one_probe_before() -> None:
    watch = SilenceWatch(0.0)
    heard = [watch.look(5, step * 0.25) for step in range(1, 10)]
    # The first look finds five packets at 0.25 s; the probe is due at 1.25 s, the loss at 2.25 s.
    assert heard == [Heard.FINE] * 4 + [Heard.PROBE] + [Heard.FINE] * 3 + [Heard.LOST]


def test_any_packet_ends_the_silence() -> None:
    watch = SilenceWatch(0.0)
    assert all(watch.look(step // 6, step * 0.25) in (Heard.FINE, Heard.PROBE) for step in range(1, 200))


def test_a_stall_of_our_own_is_not_the_servers_silence() -> None:
    watch = SilenceWatch(0.0)
    assert watch.look(1, 0.25) is Heard.FINE
    assert watch.look(1, 30.0) is Heard.FINE
    assert watch.look(1, 30.25) is Heard.FINE


def test_a_freeze_is_a_pause_of_more_than_half_a_second() -> None:
    flow = Flow(10.0)
    for at in (10.2, 10.3, 10.8, 11.5, 11.6):
        flow.frame(at)
    assert (flow.frames, flow.freezes, flow.frozen_ms, flow.first_frame_ms) == (5, 1, 700, 200)


def test_a_change_of_sender_is_no_freeze() -> None:
    flow = Flow(0.0)
    flow.frame(0.1)
    flow.restart(5.0)
    flow.frame(5.25)
    assert (flow.freezes, flow.first_frame_ms) == (0, 250)
