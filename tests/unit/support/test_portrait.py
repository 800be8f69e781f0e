"""What the story's cameras show carries its nonce through whatever a meeting does to it, and moves."""

from __future__ import annotations

import av
import numpy as np
import pytest

from client.media.codecs import Vp8Decoder, Vp8Encoder
from client.media.streams import LOW
from tests.end_to_end.portrait import paint, read_luma

NONCE = bytes.fromhex("00ff10ef5aa57e81")


def _read(frame: av.VideoFrame) -> tuple[bytes, int] | None:
    return read_luma(np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8))


@pytest.mark.parametrize("size", [(320, 180), (640, 360), (1280, 720), (426, 240)])
def test_a_nonce_is_read_as_it_was_woven(size: tuple[int, int]) -> None:
    assert _read(paint(NONCE, 77, size)) == (NONCE, 77)


def test_it_survives_scaling_and_vp8_at_the_low_layer() -> None:
    encoder, decoder = Vp8Encoder(LOW), Vp8Decoder()
    for number in range(45):
        picture = decoder.decode(encoder.encode(paint(NONCE, number), number * 6000, key=False))
        assert picture is not None
        assert (picture.width, picture.height) == (320, 180)
        assert _read(picture) == (NONCE, number)


def test_a_damaged_ribbon_carries_nothing() -> None:
    painted = paint(NONCE, 1).to_ndarray(format="rgb24")
    painted[310:360, :400] = 0
    assert _read(av.VideoFrame.from_ndarray(painted, format="rgb24")) is None


def test_whoever_sits_there_moves_and_looks_like_nobody_else() -> None:
    def above_the_ribbon(nonce: bytes, number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return np.asarray(paint(nonce, number).to_ndarray(format="rgb24")[:300], dtype=np.uint8)

    assert (above_the_ribbon(NONCE, 0) != above_the_ribbon(NONCE, 15)).any()
    assert (above_the_ribbon(NONCE, 0) != above_the_ribbon(bytes(8), 0)).any()
