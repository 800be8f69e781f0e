"""What a stranger or a malicious participant sends harms nobody else: somebody's stream goes on through all of it, and nothing is
raised out of the datagram path."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from struct import pack

import pylibsrtp
import pytest
from aioice import stun
from google_crc32c import value as crc32c

from protocol.crypto.frames import Stream
from protocol.errors import JinshuError
from server_stub.meetings.sfu.bucket import Bucket
from tests.integration.meetings_sfu.floor import MEETING, Floor, Show
from tests.support.light_peer import LightPeer
from tests.support.waiting import until

BUDGET = 400
_ROUNDS = 50


class Stage:
    """Anna is seen by Boris; Eve is a participant as well."""

    def __init__(self, floor: Floor, anna: LightPeer, boris: LightPeer, eve: LightPeer) -> None:
        self.floor = floor
        self.anna, self.boris, self.eve = anna, boris, eve
        self.show = Show(anna)
        self.dice = random.Random(20261128)

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.floor.port.number

    async def goes_on(self) -> None:
        """The stream is as good as ever, and no datagram found a fault."""
        slot = self.boris.slots["7"]
        for _ in range(3):
            await self.show.frame(size=1500)
        await until(lambda: [each[4:] for each in slot.payloads[-1:]] == [self.show.payloads[-1][4:]])
        assert [each[4:] for each in slot.payloads] == [each[4:] for each in self.show.payloads]
        assert self.floor.port.faults == 0
        assert not {"anna", "boris"} & set(self.floor.lost)

    def noise(self, most: int) -> bytes:
        return self.dice.randbytes(self.dice.randrange(1, most))

    def turned(self, data: bytes) -> bytes:
        """Some bytes of it are others."""
        changed = bytearray(data)
        for _ in range(self.dice.randrange(1, 6)):
            changed[self.dice.randrange(len(changed))] = self.dice.randrange(256)
        return bytes(changed[: self.dice.randrange(1, len(changed) + 1)])


@pytest.fixture
async def stage(floor: Floor) -> AsyncIterator[Stage]:
    stage = Stage(floor, await floor.join("anna"), await floor.join("boris"), await floor.join("eve"))
    stage.boris.say(json.dumps({"t": "view", "pins": ["anna"], "high": 2, "videos": 9, "screen": True}))
    stage.anna.publish([Stream.VIDEO_HIGH])
    await until(lambda: stage.boris.slot_of("anna", Stream.VIDEO_HIGH) == "7")
    stage.eve.publish([Stream.AUDIO, Stream.VIDEO_HIGH, Stream.VIDEO_LOW, Stream.SCREEN])
    await until(lambda: stage.boris.slot_of("eve", Stream.SCREEN) is not None)
    await stage.show.until_key_wanted()
    await stage.show.frame(key=True)
    await stage.goes_on()
    yield stage
    await stage.goes_on()


def raw(peer: LightPeer) -> Callable[[bytes], None]:
    """Sends datagrams from the participant's own socket."""
    ice = peer.connection.getTransceivers()[0].receiver.transport.transport._connection
    pair = ice._nominated[1]
    return lambda data: pair.protocol.transport.sendto(data, pair.remote_addr)


async def settled(floor: Floor) -> None:
    """All that was sent has been read: what lies in a socket of this machine is read in the loop's next round."""
    before = -1
    while before != floor.port.received:
        before = floor.port.received
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)


async def test_noise_of_a_stranger(stage: Stage) -> None:
    address = ("127.0.0.1", stage.floor.port.number)
    refused = stage.floor.port.refused
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.setblocking(False)
        for number in range(BUDGET):
            stranger.sendto(stage.noise(3000), address)
            if number % 50 == 0:
                await asyncio.sleep(0)
        stranger.sendto(b"", address)
        await settled(stage.floor)
        with pytest.raises(BlockingIOError):
            stranger.recv(2000)
    assert stage.floor.port.refused - refused > BUDGET // 2


