"""SFrame as RFC 9605 has it, by its published vectors; and what the product adds: replay windows, KIDs, clear prefixes."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto.frames import (
    FrameOpener,
    FrameSealer,
    MediaKid,
    Stream,
    decode_header,
    encode_header,
    kid_of,
    open_video,
    seal_video,
)
from protocol.errors import ErrorCode, JinshuError

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "sframe.json").read_text("utf-8")
)
KEY, OTHER = bytes(16), bytes(range(16))
KEY_FRAME, DELTA_FRAME = b"\x10" + bytes(range(1, 60)), b"\x11" + bytes(range(1, 60))


def code(work: Any, *arguments: Any) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        work(*arguments)
    return caught.value.code


def pair(kid: int = 5, key: bytes = KEY) -> tuple[FrameSealer, FrameOpener]:
    opener = FrameOpener()
    opener.add(kid, key)
    return FrameSealer(kid, key), opener


@pytest.mark.parametrize("vector", VECTORS["header"], ids=lambda vector: vector["encoded"])
def test_headers_are_those_of_the_rfc(vector: dict[str, Any]) -> None:
    encoded = bytes.fromhex(vector["encoded"])
    assert encode_header(vector["kid"], vector["ctr"]) == encoded
    assert decode_header(encoded + b"rest") == (vector["kid"], vector["ctr"], len(encoded))


def test_a_frame_is_that_of_the_rfc() -> None:
    vector = VECTORS["sframe"]
    value = {name: bytes.fromhex(vector[name]) for name in ("base_key", "metadata", "pt", "ct")}
    sealer, opener = pair(vector["kid"], value["base_key"])
    sealer._counters = itertools.count(vector["ctr"])
    assert sealer.seal(value["pt"], value["metadata"]) == value["ct"]
    assert opener.open(value["ct"], value["metadata"]) == (vector["kid"], value["pt"])


def test_every_frame_has_a_counter_of_its_own_and_opens_once() -> None:
    sealer, opener = pair()
    frames = [sealer.seal(b"same") for _ in range(300)]
    assert len(set(frames)) == 300
    assert [decode_header(frame)[1] for frame in frames] == list(range(300))
    assert {opener.open(frame) for frame in frames} == {(5, b"same")}
    assert {code(opener.open, frame) for frame in frames} == {ErrorCode.FRAMES_REPLAYED}


@given(st.permutations(list(range(40))))
def test_frames_may_come_in_any_order(order: list[int]) -> None:
    sealer, opener = pair()
    frames = [sealer.seal(bytes((n,))) for n in range(40)]
    assert [opener.open(frames[n]) for n in order] == [(5, bytes((n,))) for n in order]
    assert code(opener.open, frames[order[0]]) is ErrorCode.FRAMES_REPLAYED


def test_what_is_far_behind_is_taken_for_a_replay() -> None:
    sealer, opener = pair()
    frames = [sealer.seal(b"x") for _ in range(1500)]
    opener.open(frames[-1])
    assert code(opener.open, frames[1500 - 1 - 1024]) is ErrorCode.FRAMES_REPLAYED
    assert opener.open(frames[1500 - 1 - 1023]) == (5, b"x")


def test_only_the_right_key_and_the_right_bytes_open() -> None:
    sealer, opener = pair()
    frame = sealer.seal(b"picture", b"meta")
    assert code(FrameOpener().open, frame) is ErrorCode.FRAMES_UNKNOWN_KEY
    stranger = FrameOpener()
    stranger.add(5, OTHER)
    assert code(stranger.open, frame, b"meta") is ErrorCode.FRAMES_DAMAGED
    assert code(opener.open, frame, b"atem") is ErrorCode.FRAMES_DAMAGED
    for at in range(1, len(frame)):
        changed = frame[:at] + bytes((frame[at] ^ 1,)) + frame[at + 1 :]
        assert code(opener.open, changed, b"meta") in (ErrorCode.FRAMES_DAMAGED, ErrorCode.FRAMES_REPLAYED)
    # What did not open is not taken for seen.
    assert opener.open(frame, b"meta") == (5, b"picture")
    opener.forget(5)
    assert code(opener.open, sealer.seal(b"x")) is ErrorCode.FRAMES_UNKNOWN_KEY


def test_a_key_added_again_keeps_what_it_has_seen() -> None:
    sealer, opener = pair()
    frame = sealer.seal(b"x")
    opener.open(frame)
    opener.add(5, KEY)
    assert code(opener.open, frame) is ErrorCode.FRAMES_REPLAYED


@pytest.mark.parametrize(("frame", "clear"), [(KEY_FRAME, 10), (DELTA_FRAME, 3), (DELTA_FRAME[:3], 3)])
def test_a_video_frame_shows_what_it_is_and_nothing_more(frame: bytes, clear: int) -> None:
    sealer, opener = pair()
    sealed = seal_video(sealer, frame)
    assert sealed[:clear] == frame[:clear]
    assert frame[clear:] not in sealed[clear:] or not frame[clear:]
    assert open_video(opener, sealed) == (5, frame)
    for at in range(clear):
        changed = sealed[:at] + bytes((sealed[at] ^ 2,)) + sealed[at + 1 :]
        with pytest.raises(JinshuError):
            open_video(opener, changed)


@given(
    epoch=st.integers(0, (1 << 32) - 1),
    rank=st.integers(0, (1 << 13) - 1),
    stream=st.sampled_from(list(Stream)),
)
def test_a_kid_says_epoch_sender_and_stream(epoch: int, rank: int, stream: Stream) -> None:
    made = MediaKid(epoch, rank, stream)
    assert made.pack() < 1 << 48
    assert MediaKid.unpack(made.pack()) == made


@pytest.mark.parametrize("kid", [1 << 48, (1 << 64) - 1, 4, 5, 6])
def test_a_kid_of_no_meeting_is_malformed(kid: int) -> None:
    assert code(MediaKid.unpack, kid) is ErrorCode.WIRE_MALFORMED


@given(st.binary(max_size=60))
def test_whatever_comes_only_our_errors_leave(data: bytes) -> None:
    opener = FrameOpener()
    opener.add(0, KEY)
    for work in (opener.open, lambda frame: open_video(opener, frame), kid_of, decode_header):
        with suppress(JinshuError):
            work(data)


def test_what_is_shorter_than_any_video_frame_is_malformed() -> None:
    sealer, opener = pair()
    for frame in (b"", b"\x10" * 9, b"\x11" * 2):
        assert code(seal_video, sealer, frame) is ErrorCode.WIRE_MALFORMED
        assert code(open_video, opener, frame) is ErrorCode.WIRE_MALFORMED
