"""The channel's words: what a client says is read exactly, what it hears is what it reads."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from client.media import channel
from protocol.crypto.frames import Stream
from server_stub.meetings.sfu import words
from server_stub.meetings.sfu.assignment import Shown, View

MIDS = [str(mid) for mid in range(4, 16)]


def refused(said: object) -> bool:
    try:
        words.read(json.dumps(said))
    except ValueError:
        return True
    return False


def test_what_clients_say_is_read() -> None:
    said = channel.say_view(["anna", "boris"], 2, 9, False)
    assert words.read(said) == View(("anna", "boris"), 2, 9, False)
    said = channel.say_publish(frozenset({Stream.AUDIO, Stream.SCREEN}))
    assert words.read(said) == words.Publish(frozenset({Stream.AUDIO, Stream.SCREEN}))
    assert words.read(channel.say_control(b"sealed")) == words.Control("c2VhbGVk")


def test_what_is_said_is_read_by_clients() -> None:
    shown: list[Shown | None] = [None] * 12
    shown[0], shown[5] = Shown("anna", Stream.AUDIO), Shown("boris", Stream.VIDEO_LOW)
    read = channel.read(words.say_map(7, list(zip(MIDS, shown, strict=True))))
    assert isinstance(read, channel.SlotMap)
    assert read.version == 7
    assert read.slots[0] == channel.Assignment("4", "anna", Stream.AUDIO, None)
    assert read.slots[5] == channel.Assignment("9", "boris", Stream.VIDEO_LOW, "low")
    assert [slot for slot in read.slots if slot is None] == [None] * 10
    assert channel.read(words.say_speakers(f"p{index}" for index in range(30))) == channel.Speakers(
        tuple(f"p{index}" for index in range(20))
    )
    assert channel.read(words.say_control("anna", "c2VhbGVk")) == channel.Control("anna", b"sealed")


VIEW = {"t": "view", "pins": [], "high": 1, "videos": 9, "screen": True}


@pytest.mark.parametrize(
    "change",
    [
        {"pins": "anna"},
        {"pins": [1]},
        {"pins": ["a"] * 65},
        {"pins": ["a" * 129]},
        {"high": -1},
        {"high": 10},
        {"high": 1.0},
        {"videos": True},
        {"videos": None},
        {"screen": 1},
        {"more": 1},
        {"t": "View"},
    ],
)
def test_a_view_in_another_form_is_ignored(change: dict[str, object]) -> None:
    assert words.read(json.dumps(VIEW)) == View()
    assert refused(VIEW | change)


@pytest.mark.parametrize(
    "said",
    [
        {"t": "publish", "streams": [0, 1, 2, 3, 3]},
        {"t": "publish", "streams": [7]},
        {"t": "publish", "streams": [True]},
        {"t": "publish", "streams": {}},
        {"t": "publish", "streams": [], "x": 1},
        {"t": "control", "data": ""},
        {"t": "control", "data": "???"},
        {"t": "control", "data": "é"},
        {"t": "control", "data": "AAAA" * 2731},
        {"t": "control", "data": "AAAA", "from": "boris"},
        {"t": "map", "version": 1, "slots": []},
        {},
        [],
        None,
    ],
)
def test_what_is_none_of_our_words_is_ignored(said: object) -> None:
    assert refused(said)


def test_the_largest_control_message_is_passed_on() -> None:
    said = words.read(channel.say_control(bytes(8192)))
    assert isinstance(said, words.Control)


values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats()
    | some.text()
    | some.sampled_from([*VIEW, "publish"]),
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(some.sampled_from([*VIEW, "streams", "data"]), inner)
    ),
    max_leaves=12,
)


@given(values.map(json.dumps) | some.text() | some.just("[" * 100_000) | some.just("9" * 10_000))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read = words.read(text)
    except ValueError:
        return
    assert isinstance(read, View | words.Publish | words.Control)