async def test_checks_of_a_stranger_are_not_answered_and_bind_nothing(stage: Stage) -> None:
    """C25: an address is bound only after MESSAGE-INTEGRITY is verified; a forged sender gets nothing sent."""
    seat = next(seat for seat in stage.floor.seats if seat.name == "anna")
    link, port = seat.link, stage.floor.port
    bound_to = port.bindings.by_username(link.ufrag)

    def check(ufrag: str, password: str, **more: object) -> bytes:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes.update({"USERNAME": ufrag, "PRIORITY": 1, "ICE-CONTROLLING": 1, **more})
        message.add_message_integrity(password.encode())
        return bytes(message)

    good = f"{link.ufrag}:{link._offer.ufrag}"
    attempts = [
        check(good, "wrong password of 32 characters."),
        check(good, link._offer.password),
        check(f"{link.ufrag}:other", link.password),
        check(f"nobody:{link._offer.ufrag}", link.password),
        check(":", link.password),
        bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": good})),
        bytes(stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST, attributes={"USERNAME": good})),
        bytes(stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)),
        *(stage.turned(check(good, "wrong password of 32 characters.")) for _ in range(BUDGET)),
        *(stage.turned(check(good, link.password))[:-4] for _ in range(BUDGET)),
    ]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.setblocking(False)
        for attempt in attempts:
            if attempt:
                stranger.sendto(attempt, ("127.0.0.1", port.number))
            await asyncio.sleep(0)
        await settled(stage.floor)
        assert port.bindings.by_address(stranger.getsockname()) is None
        with pytest.raises(BlockingIOError):
            stranger.recv(2000)

        # The right one is answered and bound, but it does not take the stream from where it is.
        def bound() -> bool:
            # Said again, as ICE does: so soon after so many, strangers have no turn left.
            stranger.sendto(check(good, link.password), ("127.0.0.1", port.number))
            return port.bindings.by_address(stranger.getsockname()) is bound_to

        await until(bound)


async def test_nobody_takes_the_address_of_another(stage: Stage) -> None:
    """Eve proves her own password from Anna's address, as one could with a forged sender."""
    port = stage.floor.port
    links = {seat.name: seat.link for seat in stage.floor.seats}
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    eve = links["eve"]
    message.attributes.update(
        {"USERNAME": f"{eve.ufrag}:{eve._offer.ufrag}", "PRIORITY": 1, "ICE-CONTROLLING": 1}
    )
    message.add_message_integrity(eve.password.encode())
    assert links["anna"].outlet is not None
    address = links["anna"].outlet.receiver.address
    raw(stage.anna)(bytes(message))
    await settled(stage.floor)
    assert port.bindings.by_address(address) is port.bindings.by_username(links["anna"].ufrag)


async def test_noise_from_a_participants_own_address(stage: Stage) -> None:
    send = raw(stage.eve)
    for number in range(BUDGET):
        first = (stage.dice.randrange(128, 192), stage.dice.randrange(20, 64), stage.dice.randrange(4))[
            number % 3
        ]
        send(bytes([first]) + stage.noise(1400))
        if number % 20 == 0:
            await asyncio.sleep(0)
    await settled(stage.floor)


async def test_malformed_packets_under_a_right_key(stage: Stage) -> None:
    wire, sources = stage.eve.wire, [outbound.ssrc for outbound in stage.eve.outbound.values()]
    sent = 0
    for number in range(BUDGET):
        header = pack(
            "!BBHII",
            0x80 | stage.dice.choice((0, 0, 0x20, 0x10, 0x10, 0x30, 0x02, 0x3F)),
            stage.dice.choice((96, 97, 98, 224, 225, 226)),
            stage.dice.randrange(1 << 16),
            stage.dice.randrange(1 << 32),
            stage.dice.choice([*sources, stage.eve.outbound[Stream.SCREEN]._rtx_ssrc]),
        )
        body = stage.noise(1100) if number % 7 else b""
        if header[0] & 0x10:
            extensions = stage.dice.choice((0xBEDE, 0xBEDE, 0x1000, 7)), stage.dice.randrange(5)
            body = pack("!HH", *extensions) + body
        try:
            await wire.send(header + body)
            sent += 1
        except pylibsrtp.Error:
            continue  # So malformed that it cannot even be protected.
    assert sent > BUDGET // 3
    await settled(stage.floor)
    seat = next(seat for seat in stage.floor.seats if seat.name == "eve")
    assert seat.ignored > 10
    numbers = [packet.sequence_number for packet in stage.boris.slots["7"].packets]
    assert len(numbers) == len(set(numbers))


