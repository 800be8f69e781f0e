"""Packets leave alike on the fast way and on the slow one, and what cannot leave holds up nothing."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator

import pytest
from pylibsrtp import Policy, Session

from server_stub.meetings.sfu.many import ManySender
from server_stub.meetings.sfu.packets import read_head
from server_stub.meetings.sfu.postbox import Outlet, Postbox
from server_stub.meetings.sfu.srtp import ROOM, Arena, handle_of

KEY = bytes(range(44))


def session(kind: int) -> Session:
    policy = Policy(key=KEY, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    policy.allow_repeat_tx = True
    return Session(policy)


class Ends:
    """A sender and some receivers."""

    def __init__(self) -> None:
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.bind(("127.0.0.1", 0))
        self.sender.setblocking(False)
        self.receivers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        for each in self.receivers:
            each.bind(("127.0.0.1", 0))
            each.settimeout(5)

    def outlets(self) -> list[Outlet]:
        return [Outlet(session(Policy.SSRC_ANY_OUTBOUND), each.getsockname()) for each in self.receivers]

    def got(self, index: int, count: int) -> list[bytes]:
        opens = session(Policy.SSRC_ANY_INBOUND)
        return [opens.unprotect(self.receivers[index].recv(2000)) for _ in range(count)]


@pytest.fixture
def ends() -> Iterator[Ends]:
    ends = Ends()
    yield ends
    for each in (ends.sender, *ends.receivers):
        each.close()


@pytest.fixture(params=["many", "segments off", "each"])
def postbox(request: pytest.FixtureRequest, ends: Ends, monkeypatch: pytest.MonkeyPatch) -> Postbox:
    if request.param == "each":
        monkeypatch.setattr(ManySender, "available", lambda _: False)
    box = Postbox(ends.sender)
    if box._many is not None:
        assert box._many._segmenting, "this kernel has it"
        box._many._segmenting = request.param == "many"
    return box


def test_every_packet_reaches_its_receiver_in_order_and_unchanged(postbox: Postbox, ends: Ends) -> None:
    outlets = ends.outlets()
    sizes = [1200, 1200, 300, 1200, 80, 80, 80, 1200, 1, 1400, *([700] * 60)]
    bodies = [secrets.token_bytes(size) for size in sizes]
    for number, body in enumerate(bodies):
        for index, outlet in enumerate(outlets):
            postbox.post(outlet, (0x80, 0xE0, number, number * 3, index + 1), body)
    postbox.flush()
    for index in range(3):
        packets = ends.got(index, len(bodies))
        heads = [read_head(packet) for packet in packets]
        assert [packet[12:] for packet in packets] == bodies
        assert [(head.sequence, head.ssrc) for head in heads if head] == [
            (n, index + 1) for n in range(len(bodies))
        ]
    assert (postbox.sent, postbox.failed) == (3 * len(bodies), 0)


def test_a_picture_id_is_written_into_the_packet_and_not_into_the_shared_body(
    postbox: Postbox, ends: Ends
) -> None:
    body = b"\x90\x80\xff\xffpicture"
    first, second, _ = ends.outlets()
    postbox.post(first, (0x80, 97, 1, 1, 1), body, 2, 5)
    postbox.post(second, (0x80, 97, 1, 1, 1), body, 2, 0x7FFF)
    postbox.flush()
    assert ends.got(0, 1)[0][12:] == b"\x90\x80\x80\x05picture"
    assert ends.got(1, 1)[0][12:] == b"\x90\x80\xff\xffpicture"
    assert body == b"\x90\x80\xff\xffpicture"


def test_whoever_cannot_be_reached_holds_up_nobody(postbox: Postbox, ends: Ends) -> None:
    good = ends.outlets()[0]
    # A broadcast address, which a socket may not send to unless it asked for that.
    bad = Outlet(session(Policy.SSRC_ANY_OUTBOUND), ("255.255.255.255", 9))
    for number in range(4):
        postbox.post(bad, (0x80, 96, number, 0, 1), bytes(100))
        postbox.post(good, (0x80, 96, number, 0, 1), bytes(100))
    postbox.flush()
    assert len(ends.got(0, 4)) == 4
    assert postbox.sent == 4
    postbox.send(b"x", ("255.255.255.255", 9))
    assert postbox.failed == 5


def test_what_is_too_long_or_cannot_be_protected_is_dropped(postbox: Postbox, ends: Ends) -> None:
    outlet = ends.outlets()[0]
    assert postbox.post(outlet, (0x80, 96, 1, 1, 1), bytes(1441)) == 0
    # An extension that is longer than the packet.
    postbox.post(outlet, (0x90, 96, 1, 1, 1), b"\xbe\xde\xff\xff")
    assert postbox.failed == 2
    postbox.post(outlet, (0x80, 96, 1, 1, 1), bytes(1440))
    postbox.flush()
    assert len(ends.got(0, 1)[0]) == 1452


def test_reports_are_sent_at_once(postbox: Postbox, ends: Ends) -> None:
    report = b"\x80\xc9\x00\x01\x00\x00\x00\x07"
    postbox.post_rtcp(ends.outlets()[0], report)
    assert session(Policy.SSRC_ANY_INBOUND).unprotect_rtcp(ends.receivers[0].recv(2000)) == report
    postbox.post_rtcp(ends.outlets()[0], b"short")
    ends.receivers[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends.receivers[0].recv(2000)


def test_a_packet_opens_where_it_lies_and_a_changed_one_does_not() -> None:
    arena = Arena(1)
    protects, opens = session(Policy.SSRC_ANY_OUTBOUND), session(Policy.SSRC_ANY_INBOUND)
    plain = b"\x80\x60" + bytes(10) + b"payload"
    sealed = protects.protect(plain)
    arena.view[: len(sealed)] = sealed
    arena.view[20] ^= 1
    assert arena.open_rtp(handle_of(opens), len(sealed)) is None
    arena.view[: len(sealed)] = sealed
    assert arena.open_rtp(handle_of(opens), len(sealed)) == plain
    assert len(arena.view) == ROOM


def test_the_fast_way_is_for_ipv4_alone() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as other:
        assert not ManySender.available(other)
