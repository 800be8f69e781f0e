"""A meeting of the SFU in a time that is told: datagrams go in, protected as participants protect them, and what comes out is kept.
No loop, no socket, no clock. It is to the machines what `Exchange` is."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from struct import pack, unpack
from typing import Any, Final

from pylibsrtp import Policy, Session

from protocol.crypto.frames import Stream
from protocol.meetings.slots import AUDIO_SLOTS, CHANNEL_LABEL, SENT
from server_stub.meetings.sfu.burst import Copy
from server_stub.meetings.sfu.demux import Address
from server_stub.meetings.sfu.feedback import Feedback, KeyWanted, Missing, read_feedback
from server_stub.meetings.sfu.meeting import Meeting
from server_stub.meetings.sfu.offers import Line, Offer, read_offer
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.outputs import Output, SeatClosed, SendSlotMap, SendText, Source, WakeAt
from server_stub.meetings.sfu.rewriting import Offsets
from server_stub.meetings.sfu.seat import Seat
from server_stub.meetings.sfu.slot import Slot
from server_stub.meetings.sfu.srtp import Arena, handle_of
from tests.unit.meetings_sfu.test_offers import OFFER

KEY: Final = b"\x90\x80\x80\x01" + b"\x10\x02\x00\x9d\x01\x2a\x80\x02\x68\x01"
DELTA: Final = b"\x90\x80\x80\x01" + b"\x31\x02\x00"
LOUD, FAINT = 20, 100
_START: Final = 1000.0
_AUDIO_LEVEL_ID: Final = 2
_TAG: Final = "!HBI"
_TAG_BYTES: Final = 7


@cache
def offer() -> Offer:
    """Reading one takes a while."""
    return read_offer(OFFER)


@dataclass(frozen=True, slots=True)
class Got:
    """A packet that was sent to a participant: of which slot, and whose it is by the tag its payload ends with. `serial` is the
    publisher's number, counted on where it wraps; `again`: the slot's number of a packet that was sent again."""

    slot: Slot
    sequence: int
    timestamp: int
    sender: int
    stream: Stream
    serial: int
    again: int | None


class VirtualParticipant:
    """One connection. `send` and `report` are what a client does, `got`, `asked` and `said` what it hears."""

    def __init__(self, world: VirtualMeeting, number: int, name: str, seat: Seat, address: Address) -> None:
        self.number = number
        self.name = name
        self.seat = seat
        self.address = address
        self.open = False  # the channel
        self.full = False
        self.got: list[Got] = []
        self.asked: list[Feedback] = []
        self.reports: list[float] = []
        self.said: list[dict[str, Any]] = []
        self._world = world
        self._lines = dict(zip(SENT, offer().lines, strict=False))
        self._serials = dict.fromkeys(SENT, 0x7000)
        self._rtx_serial = 0x6000
        key = secrets.token_bytes(44)
        self._session = _session(key, Policy.SSRC_ANY_OUTBOUND)
        self._opens, self._protects = (
            _session(key, Policy.SSRC_ANY_INBOUND),
            _session(key, Policy.SSRC_ANY_OUTBOUND),
        )

    @property
    def link_outlet(self) -> Outlet:
        return Outlet(self._protects, self.address)

    def connect(self, channel: bool = True) -> None:
        """ICE and DTLS are done; with `channel` SCTP as well."""
        link, now = self.seat.link, self._world.now
        assert link.on_check(False, now)
        assert link.begin()
        link.on_secured(handle_of(self._opens), self.link_outlet, now)
        if channel:
            self.open_channel()
        self._world.settle()

    def open_channel(self) -> None:
        assert self.seat.link.accepts(CHANNEL_LABEL)
        self.open = True
        self.seat.link.on_channel(self._world.now)
        self._world.settle()

    def move(self, address: Address) -> None:
        self.address = address
        self.seat.link.on_moved(self.link_outlet)
        self._world.settle()

    def hang_up(self) -> None:
        self.seat.link.on_ended(self._world.now)
        self._world.settle()

    # Words

    def say(self, **message: Any) -> None:
        self.seat.link.on_message(json.dumps(message), self._world.now)
        self._world.settle()

    def publish(self, *streams: Stream) -> None:
        self.say(t="publish", streams=[int(stream) for stream in streams])

    def view(self, *pins: str, high: int = 1, videos: int = 9, screen: bool = True) -> None:
        self.say(t="view", pins=list(pins), high=high, videos=videos, screen=screen)

    @property
    def map(self) -> list[dict[str, Any] | None]:
        """As last told."""
        return next((each["slots"] for each in reversed(self.said) if each["t"] == "map"), [])

    # Packets

    def packet(self, stream: Stream, key: bool = False, level: int = LOUD) -> bytes:
        """The next one of a stream, in the clear."""
        self._serials[stream] += 1
        serial, line = self._serials[stream], self._lines[stream]
        tag = pack(_TAG, self.number, stream, serial)
        head = pack("!HII", serial & 0xFFFF, serial * 3000 & 0xFFFFFFFF, line.ssrc)
        if not line.video:
            extension = pack("!HHBBH", 0xBEDE, 1, _AUDIO_LEVEL_ID << 4, level, 0)
            return bytes((0x90, line.payload_type)) + head + extension + tag
        return bytes((0x80, line.payload_type)) + head + (KEY if key else DELTA) + tag

    def deliver(self, *packets: bytes) -> None:
        """They arrive in one burst."""
        for packet in packets:
            self._arrive(self._session.protect(packet))
        self._world.end_of_burst()

    def deliver_again(self, packet: bytes) -> None:
        """It was asked for: by RFC 4588 it has a stream of its own and begins with its number."""
        line = self._line_of(packet)
        self._rtx_serial += 1
        head = bytes((0x80, line.rtx_payload_type)) + pack("!H", self._rtx_serial) + packet[4:8]
        self.deliver(head + line.rtx_ssrc.to_bytes(4, "big") + packet[2:4] + packet[12:])

    def send(self, stream: Stream, key: bool = False, level: int = LOUD) -> None:
        self.deliver(self.packet(stream, key, level))

    def report(self) -> None:
        """What a client sends every second, whatever else it does: an empty receiver report."""
        own = self._lines[Stream.AUDIO].ssrc
        self.feedback(pack("!BBHI", 0x80, 201, 1, own))

    def miss(self, slot: Slot, *sequences: int) -> None:
        pairs = b"".join(pack("!HH", sequence, 0) for sequence in sequences)
        own = self._lines[Stream.AUDIO].ssrc
        self.feedback(pack("!BBHII", 0x81, 205, 2 + len(sequences), own, slot.ssrc) + pairs)

    def want_key(self, slot: Slot) -> None:
        own = self._lines[Stream.AUDIO].ssrc
        self.feedback(pack("!BBHII", 0x81, 206, 2, own, slot.ssrc))

    def feedback(self, packet: bytes) -> None:
        self._arrive(self._session.protect_rtcp(packet))
        self._world.end_of_burst()

    def pictures(self) -> list[Got]:
        return [each for each in self.got if each.slot.video and each.again is None]

    @property
    def keys_asked(self) -> int:
        return sum(isinstance(each, KeyWanted) for each in self.asked)

    @property
    def missing_asked(self) -> list[list[int]]:
        return [list(each.sequences()) for each in self.asked if isinstance(each, Missing)]

    def _arrive(self, datagram: bytes) -> None:
        arena = self._world.arena
        arena.view[: len(datagram)] = datagram
        self.seat.link.on_media(arena, len(datagram), self._world.now)

    def _line_of(self, packet: bytes) -> Line:
        ssrc = int.from_bytes(packet[8:12], "big")
        return next(line for line in self._lines.values() if line.ssrc == ssrc)


class VirtualMeeting:
    """`present` by ufrag. `timer` is what an `Exchange` would have set: from `WakeAt`, and from `wake_at` after it rang."""

    def __init__(self, name: str = "meeting") -> None:
        self.now = _START
        self.arena = Arena(1)
        self.outputs: deque[Output] = deque()
        self.timer = float("inf")
        self.lost: list[str] = []
        self.present: dict[str, VirtualParticipant] = {}
        self._due: list[Source] = []
        self._numbers = 0
        self.meeting = Meeting(name, self.outputs, self.now)
        self.settle()

    def participant(self, name: str) -> VirtualParticipant:
        return self.present[self.meeting.seats[name].link.ufrag]

    def by_number(self, number: int) -> VirtualParticipant | None:
        return next((each for each in self.present.values() if each.number == number), None)

    # What an exchange does

    def join(self, name: str, connect: bool = True, silenced: bool = False) -> VirtualParticipant:
        seat = Seat(name, offer(), self.meeting, self, self.outputs, self.now)
        self._numbers += 1
        address = (f"10.0.{self._numbers >> 8}.{self._numbers & 0xFF}", 4000)
        made = VirtualParticipant(self, self._numbers, name, seat, address)
        self.present[seat.link.ufrag] = made
        self.meeting.add(seat, silenced, self.now)
        self.settle()
        if connect:
            made.connect()
        return made

    def leave(self, name: str) -> None:
        self.meeting.remove(name, self.now)
        self.settle()

    def silence(self, name: str, silenced: bool) -> None:
        self.meeting.silence(name, silenced, self.now)
        self.settle()

    def pass_time(self, seconds: float, *reporting: VirtualParticipant) -> None:
        """The meeting is woken exactly when it asked to be. Those `reporting` do so at least once a second."""
        end = self.now + seconds
        reported = self.now
        while self.timer <= end:
            self.now = max(self.now, self.timer)
            if self.now - reported >= 0.9:
                reported = self.now
                for each in reporting:
                    each.report()
            self.wake()
        self.now = end

    def wake(self) -> None:
        self.meeting.time_passed(self.now, self.now + 1.7e9)
        self.timer = self.meeting.wake_at
        assert self.timer > self.now, "it would be woken again at once"
        self.end_of_burst()

    def end_of_burst(self) -> None:
        self.settle()
        while self._due:
            self._due.pop(0).spread(self.now)

    def settle(self) -> None:
        while self.outputs:
            self._carry_out(self.outputs.popleft())
        assert self.timer <= self.meeting.wake_at, "a deadline was set and nobody told"
        assert self.meeting.wake_at > float("-inf")

    def _carry_out(self, output: Output) -> None:
        match output:
            case SendText(to, text):
                for ufrag in to:
                    self._say(ufrag, text)
            case SendSlotMap(ufrag, text, version):
                if not self._say(ufrag, text):
                    self.present[ufrag].seat.slot_map_unsent(version)
            case SeatClosed(ufrag, lost):
                gone = self.present.pop(ufrag)
                if lost:
                    self.lost.append(gone.name)
            case WakeAt(at):
                self.timer = min(self.timer, at)

    def _say(self, ufrag: str, text: str) -> bool:
        participant = self.present[ufrag]
        if not participant.open or participant.full:
            return False
        participant.said.append(json.loads(text))
        return True

    # A `Transmit`

    def due(self, source: Source) -> None:
        assert source not in self._due
        self._due.append(source)

    def post(
        self, to: Outlet, ssrc: int, payload_type: int, offsets: Offsets, copies: Sequence[Copy]
    ) -> None:
        participant = self._at(to)
        slot = next(each for each in participant.seat.slots if ssrc in (each.ssrc, each.rtx_ssrc))
        assert payload_type == (96 if not slot.video else 97 if ssrc == slot.ssrc else 98)
        for copy in copies:
            sender, stream, serial = unpack(_TAG, copy.body[-_TAG_BYTES:])
            descriptor = len(copy.body) - _TAG_BYTES - len(KEY if b"\x9d\x01\x2a" in copy.body else DELTA)
            again = None
            if ssrc == slot.rtx_ssrc:
                again = int.from_bytes(copy.body[descriptor - 2 : descriptor], "big")
            sequence = copy.sequence + offsets.sequence & 0xFFFF
            timestamp = copy.timestamp + offsets.timestamp & 0xFFFFFFFF
            participant.got.append(Got(slot, sequence, timestamp, sender, Stream(stream), serial, again))

    def post_rtcp(self, to: Outlet, packet: bytes) -> None:
        participant = self._at(to)
        if packet[1] in (200, 201):
            participant.reports.append(self.now)
        else:
            participant.asked += read_feedback(packet)

    def _at(self, to: Outlet) -> VirtualParticipant:
        """Who is there; nothing may be sent to where nobody is."""
        return next(each for each in self.present.values() if each.address == to.receiver.address)


def sound(participant: VirtualParticipant) -> list[Got]:
    return [each for each in participant.got if each.slot in participant.seat.slots[:AUDIO_SLOTS]]


def _session(key: bytes, kind: int) -> Session:
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    policy.allow_repeat_tx = True
    return Session(policy)