async def test_numbers_that_jump_about_make_no_jumps_at_the_receivers(stage: Stage) -> None:
    """A jump of more than 32767 would break the receiver's SRTP for good (slots.md §6)."""
    outbound = stage.eve.outbound[Stream.SCREEN]
    mid = stage.boris.slot_of("eve", Stream.SCREEN)
    assert mid is not None
    slot = stage.boris.slots[mid]
    show = Show(stage.eve, Stream.SCREEN)

    async def jump() -> None:
        came = len(slot.packets)
        outbound._number = (outbound._number + stage.dice.randrange(3500, 32_000)) % 0x10000
        await show.frame(key=True, size=900)
        await until(lambda: len(slot.packets) > came)

    for _ in range(60):
        await jump()
    numbers = [packet.sequence_number for packet in slot.packets]
    assert all((after - before) % 0x10000 < 3000 for before, after in pairwise(numbers))


async def test_malformed_feedback(stage: Stage) -> None:
    seats = {seat.name: seat for seat in stage.floor.seats}
    slots, own = [slot.ssrc for slot in seats["eve"].slots], stage.eve.outbound[Stream.AUDIO].ssrc
    for number in range(BUDGET):
        kind, count = stage.dice.choice((200, 201, 202, 203, 204, 205, 206, 207)), stage.dice.randrange(32)
        body = pack("!II", own, stage.dice.choice(slots)) + stage.noise(300)
        if number % 5 == 0:
            body = stage.noise(30)
        body = body[: len(body) // 4 * 4]
        length = len(body) // 4 if number % 3 else stage.dice.randrange(1 << 16)
        packet = pack("!BBH", 0x80 | count, kind, length) + body
        try:
            await stage.eve.wire.send(packet)
        except pylibsrtp.Error:
            continue
    await settled(stage.floor)
    stage.anna.outbound[Stream.VIDEO_HIGH].key_wanted = False


async def test_a_flood_of_requests_for_packets_is_answered_with_measure(stage: Stage) -> None:
    await until(lambda: stage.eve.slot_of("anna", Stream.VIDEO_HIGH) is not None)
    await stage.show.frame(key=True, size=9000)
    mid = stage.eve.slot_of("anna", Stream.VIDEO_HIGH)
    assert mid is not None
    slot = stage.eve.slots[mid]
    await until(lambda: len(slot.packets) >= 8)
    packet = slot.packets[-1]
    own = stage.eve.outbound[Stream.AUDIO].ssrc
    everything = pack("!HH", packet.sequence_number - 7 & 0xFFFF, 0x7F) * 200
    nack = pack("!BBHII", 0x81, 205, 2 + 200, own, packet.ssrc) + everything
    for _ in range(20):
        await stage.eve.wire.send(nack)
    await settled(stage.floor)
    assert 0 < stage.floor.exchange.figures(1).retransmitted < 1000


async def test_records_that_are_none_in_a_secured_connection(stage: Stage) -> None:
    send = raw(stage.eve)
    for _ in range(BUDGET):
        send(b"\x17\xfe\xfd" + stage.noise(200))
        send(b"\x16\xfe\xfd" + stage.noise(200))
        await asyncio.sleep(0)
    await settled(stage.floor)


@pytest.mark.expects_logs("a participant could not be looked after")
async def test_one_who_cannot_be_looked_after_is_let_go_and_the_timer_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seats = {seat.name: seat for seat in stage.floor.seats}

    def broken(now: float, wall: float) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(seats["eve"], "report", broken)
    await until(lambda: stage.floor.lost == ["eve"])
    heard = stage.anna.reports
    await until(lambda: stage.anna.reports > heard + 1)


async def test_of_a_flood_only_so_much_is_read(stage: Stage) -> None:
    """However much one sends, the others' packets have their time."""
    seats = {seat.name: seat for seat in stage.floor.seats}
    eve, sound = seats["eve"], seats["eve"].incoming[Stream.AUDIO]
    eve.link._media = Bucket(100, 0)
    before = sound.reception.received
    for number in range(300):
        await stage.eve.send_sound(b"word", 960 * number)
    await settled(stage.floor)
    assert 90 <= sound.reception.received - before <= 100
    eve.link._media = Bucket(10_000, 10_000)
    records = stage.floor.exchange._seated[eve.link.ufrag].transports._checks._queue.qsize
    eve.link._records = Bucket(0, 0)
    ignored = eve.ignored
    stage.eve.say("nothing")
    raw(stage.eve)(b"\x17" + bytes(100))
    await settled(stage.floor)
    assert (records(), eve.ignored) == (0, ignored)
    stage.floor.port._strangers = Bucket(1, 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for _ in range(5):
            stranger.sendto(bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST)), stage.address)
        await settled(stage.floor)
    assert not stage.floor.port._strangers.take(0.0)


