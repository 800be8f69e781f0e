"""The words of the slot channel, as said and as read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.media.channel import (
    Assignment,
    Control,
    SlotMap,
    Speakers,
    read,
    say_control,
    say_publish,
    say_view,
)
from protocol.crypto.frames import Stream
from protocol.errors import ErrorCode, JinshuError

SLOT = {"mid": "7", "sender": "dev_1", "stream": 1, "layer": "high"}


def test_a_map_is_read_whole() -> None:
    text = json.dumps({"t": "map", "version": 4, "slots": [None] * 3 + [SLOT] + [None] * 8})
    assert read(text) == SlotMap(
        4, (None,) * 3 + (Assignment("7", "dev_1", Stream.VIDEO_HIGH, "high"),) + (None,) * 8
    )


def test_speakers_and_control_are_read() -> None:
    assert read('{"t": "speakers", "order": ["b", "a"]}') == Speakers(("b", "a"))
    assert read('{"t": "control", "from": "a", "data": "AAE="}') == Control("a", b"\x00\x01")


def test_a_kind_of_a_later_version_is_no_error() -> None:
    assert read('{"t": "weather"}') is None


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {},
        {"t": "map", "version": 1, "slots": [None] * 11},
        {"t": "map", "version": 1, "slots": [{**SLOT, "stream": 6}] + [None] * 11},
        {"t": "map", "version": 1, "slots": [{**SLOT, "layer": "middle"}] + [None] * 11},
        {"t": "map", "version": 1, "slots": [{**SLOT, "sender": "x" * 200}] + [None] * 11},
        {"t": "map", "version": "one", "slots": [None] * 12},
        {"t": "speakers", "order": [1]},
        {"t": "speakers", "order": None},
        {"t": "control", "from": "a", "data": "?"},
        {"t": "control", "data": ""},
        {"t": "speakers", "order": ["x" * 70_000]},
    ],
)
def test_a_malformed_message_is_refused(message: Any) -> None:
    with pytest.raises(JinshuError) as refused:
        read(json.dumps(message))
    assert refused.value.code is ErrorCode.WIRE_MALFORMED


@given(st.text())
def test_no_text_does_harm(text: str) -> None:
    code = None
    try:
        read(text)
    except JinshuError as error:
        code = error.code
    assert code in (None, ErrorCode.WIRE_MALFORMED)


def test_what_we_say() -> None:
    assert json.loads(say_view(["a"], 2, 9, True)) == {
        "t": "view",
        "pins": ["a"],
        "high": 2,
        "videos": 9,
        "screen": True,
    }
    streams = frozenset({Stream.SCREEN, Stream.AUDIO})
    assert json.loads(say_publish(streams)) == {"t": "publish", "streams": [0, 3]}
    assert json.loads(say_control(b"\x00\x01")) == {"t": "control", "data": "AAE="}
    with pytest.raises(JinshuError) as refused:
        say_control(bytes(8193))
    assert refused.value.code is ErrorCode.WIRE_TOO_LARGE
