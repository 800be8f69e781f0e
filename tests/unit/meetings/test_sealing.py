"""What a slot makes of frames that open and frames that do not."""

from __future__ import annotations

from client.media.sealing import Lock, Opened, Refusal, SlotSeal
from protocol.crypto.frames import Stream
from tests.support.media_keys import MediaKeys, kid_of

DELTA = b"\x01" + b"picture" * 20


def keys(epoch: int = 1, rank: int = 3) -> MediaKeys:
    made = MediaKeys()
    made.speak(epoch, rank)
    made.learn(epoch, rank)
    return made


def sealed(keys: MediaKeys, stream: Stream, frame: bytes = DELTA) -> bytes:
    frame_on_wire = keys.seal(stream, frame)
    assert frame_on_wire is not None
    return frame_on_wire


def test_a_frame_is_named_by_the_key_that_opened_it() -> None:
    own = keys()
    seal = SlotSeal(own, video=True)
    assert seal.state is Lock.EMPTY
    kid = kid_of(1, 3, Stream.SCREEN)
    assert seal.open(sealed(own, Stream.SCREEN)) == Opened(kid, Stream.SCREEN, DELTA)
    assert (seal.state, seal.kid) == (Lock.OPEN, kid)


def test_an_unknown_key_locks_at_once_and_a_known_one_opens_at_once() -> None:
    own = keys()
    seal = SlotSeal(own, video=False)
    frame = sealed(own, Stream.AUDIO)
    own.forget(1, 3)
    assert seal.open(frame) is Refusal.UNKNOWN_KEY
    assert (seal.state, seal.kid) == (Lock.LOCKED, None)
    own.learn(1, 3)
    assert isinstance(seal.open(frame), Opened)
    assert seal.state is Lock.OPEN
    assert seal.refused(Refusal.UNKNOWN_KEY) == 1


def test_one_damaged_frame_shows_no_lock_and_three_in_a_row_do() -> None:
    own = keys()
    seal = SlotSeal(own, video=True)
    damaged = sealed(own, Stream.VIDEO_LOW)[:-1] + b"\x00\x01"
    for _ in range(2):
        seal.open(sealed(own, Stream.VIDEO_LOW))
        assert [seal.open(damaged), seal.open(damaged)] == [Refusal.DAMAGED] * 2
        assert seal.state is Lock.OPEN
    assert seal.open(damaged) is Refusal.DAMAGED
    assert seal.state is Lock.LOCKED


def test_a_frame_said_twice_is_refused_and_locks_nothing() -> None:
    own = keys()
    seal = SlotSeal(own, video=False)
    frame = sealed(own, Stream.AUDIO)
    assert isinstance(seal.open(frame), Opened)
    for _ in range(5):
        assert seal.open(frame) is Refusal.REPLAYED
    assert seal.state is Lock.OPEN


class AnyKeys:
    """Opens everything as of one stream."""

    def __init__(self, stream: int) -> None:
        self._kid = 1 << 16 | 3 << 3 | stream

    def seal(self, stream: Stream, frame: bytes) -> bytes | None:
        return frame

    def open(self, frame: bytes, *, video: bool) -> tuple[int, bytes] | Refusal:
        return self._kid, frame


def test_a_stream_in_the_wrong_kind_of_slot_is_refused_though_it_is_authentic() -> None:
    for stream in (Stream.VIDEO_HIGH, Stream.SCREEN, Stream.CONTROL, 5):
        assert SlotSeal(AnyKeys(stream), video=False).open(b"frame") is Refusal.DAMAGED
    for stream in (Stream.AUDIO, Stream.CONTROL, 6):
        assert SlotSeal(AnyKeys(stream), video=True).open(b"frame") is Refusal.DAMAGED
