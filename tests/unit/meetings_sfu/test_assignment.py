"""Who is in which slot: what holds for every meeting, and the cases it is made for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from protocol.crypto.frames import Stream
from protocol.meetings.slots import VIDEO_SLOTS
from server_stub.meetings.sfu.assignment import Shown, View, choose, place

AUDIO, HIGH, LOW, SCREEN = Stream.AUDIO, Stream.VIDEO_HIGH, Stream.VIDEO_LOW, Stream.SCREEN
BOTH = frozenset({HIGH, LOW})

names = some.sampled_from([f"p{number}" for number in range(14)])
counts = some.integers(0, VIDEO_SLOTS)
views = some.builds(View, some.lists(names, max_size=5).map(tuple), counts, counts, some.booleans())
meetings = some.dictionaries(
    names, some.frozensets(some.sampled_from([AUDIO, HIGH, LOW, SCREEN])), max_size=14
)


def chosen(view: View, receiver: str, meeting: dict[str, frozenset[Stream]], order: list[str]) -> list[Shown]:
    screens = [name for name in order if SCREEN in meeting[name]]
    return choose(view, receiver, order, meeting, screens)


@given(views, names, meetings, some.randoms())
def test_what_is_chosen_is_allowed(view, receiver, meeting, dice) -> None:  # type: ignore[no-untyped-def]
    order = list(meeting)
    dice.shuffle(order)
    wanted = chosen(view, receiver, meeting, order)
    cameras = [shown for shown in wanted if shown.stream is not SCREEN]
    assert len({shown.occupant for shown in wanted}) == len(wanted) <= VIDEO_SLOTS
    assert len(cameras) <= view.videos
    assert len(wanted) - len(cameras) <= int(view.screen)
    for shown in wanted:
        assert shown.sender != receiver
        assert shown.stream in meeting[shown.sender]
    assert all(shown.stream is LOW for shown in cameras[view.high :])
    # A camera is left out only when there is no room for it or nothing of it that is wanted.
    if len(cameras) < min(view.videos, VIDEO_SLOTS - 1):
        shown_people = {shown.sender for shown in cameras}
        assert all(
            LOW not in meeting[name] for name in meeting if name != receiver and name not in shown_people
        )
    # Pins come before everybody else.
    pinned = [shown.sender in view.pins for shown in cameras]
    assert pinned == sorted(pinned, reverse=True)
    if not all(pinned):
        people = {shown.sender for shown in cameras} | {receiver}
        assert all(pin in people for pin in view.pins if LOW in meeting.get(pin, ()))


@given(views, views, names, meetings, some.randoms())
def test_whoever_is_shown_stays_where_he_is(one, other, receiver, meeting, dice) -> None:  # type: ignore[no-untyped-def]
    order = list(meeting)
    before: list[Shown | None] = [None] * VIDEO_SLOTS
    for view in (one, other):
        dice.shuffle(order)
        wanted = chosen(view, receiver, meeting, order)
        after = place(before, wanted)
        assert sorted(map(repr, (shown for shown in after if shown))) == sorted(map(repr, wanted))
        stayed = {shown.occupant for shown in wanted} & {shown.occupant for shown in before if shown}
        for index, shown in enumerate(before):
            if shown is not None and shown.occupant in stayed:
                now = after[index]
                assert now is not None
                assert now.occupant == shown.occupant
        before = after
    assert place(before, [shown for shown in before if shown]) == before


def test_the_first_are_large_and_the_others_small() -> None:
    meeting = {name: BOTH for name in "abcd"}
    wanted = choose(View((), 2, 9, True), "d", "cabd", meeting, [])
    assert wanted == [Shown("c", HIGH), Shown("a", HIGH), Shown("b", LOW)]
    assert [shown.layer for shown in wanted] == ["high", "high", "low"]


def test_a_pin_is_first_and_unknown_ones_take_nothing() -> None:
    meeting = {name: BOTH for name in "abc"}
    view = View(("gone", "c", "c", "d"), 1, 2, True)
    assert choose(view, "d", "abc", meeting, []) == [Shown("c", HIGH), Shown("a", LOW)]


def test_one_screen_takes_a_slot_the_newest_or_the_pinned() -> None:
    meeting = {"a": frozenset({SCREEN}), "b": frozenset({SCREEN}), "c": BOTH}
    assert choose(View(), "c", "abc", meeting, ["b", "a"]) == [Shown("b", SCREEN)]
    assert choose(View(("a",)), "c", "abc", meeting, ["b", "a"]) == [Shown("a", SCREEN)]
    assert choose(View(), "b", "abc", meeting, ["b", "a"]) == [Shown("a", SCREEN), Shown("c", HIGH)]
    assert choose(View(screen=False), "c", "abc", meeting, ["b", "a"]) == []
    assert Shown("a", SCREEN).layer is None


def test_a_full_house_leaves_one_slot_to_the_screen() -> None:
    meeting = {f"p{number}": BOTH for number in range(20)} | {"s": frozenset({SCREEN})}
    wanted = choose(View(), "me", list(meeting), meeting, ["s"])
    assert wanted[0] == Shown("s", SCREEN)
    assert len(wanted) == VIDEO_SLOTS


def test_a_layer_that_is_not_sent_takes_no_slot() -> None:
    meeting = {"a": frozenset({HIGH}), "b": frozenset({LOW}), "c": frozenset({AUDIO})}
    assert choose(View((), 0, 9, True), "d", "abc", meeting, []) == [Shown("b", LOW)]
    assert choose(View((), 9, 9, True), "d", "abc", meeting, []) == [Shown("a", HIGH), Shown("b", LOW)]


def test_the_new_take_what_became_free_and_nobody_moves() -> None:
    a, b, c, d = (Shown(name, LOW) for name in "abcd")
    assert place([a, b, None], [c, b]) == [c, b, None]
    assert place([a, b, c], [d, Shown("c", HIGH), a]) == [a, d, Shown("c", HIGH)]
    assert place([a], [a, b]) == [a]
