"""What is decided about one connection: whom it believes, how much of what comes is read, and when it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aioice import stun
from pylibsrtp import Policy, Session

from protocol.meetings.slots import CHANNEL_LABEL
from server_stub.meetings.sfu.link import Link, LinkPhase
from server_stub.meetings.sfu.outlet import Outlet
from server_stub.meetings.sfu.srtp import Arena, handle_of
from tests.unit.meetings_sfu.virtual_meeting import offer

KEY = bytes(range(44))
ADDRESS = ("10.0.0.1", 4000)


def session(kind: int) -> Session:
    policy = Policy(key=KEY, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    policy.allow_repeat_tx = True
    return Session(policy)


class Owner:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def on_connected(self, now: float) -> None:
        self.told.append(("connected", now))

    def on_moved(self) -> None:
        self.told.append(("moved",))

    def on_channel(self, now: float) -> None:
        self.told.append(("channel", now))

    def on_message(self, text: str, now: float) -> None:
        self.told.append(("message", text, now))

    def on_rtp(self, packet: bytes, now: float) -> None:
        self.told.append(("rtp", packet, now))

    def on_rtcp(self, packet: bytes, now: float) -> None:
        self.told.append(("rtcp", packet, now))

    def on_ended(self, now: float) -> None:
        self.told.append(("ended", now))


class Line:
    """A link, its owner, and a client's session beside it."""

    def __init__(self) -> None:
        self.owner = Owner()
        self.link = Link(replace(offer(), ufrag="theirs"), self.owner, 0.0)
        self.link.allow(frozenset({7}))
        self.arena = Arena(1)
        self.protects = session(Policy.SSRC_ANY_OUTBOUND)
        self.opens = session(Policy.SSRC_ANY_INBOUND)
        self.outlet = Outlet(session(Policy.SSRC_ANY_OUTBOUND), ADDRESS)

    def connect(self) -> None:
        assert self.link.on_check(False, 0.0)
        assert self.link.begin()
        self.link.on_secured(handle_of(self.opens), self.outlet, 0.5)
        self.owner.told.clear()

    def receive(self, packet: bytes, now: float, rtcp: bool = False) -> None:
        sent = self.protects.protect_rtcp(packet) if rtcp else self.protects.protect(packet)
        self.arena.view[: len(sent)] = sent
        self.link.on_media(self.arena, len(sent), now)

    def check(self, password: str, **changed: object) -> stun.Message:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes.update({"USERNAME": f"{self.link.ufrag}:theirs", "PRIORITY": 1, **changed})
        message.add_message_integrity(password.encode())
        return stun.parse_message(bytes(message))


def rtp(number: int, ssrc: int = 7) -> bytes:
    return b"\x80\x60" + number.to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + b"word"


REPORT = b"\x80\xc9\x00\x01" + (7).to_bytes(4, "big")


def test_a_check_is_believed_under_our_password_and_from_the_client_we_expect() -> None:
    line = Line()
    link = line.link
    assert link.believes(line.check(link.password))
    assert not link.believes(line.check("another password of 32 characters"))
    assert not link.believes(line.check(link.password, USERNAME=f"{link.ufrag}:other"))
    bare = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    bare.attributes["USERNAME"] = f"{link.ufrag}:theirs"
    bare.add_message_integrity(link.password.encode())
    assert not link.believes(stun.parse_message(bytes(bare)))
    link.close()
    assert not link.believes(line.check(link.password))


def test_new_addresses_are_taken_with_measure_and_known_ones_always() -> None:
    link = Line().link
    assert sum(link.on_check(False, 1.0) for _ in range(20)) == 8
    assert all(link.on_check(True, 2.0) for _ in range(20))
    assert not link.on_check(False, 3.0)
    assert link.heard_at == 2.0
    assert link.on_check(False, 12.0)


def test_a_connection_is_begun_once() -> None:
    link = Line().link
    assert [link.begin() for _ in range(3)] == [True, False, False]
    link.close()
    assert not link.begin()
    assert link.phase is LinkPhase.CLOSED


def test_handshakes_are_read_with_measure() -> None:
    link = Line().link
    assert not link.on_record(128, 1.0)
    assert link.heard_at == 0.0
    assert sum(link.on_record(0, 1.0) for _ in range(400)) == 300
    assert link.heard_at == 1.0
    link.close()
    assert not link.on_record(0, 9.0)


def test_packets_are_opened_once_there_are_keys_and_of_announced_streams_alone() -> None:
    line = Line()
    line.receive(rtp(1), 0.1)
    assert line.owner.told == []
    line.connect()
    assert line.link.outlet is line.outlet
    line.receive(rtp(2), 1.0)
    line.receive(rtp(3, ssrc=8), 1.1)
    line.receive(REPORT, 1.2, rtcp=True)
    assert line.owner.told == [("rtp", rtp(2), 1.0), ("rtcp", REPORT, 1.2)]
    assert line.link.heard_at == 1.2
    # Changed on the way, and too short for anything.
    line.arena.view[:4] = b"\x80\x60\x00\x09"
    line.link.on_media(line.arena, 40, 1.3)
    line.link.on_media(line.arena, 11, 1.4)
    assert line.link.heard_at == 1.2
    line.link.close()
    line.receive(rtp(4), 1.5)
    assert len(line.owner.told) == 2


def test_of_a_flood_of_packets_only_so_many_are_opened() -> None:
    line = Line()
    line.connect()
    for number in range(3200):
        line.receive(rtp(number), 1.0)
    assert len(line.owner.told) == 3000


def test_keys_that_come_after_the_end_open_nothing() -> None:
    line = Line()
    assert line.link.begin()
    line.link.close()
    line.link.on_secured(handle_of(line.opens), line.outlet, 1.0)
    line.link.on_moved(line.outlet)
    assert (line.owner.told, line.link.outlet) == ([], None)


def test_one_channel_of_the_one_name_is_ours() -> None:
    link = Line().link
    labels = ["other", CHANNEL_LABEL, CHANNEL_LABEL, ""]
    assert [link.accepts(label) for label in labels] == [False, True, False, False]


def test_what_is_no_text_is_told_as_none_of_our_words_and_after_the_end_nothing_is() -> None:
    line = Line()
    line.link.on_message("word", 1.0)
    line.link.on_message(b"\x00", 2.0)
    line.link.close()
    line.link.on_message("late", 3.0)
    assert line.owner.told == [("message", "word", 1.0), ("message", "", 2.0)]


@pytest.mark.parametrize("kept", [(17, 1, 0), (1, 3, 0), (1, 1, 257)])
def test_whoever_makes_us_keep_too_much_is_ended(kept: tuple[int, int, int]) -> None:
    line = Line()
    line.link.on_association(16, 2, 256, 1.0)
    assert line.owner.told == []
    line.link.on_association(*kept, 2.0)
    assert line.owner.told == [("ended", 2.0)]
    line.link.close()
    line.link.on_ended(3.0)
    assert len(line.owner.told) == 1
