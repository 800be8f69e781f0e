"""Packets leave alike on the fast way and on the slow one, and what cannot leave holds up nothing."""

from __future__ import annotations

import ctypes
import secrets
import socket
import struct
import sys
from collections.abc import Iterator

import pytest
from pylibsrtp import Policy, Session

from server_stub.clock import SystemClock
from server_stub.meetings.sfu.burst import Copy
from server_stub.meetings.sfu.many import ManySender
from server_stub.meetings.sfu.outlet import Outlet, Receiver
from server_stub.meetings.sfu.packets import read_head
from server_stub.meetings.sfu.postbox import Postbox
from server_stub.meetings.sfu.rewriting import Offsets
from server_stub.meetings.sfu.srtp import ROOM, Arena, handle_of

KEY = bytes(range(44))


def session(kind: int) -> Session:
    policy = Policy(key=KEY, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    policy.allow_repeat_tx = True
    return Session(policy)


AS_IT_IS = Offsets(0, 0, 0)


def copy(body: bytes, number: int = 1, picture_at: int = 0, picture: int = 0) -> Copy:
    return Copy(0x80, 0x80, number, number * 3, body, picture_at, picture)


class Ends:
    """A sender and some receivers."""

    def __init__(self) -> None:
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sender.bind(("127.0.0.1", 0))
        self.sender.setblocking(False)
        self.receivers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        for each in self.receivers:
            each.bind(("127.0.0.1", 0))

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
    box = Postbox(ends.sender, SystemClock())
    if isinstance(box._way, ManySender):
        assert box._way._segmenting, "this kernel has it"
        box._way._segmenting = request.param == "many"
    return box


def test_every_packet_reaches_its_receiver_in_order_and_unchanged(postbox: Postbox, ends: Ends) -> None:
    outlets = ends.outlets()
    sizes = [1200, 1200, 300, 1200, 80, 80, 80, 1200, 1, 1400, *([700] * 60)]
    bodies = [secrets.token_bytes(size) for size in sizes]
    copies = [copy(body, number) for number, body in enumerate(bodies)]
    for burst in (copies[:10], copies[10:40], copies[40:]):
        for index, outlet in enumerate(outlets):
            postbox.post(outlet, index + 1, 96, AS_IT_IS, burst)
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
    picture = [copy(body, picture_at=2, picture=5)]
    postbox.post(first, 1, 97, AS_IT_IS, picture)
    postbox.post(second, 1, 97, Offsets(0, 0, 0x7FFA), picture)
    postbox.flush()
    assert ends.got(0, 1)[0][12:] == b"\x90\x80\x80\x05picture"
    assert ends.got(1, 1)[0][12:] == b"\x90\x80\xff\xffpicture"
    assert body == b"\x90\x80\xff\xffpicture"


def test_whoever_cannot_be_reached_holds_up_nobody(postbox: Postbox, ends: Ends) -> None:
    good = ends.outlets()[0]
    # A broadcast address, which a socket may not send to unless it asked for that.
    bad = Outlet(session(Policy.SSRC_ANY_OUTBOUND), ("255.255.255.255", 9))
    for number in range(4):
        postbox.post(bad, 1, 96, AS_IT_IS, [copy(bytes(100), number)])
        postbox.post(good, 1, 96, AS_IT_IS, [copy(bytes(100), number)])
    postbox.flush()
    assert len(ends.got(0, 4)) == 4
    assert postbox.sent == 4
    postbox.send(b"x", ("255.255.255.255", 9))
    assert postbox.failed == 5


def test_what_is_too_long_or_cannot_be_protected_is_dropped_and_the_rest_of_the_burst_is_not(
    postbox: Postbox, ends: Ends
) -> None:
    outlet = ends.outlets()[0]
    # The second has an extension that is longer than the packet.
    broken = copy(b"\xbe\xde\xff\xff")._replace(first=0x90)
    postbox.post(
        outlet, 1, 96, AS_IT_IS, [copy(bytes(1441)), broken, copy(bytes(1440), 2), copy(bytes(9), 3)]
    )
    postbox.flush()
    assert [len(packet) for packet in ends.got(0, 2)] == [1452, 21]
    assert (postbox.sent, postbox.failed) == (2, 2)


def test_numbers_are_moved_in_their_circles(postbox: Postbox, ends: Ends) -> None:
    first = copy(b"", 0xFFFF)._replace(timestamp=0xFFFF_FFFF)
    postbox.post(ends.outlets()[0], 7, 96, Offsets(3, 10, 0), [first, copy(b"", 0)])
    postbox.post(ends.outlets()[1], 7, 96, Offsets(-0x10000, -5, 0), [copy(b"", 1)])
    postbox.flush()
    heads = [read_head(packet) for packet in (*ends.got(0, 2), *ends.got(1, 1))]
    numbers = [(head.sequence, head.timestamp) for head in heads if head is not None]
    assert numbers == [(2, 9), (3, 10), (1, 0xFFFF_FFFE)]


def test_more_than_there_is_room_for_leaves_in_turns(postbox: Postbox, ends: Ends) -> None:
    outlets = ends.outlets()
    for number in range(0, 200, 40):
        for outlet in outlets:
            postbox.post(outlet, 1, 96, AS_IT_IS, [copy(bytes(20), number + at) for at in range(40)])
    postbox.flush()
    for index in range(3):
        heads = [read_head(packet) for packet in ends.got(index, 200)]
        assert [head.sequence for head in heads if head is not None] == list(range(200))
    assert (postbox.sent, postbox.failed) == (600, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the fast way is Linux' own")
def test_a_full_way_loses_packets_and_waits_for_nothing() -> None:
    """Loopback is never full: a queue between processes, whose name is as long as an address, is."""
    name = b"\0" + secrets.token_hex(7)[:13].encode()
    receiver, arena = Receiver(("127.0.0.1", 9)), Arena(8)
    ctypes.memmove(receiver.at, struct.pack("=H", socket.AF_UNIX) + name, 16)
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as theirs,
    ):
        theirs.bind(name)
        way = ManySender(ours, arena, 8)
        taken = 0
        while True:
            way.add(receiver, 0, [100] * 8)
            took = way.send()
            taken += took
            if took < 8:
                break
        assert taken > 0
        way.add(receiver, 0, [100])
        assert way.send() == 0
        for _ in range(taken):
            theirs.recv(200)
        way.add(receiver, 0, [100])
        assert way.send() == 1


def test_who_waits_to_be_spread_is_spread_once_before_all_leaves(postbox: Postbox, ends: Ends) -> None:
    outlet, spread = ends.outlets()[0], []

    class Waiting:
        def spread(self, now: float) -> None:
            spread.append(self)
            postbox.post(outlet, 1, 96, AS_IT_IS, [copy(b"late")])

    waiting = Waiting()
    postbox.due(waiting)
    postbox.flush()
    postbox.flush()
    assert spread == [waiting]
    assert ends.got(0, 1)[0][12:] == b"late"


def test_reports_leave_with_the_rest_and_are_not_counted_as_forwarded(postbox: Postbox, ends: Ends) -> None:
    report = b"\x80\xc9\x00\x01\x00\x00\x00\x07"
    postbox.post_rtcp(ends.outlets()[0], report)
    postbox.post_rtcp(ends.outlets()[0], b"short")
    postbox.flush()
    assert session(Policy.SSRC_ANY_INBOUND).unprotect_rtcp(ends.receivers[0].recv(2000)) == report
    ends.receivers[0].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends.receivers[0].recv(2000)
    assert (postbox.sent, postbox.failed) == (0, 1)


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
