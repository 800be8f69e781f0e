"""Pages hear how far the files they show have come, and of no others."""

from __future__ import annotations

from client.core.bus import EventBus
from client.core.events import ConversationsChanged, Event, TransferProgressed
from client.messaging.transfers import WHOLE, Transfers


def test_what_is_watched_is_told_every_other_per_cent_and_at_its_end() -> None:
    bus, told = EventBus(), list[Event]()
    bus.subscribe(told.append)
    transfers = Transfers(bus)
    transfers.watch("f", "cnv")
    for done in range(0, 100_001, 100):
        bus.publish(TransferProgressed("f", done, 100_000))
        bus.publish(TransferProgressed("another", done, 100_000))
    changed = [event for event in told if isinstance(event, ConversationsChanged)]
    assert changed == [ConversationsChanged(("cnv",))] * 51
    assert (transfers.progress("f"), transfers.progress("another")) == (WHOLE, None)
    transfers.leave("f")
    assert transfers.progress("f") is None
    assert told[-1] == ConversationsChanged(("cnv",))


def test_a_transfer_of_unknown_length_is_at_its_beginning() -> None:
    bus = EventBus()
    transfers = Transfers(bus)
    transfers.watch("f", "cnv")
    bus.publish(TransferProgressed("f", 5, 0))
    assert transfers.progress("f") == 0
