"""Who speaks and who is heard."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from server_stub.meetings.sfu.speakers import VOICE, Audible, Speakers

BLOCK = 0.02


def say(speakers: Speakers, name: str, level: int, start: float, seconds: float) -> bool:
    changed = False
    for index in range(round(seconds / BLOCK)):
        changed = speakers.hear(name, level, start + index * BLOCK) or changed
    return changed


def test_whoever_begins_to_speak_is_first_within_a_second_and_a_cough_is_not_speech() -> None:
    speakers = Speakers()
    assert say(speakers, "anna", 20, 0, 1.0)
    assert say(speakers, "boris", 70, 0, 1.0) is False
    assert say(speakers, "boris", 20, 1, 0.1) is False
    assert say(speakers, "boris", 70, 1.1, 0.9) is False
    assert list(speakers.order) == ["anna"]
    assert say(speakers, "boris", 20, 2, 1.0)
    assert list(speakers.order) == ["boris", "anna"]


def test_two_who_speak_at_once_do_not_take_turns() -> None:
    speakers = Speakers()
    orders = []
    for index in range(500):
        for name in ("anna", "boris"):
            if speakers.hear(name, 20, index * BLOCK):
                orders.append(speakers.order)
    assert orders == [("anna",), ("boris", "anna")]


def test_a_breath_does_not_end_a_speech_but_a_long_silence_does() -> None:
    speakers = Speakers()
    say(speakers, "anna", 20, 0, 1.1)
    say(speakers, "boris", 20, 1.1, 1.1)
    say(speakers, "anna", 80, 1.1, 1.0)
    assert not say(speakers, "anna", 20, 2.1, 1.0)
    say(speakers, "anna", 80, 3.1, 4.0)
    assert say(speakers, "anna", 20, 7.1, 1.1)
    assert list(speakers.order) == ["anna", "boris"]
    speakers.forget("anna")
    speakers.forget("nobody")
    assert list(speakers.order) == ["boris"]


def test_a_free_place_is_taken_with_the_first_packet_however_faint() -> None:
    audible = Audible(1)
    assert audible.hear("anna", 127, 0.0)
    assert not audible.hear("anna", 10, 0.0)
    assert audible.hear("boris", 90, 0.0)
    assert not audible.hear("carla", 90, 0.0)
    assert audible.participants == ("anna", "boris")


def test_a_voice_takes_the_place_of_silence_at_once_and_is_heard_by_all() -> None:
    audible = Audible(2)
    for name in ("anna", "boris", "carla"):
        audible.hear(name, 127, 0.0)
    audible.hear("anna", 20, 0.0)
    # Two places are silent; the voice gets the one that everybody hears.
    assert audible.hear("dora", 40, 0.01)
    assert audible.participants == ("anna", "dora", "carla")
    # And the one in the last place is heard by all once somebody before him is silent.
    assert not audible.hear("carla", 38, 0.3)
    assert audible.hear("carla", 38, 0.65)
    assert audible.participants == ("carla", "dora", "anna")


def test_of_those_who_all_speak_only_a_much_louder_one_takes_a_place() -> None:
    audible = Audible(2)
    for name, level in (("anna", 30), ("boris", 20), ("carla", 28)):
        audible.hear(name, level, 0.0)
    assert audible.participants == ("anna", "boris", "carla")
    assert not audible.hear("dora", 26, 0.1)
    assert audible.hear("dora", 24, 0.1)
    assert audible.participants == ("dora", "boris", "carla")
    # And of two, whoever has been silent for longer goes first.
    audible.hear("dora", 24, 0.5)
    audible.hear("carla", 28, 0.5)
    assert audible.hear("anna", 45, 0.65)
    assert audible.participants == ("dora", "anna", "carla")


def test_whoever_goes_makes_room() -> None:
    audible = Audible(1)
    audible.hear("anna", 10, 0.0)
    audible.hear("boris", 10, 0.0)
    audible.forget("anna")
    audible.forget("anna")
    assert audible.hear("carla", 100, 0.0)
    assert audible.participants == ("boris", "carla")


@given(some.lists(some.tuples(some.sampled_from("abcdefgh"), some.integers(0, 127), some.floats(0, 0.5))))
def test_places_are_never_more_than_there_are_and_a_voice_among_silence_has_one(
    packets: list[tuple[str, int, float]],
) -> None:
    audible, speakers, now, voiced = Audible(3), Speakers(), 0.0, dict[str, float]()
    for name, level, pause in packets:
        now += pause
        before = audible.participants
        changed = audible.hear(name, level, now)
        assert changed == (before != audible.participants)
        assert len(set(audible.participants)) == len(audible.participants) <= 4
        if level <= VOICE:
            voiced[name] = now
            active = [each for each, at in voiced.items() if now - at < 0.6]
            if len(active) <= 3:
                assert name in audible.participants[:3]
        speakers.hear(name, level, now)
        assert len(set(speakers.order)) == len(speakers.order)
