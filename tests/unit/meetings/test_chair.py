"""Only chairs act, in a chain; what they did is what everybody folds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.crypto import cbor
from protocol.errors import ErrorCode, JinshuError
from protocol.meetings.chair import Chair, follow, opened, silenced
from protocol.meetings.payloads import ChairAct, ChairEntry, Meeting

MEETING = "mtg_" + "a" * 26
HOST, DEPUTY, GUEST = ("prs_" + letter * 25 + "a" for letter in "bcd")
ROOT = bytes(32)


def called(**changes: object) -> Meeting:
    values = {
        "meeting": MEETING,
        "conversation": "cnv_" + "a" * 26,
        "person": HOST,
        "device": "dev_" + "a" * 26,
        "chairs": [HOST, DEPUTY],
        "starts_at": 1,
        "ends_at": 2,
        "log_size": 1,
        "log_root": ROOT,
        "at": 1,
    }
    return Meeting.parse({"v": 1, **values, **changes})


def entry(state: Chair, act: ChairAct, target: str | None = None, **changes: object) -> ChairEntry:
    values = {
        "meeting": MEETING,
        "n": state.n + 1,
        "previous": state.last,
        "person": HOST,
        "device": "dev_" + "a" * 26,
        "act": act.value,
        "target": target,
        "log_size": 1,
        "log_root": ROOT,
        "at": 1,
    }
    return ChairEntry.parse({"v": 1, **values, **changes})


def begun() -> Chair:
    return opened(b"m" * 32, called())


def done(state: Chair, act: ChairAct, target: str | None = None, person: str = HOST) -> Chair:
    made = entry(state, act, target, person=person)
    return follow(state, bytes((state.n + 1,)) * 32, made)


def code(state: Chair, made: ChairEntry) -> ErrorCode:
    with pytest.raises(JinshuError) as caught:
        follow(state, b"x" * 32, made)
    return caught.value.code


def test_acts_fold_into_the_state_of_the_meeting() -> None:
    state = done(begun(), ChairAct.LOCK)
    assert (state.locked, state.n, state.last) == (True, 1, bytes((1,)) * 32)
    state = done(state, ChairAct.SPOTLIGHT, GUEST)
    state = done(state, ChairAct.REMOVE, GUEST, person=DEPUTY)
    assert (state.removed, state.spotlight) == (frozenset({GUEST}), None)
    state = done(state, ChairAct.ADMIT, GUEST)
    state = done(state, ChairAct.UNLOCK)
    assert (state.removed, state.locked) == (frozenset(), False)
    state = done(state, ChairAct.HAND_OVER, GUEST)
    assert state.chairs == (GUEST, HOST, DEPUTY)
    assert done(state, ChairAct.END, person=GUEST).ended


def test_only_a_chair_acts_in_turn_and_not_after_the_end() -> None:
    state = begun()
    assert code(state, entry(state, ChairAct.LOCK, person=GUEST)) is ErrorCode.MEETINGS_ACT_REFUSED
    assert code(state, entry(state, ChairAct.LOCK, meeting="mtg_" + "b" * 25 + "a")) is (
        ErrorCode.MEETINGS_ACT_REFUSED
    )
    assert code(state, entry(state, ChairAct.REMOVE, DEPUTY)) is ErrorCode.MEETINGS_ACT_REFUSED
    assert code(state, entry(state, ChairAct.LOCK, n=2)) is ErrorCode.MEETINGS_ACT_OUTDATED
    assert code(state, entry(state, ChairAct.LOCK, previous=ROOT)) is ErrorCode.MEETINGS_ACT_OUTDATED
    over = done(state, ChairAct.END)
    assert code(over, entry(over, ChairAct.LOCK)) is ErrorCode.MEETINGS_ENDED


def test_muting_concerns_one_or_everybody_who_is_no_chair() -> None:
    state = begun()
    everybody, one = entry(state, ChairAct.MUTE), entry(state, ChairAct.MUTE, HOST)
    assert [silenced(state, everybody, who) for who in (HOST, DEPUTY, GUEST)] == [False, False, True]
    assert [silenced(state, one, who) for who in (HOST, DEPUTY, GUEST)] == [True, False, False]
    assert not silenced(state, entry(state, ChairAct.LOCK), GUEST)


@pytest.mark.parametrize(
    ("act", "target"),
    [(ChairAct.REMOVE, None), (ChairAct.HAND_OVER, None), (ChairAct.LOCK, GUEST), (ChairAct.END, GUEST)],
)
def test_acts_have_the_targets_they_need(act: ChairAct, target: str | None) -> None:
    with pytest.raises(JinshuError) as caught:
        entry(begun(), act, target)
    assert caught.value.code is ErrorCode.WIRE_MALFORMED


@pytest.mark.parametrize(
    "changes",
    [
        {"chairs": []},
        {"chairs": [DEPUTY, HOST]},
        {"chairs": [HOST, HOST]},
        {"starts_at": 3},
        {"person": GUEST},
    ],
)
def test_a_meeting_is_led_by_who_called_it(changes: dict[str, object]) -> None:
    with pytest.raises(JinshuError) as caught:
        called(**changes)
    assert caught.value.code is ErrorCode.WIRE_MALFORMED


@given(act=st.sampled_from([ChairAct.MUTE, ChairAct.SPOTLIGHT]), target=st.sampled_from([None, GUEST]))
def test_what_is_signed_is_read_again(act: ChairAct, target: str | None) -> None:
    made = entry(begun(), act, target)
    assert ChairEntry.parse(cbor.decode(cbor.encode(made.value()))) == made
    assert Meeting.parse(cbor.decode(cbor.encode(called().value()))) == called()