@pytest.mark.parametrize("form", ["noise", "init", "data", "streams", "unfinished"])
async def test_a_channel_that_is_abused_ends_or_goes_on_for_its_owner_alone(stage: Stage, form: str) -> None:
    dtls = stage.eve.connection.getTransceivers()[0].receiver.transport
    sctp = stage.eve.connection.sctp
    assert sctp is not None
    tag = pack("!HHL", 5000, 5000, sctp._remote_verification_tag)
    for number in range(BUDGET):
        chunk = {
            "noise": stage.noise(400),
            "init": pack("!BBH", 1, 0, 20) + stage.noise(40),
            "data": pack("!BBHLHHL", 0, 3, 40, stage.dice.randrange(1 << 32), 0, 0, 51) + stage.noise(24),
            "streams": pack("!BBHLHHL", 0, 3, 20, sctp._local_tsn + number & 0xFFFFFFFF, number, 0, 51)
            + b"abcd",
            "unfinished": pack(
                "!BBHLHHL", 0, 2 if number == 0 else 0, 20, sctp._local_tsn + number & 0xFFFFFFFF, 0, 1, 51
            )
            + b"abcd",
        }[form]
        packet = tag + bytes(4) + chunk
        checksum = crc32c(packet)
        packet = packet[:8] + pack("<L", checksum) + packet[12:]
        try:
            await dtls._send_data(packet)
        except ConnectionError:
            break
        await asyncio.sleep(0)
    await settled(stage.floor)
    if form in ("streams", "unfinished"):
        await until(lambda: stage.floor.lost == ["eve"])


async def test_words_that_are_none(stage: Stage) -> None:
    seat = next(seat for seat in stage.floor.seats if seat.name == "eve")
    said: list[str | bytes] = [
        "",
        "{",
        "[]",
        "null",
        "1" * 5000,
        "[" * 5000,
        '{"t": "view"}',
        '{"t": "view", "pins": ["\\ud800"], "high": 1, "videos": 1, "screen": 1}',
        '{"t": "view", "pins": [], "high": true, "videos": 1, "screen": true}',
        '{"t": "view", "pins": [], "high": 1, "videos": 1e99, "screen": true}',
        '{"t": "publish", "streams": [7]}',
        '{"t": "publish", "streams": [[]]}',
        '{"t": "control", "data": "!"}',
        json.dumps({"t": "control", "data": "A" * 20_000}),
        '{"t": "map", "version": 99, "slots": []}',
        "x" * 65_000,
        b"\x00\xff",
    ]
    for text in said:
        stage.eve.say(text)
    await until(lambda: seat.ignored >= len(said))
    assert all(message["t"] in ("map", "speakers") for message in stage.boris.said)


async def test_a_flood_of_messages_reaches_others_with_measure(stage: Stage) -> None:
    for _ in range(500):
        stage.eve.say('{"t": "control", "data": "aGk="}')
    await until(lambda: any(message["t"] == "control" for message in stage.boris.said))
    await settled(stage.floor)
    controls = [message for message in stage.boris.said if message["t"] == "control"]
    assert all(message == {"t": "control", "from": "eve", "data": "aGk="} for message in controls)
    assert len(controls) < 60


async def test_a_flood_of_joins(stage: Stage) -> None:
    flooder = LightPeer("mallory")
    offer = await flooder.offer()
    joins = [stage.floor.exchange.join(MEETING, f"m{number % 20}", offer, False) for number in range(60)]
    running = asyncio.gather(*joins, return_exceptions=True)
    while not running.done():
        await stage.goes_on()
    assert all(isinstance(each, str | JinshuError) for each in await running)
    for number in range(20):
        stage.floor.exchange.leave(MEETING, f"m{number}")
    await flooder.close()


async def test_one_who_says_he_publishes_and_sends_nothing_blocks_no_picture(stage: Stage) -> None:
    stage.boris.say('{"t": "view", "pins": ["eve"], "high": 9, "videos": 9, "screen": true}')
    await until(lambda: stage.boris.slot_of("eve", Stream.VIDEO_HIGH) is not None)
    assert stage.boris.slot_of("anna", Stream.VIDEO_HIGH) == "7"
