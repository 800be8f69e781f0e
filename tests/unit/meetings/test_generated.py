"""The test picture and tone survive what a meeting does to them."""

from __future__ import annotations

import av
import numpy as np
import pytest

from client.media.codecs import OpusDecoder, OpusEncoder, Vp8Decoder, Vp8Encoder, level_dbov
from client.media.streams import LOW, Layer
from tests.support.generated_picture import paint, read_nonce, read_picture
from tests.support.tone import seconds_of_tone, tone

NONCE = bytes.fromhex("00ff10ef5aa57e81")


@pytest.mark.parametrize("size", [(320, 180), (640, 360), (1280, 720), (426, 240)])
def test_a_nonce_is_read_as_it_was_painted(size: tuple[int, int]) -> None:
    assert read_picture(paint(NONCE, 77, size)) == (NONCE, 77)


def test_a_nonce_survives_scaling_and_vp8_at_the_low_layer() -> None:
    encoder, decoder = Vp8Encoder(LOW), Vp8Decoder()
    for number in range(45):
        frame = encoder.encode(paint(NONCE, number, (1280, 720)), number * 6000, key=False)
        picture = decoder.decode(frame)
        assert picture is not None
        assert (picture.width, picture.height) == (320, 180)
        assert read_picture(picture) == (NONCE, number)


def test_another_picture_carries_no_nonce() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (180, 320, 3), dtype=np.uint8)
    assert read_nonce(av.VideoFrame.from_ndarray(noise, format="rgb24")) is None
    painted = paint(NONCE, 1).to_ndarray()
    painted[:50, :400] = 0
    assert read_nonce(av.VideoFrame.from_ndarray(painted, format="yuv420p")) is None
    with pytest.raises(ValueError, match="8 bytes"):
        paint(b"short", 0)


def test_a_key_frame_comes_first_and_when_asked() -> None:
    encoder = Vp8Encoder(LOW)
    frames = [encoder.encode(paint(NONCE, number), number * 6000, key=number == 4) for number in range(6)]
    assert [frame[0] & 1 == 0 for frame in frames] == [True, False, False, False, True, False]


def test_a_layer_keeps_the_shape_and_never_enlarges() -> None:
    layer = Layer(640, 360, 25, 1)
    assert layer.fit(1280, 720) == (640, 360)
    assert layer.fit(320, 180) == (320, 180)
    assert layer.fit(1024, 1024) == (360, 360)
    assert layer.fit(333, 187) == (332, 186)


def test_the_low_layer_keeps_its_rate() -> None:
    encoder = Vp8Encoder(LOW)
    noise = np.random.default_rng(2)
    size = 0
    for number in range(60):
        picture = paint(NONCE, number).to_ndarray()
        picture[250:360] = noise.integers(0, 255, picture[250:360].shape, dtype=np.uint8)
        size += len(
            encoder.encode(av.VideoFrame.from_ndarray(picture, format="yuv420p"), number * 6000, key=False)
        )
    assert size * 8 / 4 < LOW.bitrate * 1.5


def test_a_tone_is_found_and_no_other() -> None:
    samples = np.concatenate([tone(440.0, block) for block in range(50)])
    assert seconds_of_tone(samples, 440.0) == pytest.approx(1.0)
    assert seconds_of_tone(samples, 880.0) == 0
    assert seconds_of_tone(np.zeros_like(samples), 440.0) == 0
    noise = np.random.default_rng(3).integers(-8000, 8000, 48_000).astype(np.int16)
    assert seconds_of_tone(noise, 440.0) == 0


def test_a_tone_survives_opus() -> None:
    encoder, decoder = OpusEncoder(), OpusDecoder()
    heard = np.concatenate([decoder.decode(encoder.encode(tone(440.0, block))) for block in range(50)])
    assert seconds_of_tone(heard, 440.0) > 0.9
    with pytest.raises(ValueError, match="960"):
        encoder.encode(np.zeros(1920, dtype=np.int16))


def test_loudness_is_told_in_decibels_below_the_loudest() -> None:
    assert level_dbov(np.zeros(960, dtype=np.int16)) == 127
    assert level_dbov(np.full(960, 32767, dtype=np.int16)) == 0
    assert level_dbov(tone(440.0, 0, amplitude=32767)) == 3
    assert level_dbov(np.full(960, 1, dtype=np.int16)) == 90
