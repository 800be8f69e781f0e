"""One participant of a meeting: his connection, the streams he sends, and the slots he receives in. A state machine: inputs are
calls with the time, packets go into a `Transmit`, all else comes out as values (`outputs`)."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from protocol.crypto.frames import Stream
from protocol.meetings.slots import AUDIO_SLOTS, SENT
from server_stub.meetings.sfu import reports, words
from server_stub.meetings.sfu.assignment import Shown, View, place
from server_stub.meetings.sfu.bucket import Bucket
from server_stub.meetings.sfu.extensions import level_of
from server_stub.meetings.sfu.feedback import Feedback, Missing, Report, read_feedback
from server_stub.meetings.sfu.incoming import Incoming
from server_stub.meetings.sfu.link import Link
from server_stub.meetings.sfu.offers import Offer
from server_stub.meetings.sfu.outputs import Output, SendSlotMap, Transmit
from server_stub.meetings.sfu.packets import Head, read_head
from server_stub.meetings.sfu.slot import Slot
from server_stub.meetings.sfu.speakers import UNKNOWN_LEVEL

# What one receiver may have sent again: a second of the high layer twice over.
_AGAIN_MOST: Final = 300
_AGAIN_RATE: Final = 300
_MOST_WORDS: Final = 30
_WORDS_RATE: Final = 10
# A map costs 100 µs to send; whoever makes others flutter must not make us do nothing else.
_MAPS_MOST: Final = 8
_MAPS_RATE: Final = 4
_SILENCE_SECONDS: Final = 3.0
_CONNECT_SECONDS: Final = 10.0
# The CNAME of all we send (RFC 3550 §6.5.1).
CNAME: Final = "jinshu"


class House(Protocol):
    """The meeting of a seat, as the seat knows it."""

    def changed(self, now: float) -> None: ...

    def greet(self, seat: Seat, now: float) -> None: ...

    def heard(self, seat: Seat, level: int, now: float) -> bool: ...

    def relay(self, seat: Seat, data: str, now: float) -> None: ...

    def urgent(self, seat: Seat, incoming: Incoming, now: float) -> None: ...

    def ended(self, seat: Seat, now: float) -> None: ...


class Seat:
    """Made from an offer; sans I/O, `now` in monotonic seconds. `outputs` is the meeting's queue."""

    def __init__(
        self, name: str, offer: Offer, house: House, transmit: Transmit, outputs: deque[Output], now: float
    ) -> None:
        self.name = name
        self.came_at = now
        self.connected = False
        self.view = View()
        self.published: frozenset[Stream] = frozenset()
        self.published_at: dict[Stream, float] = {}
        self.ignored = 0
        self._house = house
        self._transmit = transmit
        self._outputs = outputs
        self.link = Link(offer, self, now)
        self.incoming = {
            stream: Incoming(stream, line, self._urgent, transmit.due)
            for stream, line in zip(SENT, offer.lines, strict=False)
        }
        sources = {line.ssrc: self.incoming[stream] for stream, line in zip(SENT, offer.lines, strict=False)}
        self._sources = sources
        self._again = {
            line.rtx_ssrc: self.incoming[stream]
            for stream, line in zip(SENT, offer.lines, strict=False)
            if line.rtx_ssrc
        }
        # A browser that sends nothing reports under the number 1.
        self.link.allow(frozenset({*self._sources, *self._again, 1}))
        self.slots = self._make_slots(offer)
        self._by_ssrc = {slot.ssrc: slot for slot in self.slots}
        self._shown: list[Shown | None] = [None] * len(self.slots)
        self._map_version = 0
        self._map_told = -1
        self._maps_budget = Bucket(_MAPS_MOST, _MAPS_RATE)
        self._again_budget = Bucket(_AGAIN_MOST, _AGAIN_RATE)
        self._words_budget = Bucket(_MOST_WORDS, _WORDS_RATE)

    @property
    def slot_sources(self) -> Mapping[str, tuple[int, int]]:
        """SSRC and RTX SSRC (0 for sound) of each slot, by mid."""
        return {slot.mid: (slot.ssrc, slot.rtx_ssrc) for slot in self.slots}

    @property
    def shown(self) -> Sequence[Shown | None]:
        return self._shown

    # What is to be seen and heard

    def listen_to(self, wanted: Sequence[Shown], sources: dict[str, Seat], now: float) -> None:
        self._assign(0, AUDIO_SLOTS, wanted, sources, now)

    def look_at(self, wanted: Sequence[Shown], sources: dict[str, Seat], now: float) -> None:
        self._assign(AUDIO_SLOTS, len(self.slots), wanted, sources, now)

    def tell_map(self, now: float) -> None:
        """The map, if it changed since it was told; later when the channel is full, or when it changes all the time."""
        if self._map_told != self._map_version and self._maps_budget.take(now):
            pairs = list(zip((slot.mid for slot in self.slots), self._shown, strict=True))
            self._map_told = self._map_version
            text = words.say_map(self._map_version, pairs)
            self._outputs.append(SendSlotMap(self.link.ufrag, text, self._map_version))

    def slot_map_unsent(self, version: int) -> None:
        """The channel was not open, or full."""
        if self._map_told == version:
            self._map_told = -1

    def _assign(
        self, first: int, last: int, wanted: Sequence[Shown], sources: dict[str, Seat], now: float
    ) -> None:
        before = self._shown[first:last]
        after = place(before, wanted)
        if after != before:
            self._shown[first:last] = after
            self._map_version += 1
        for slot, shown in zip(self.slots[first:last], after, strict=True):
            slot.show(None if shown is None else sources[shown.sender].incoming[shown.stream], now)

    # What the connection brings

    def on_connected(self, now: float) -> None:
        self.connected = True
        self.on_moved()
        self._house.changed(now)

    def on_moved(self) -> None:
        for slot in self.slots:
            slot.outlet = self.link.outlet

    def on_channel(self, now: float) -> None:
        self._house.greet(self, now)

    def on_ended(self, now: float) -> None:
        self._house.ended(self, now)

    def on_message(self, text: str, now: float) -> None:
        try:
            if not self._words_budget.take(now):
                raise ValueError("too often")
            said = words.read(text)
        except ValueError:
            self.ignored += 1
            return
        if isinstance(said, words.Control):
            self._house.relay(self, said.data, now)
        elif isinstance(said, View):
            if said != self.view:
                self.view = said
                self._house.changed(now)
        elif said.streams != self.published:
            for stream in said.streams - self.published:
                self.published_at[stream] = now
            self.published = said.streams
            self._house.changed(now)

    def on_rtp(self, packet: bytes, now: float) -> None:
        head = read_head(packet)
        if head is None:
            self.ignored += 1
            return
        incoming = self._sources.get(head.ssrc)
        if incoming is None:
            self._on_again(packet, head, now)
        elif head.payload_type != incoming.payload_type:
            self.ignored += 1
        else:
            incoming.reception.packet(head.sequence, head.timestamp, now)
            level = None
            if incoming.stream is Stream.AUDIO:
                level = level_of(packet, head, incoming.level_id)
                if not self._house.heard(self, UNKNOWN_LEVEL if level is None else level, now):
                    return
            if not incoming.receive(packet, head, level, now):
                self.ignored += 1

    def on_rtcp(self, packet: bytes, now: float) -> None:
        try:
            parts = read_feedback(packet)
        except ValueError:
            self.ignored += 1
            return
        for part in parts:
            self._on_feedback(part, now)

    # Once a second, and in the end

    def is_silent(self, now: float) -> bool:
        """Whether nothing came from the participant for so long that he is taken to be gone."""
        if self.connected:
            return now - self.link.heard_at > _SILENCE_SECONDS
        return now - self.came_at > _CONNECT_SECONDS

    def report(self, now: float, wall: float) -> None:
        """Send RTCP reports; `wall`: seconds UTC."""
        outlet = self.link.outlet
        if outlet is None:
            return
        sent = [each for slot in self.slots if (each := slot.sent(now)) is not None]
        blocks = [
            each.reception.block(each.ssrc, now) for each in self.incoming.values() if each.reception.received
        ]
        packet = reports.compound(self.slots[0].ssrc, CNAME, sent, blocks, wall)
        self._transmit.post_rtcp(outlet, packet)

    def ask(self, incoming: Incoming, now: float) -> float | None:
        """Ask the publisher for what is missing of a stream; in how many seconds to come back for more, if at all."""
        missing, key, wait = incoming.requests(now)
        outlet, own = self.link.outlet, self.slots[0].ssrc
        if outlet is not None:
            if missing:
                self._transmit.post_rtcp(outlet, reports.nack(own, incoming.ssrc, missing))
            if key:
                self._transmit.post_rtcp(outlet, reports.pli(own, incoming.ssrc))
        return wait

    def leave(self, now: float) -> None:
        """Be nobody's source and nobody's receiver."""
        self.connected = False
        self.link.close()
        for slot in self.slots:
            slot.outlet = None
            slot.show(None, now)
        for incoming in self.incoming.values():
            incoming.forget()

    # Inside

    def _on_again(self, packet: bytes, head: Head, now: float) -> None:
        """A packet sent again, with its first number before the payload (RFC 4588 §4)."""
        incoming = self._again.get(head.ssrc)
        if incoming is None or head.payload_type != incoming.rtx_payload_type or head.end - head.start < 2:
            self.ignored += 1
            return
        first = int.from_bytes(packet[head.start : head.start + 2], "big")
        incoming.receive(packet, head._replace(sequence=first, start=head.start + 2), None, now)

    def _on_feedback(self, said: Feedback, now: float) -> None:
        if isinstance(said, Report):
            incoming = self._sources.get(said.ssrc)
            if incoming is not None:
                incoming.reception.sender_report(said.ntp, now)
            return
        slot = self._by_ssrc.get(said.ssrc)
        if slot is None or not slot.video:
            return
        if isinstance(said, Missing):
            for sequence in said.sequences():
                if not self._again_budget.take(now):
                    break
                slot.again(sequence, now)
        else:
            slot.want_key(now)

    def _urgent(self, incoming: Incoming, now: float) -> None:
        self._house.urgent(self, incoming, now)

    def _make_slots(self, offer: Offer) -> list[Slot]:
        taken = {0, 1, *self._sources, *self._again}
        slots = []
        for line in offer.lines[len(SENT) :]:
            ssrc = _unused(taken)
            rtx_ssrc = _unused(taken) if line.video else 0
            slots.append(Slot(line, ssrc, rtx_ssrc, self._transmit))
        return slots


def _unused(taken: set[int]) -> int:
    while (ssrc := secrets.randbits(32)) in taken:
        pass
    taken.add(ssrc)
    return ssrc
