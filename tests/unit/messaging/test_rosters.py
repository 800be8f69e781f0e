"""The chain of rosters: only managers change it, anybody may leave, and everybody ends with the same."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import ErrorCode, JinshuError
from protocol.identifiers import IdKind, new_id
from protocol.messaging.payloads import Roster
from protocol.messaging.rosters import check_roster

PEOPLE: Final = sorted(new_id(IdKind.PERSON, bytes([n] * 16)) for n in range(6))
TALK: Final = new_id(IdKind.CONVERSATION, bytes(16))
FIRST: Final = Roster(TALK, 1, None, True, PEOPLE[0], PEOPLE[:3], PEOPLE[:1], 1, 1, bytes(32), 1)
REFUSED, OUTDATED = ErrorCode.MESSAGING_ROSTER_REFUSED, ErrorCode.MESSAGING_ROSTER_OUTDATED


def entry(roster: Roster) -> bytes:
    return sha256(repr(roster).encode()).digest()


def after(roster: Roster, **changes: object) -> Roster:
    return replace(roster, n=roster.n + 1, previous=entry(roster), **changes)  # type: ignore[arg-type]


def refusal(wanted: Roster, last: Roster | None) -> ErrorCode | None:
    try:
        check_roster(wanted, None if last is None else (entry(last), last))
    except JinshuError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"n": 2}, REFUSED),
        ({"previous": bytes(32)}, REFUSED),
        ({"members": []}, REFUSED),
        ({"person": PEOPLE[4]}, REFUSED),
        ({"person": PEOPLE[1]}, REFUSED),
        ({"admins": [PEOPLE[0], PEOPLE[5]]}, REFUSED),
        ({"group": False}, REFUSED),
        ({"group": False, "members": PEOPLE[:2], "admins": PEOPLE[:1]}, REFUSED),
        ({"group": False, "members": PEOPLE[:2], "admins": PEOPLE[:2]}, None),
    ],
)
def test_a_conversation_begins(changes: dict[str, object], code: ErrorCode | None) -> None:
    assert refusal(replace(FIRST, **changes), None) is code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"members": PEOPLE[:5]}, None),
        ({"members": PEOPLE[1:3], "admins": PEOPLE[1:2]}, None),
        ({"members": PEOPLE[:2], "person": PEOPLE[2]}, None),
        ({"members": [PEOPLE[0], PEOPLE[2]], "person": PEOPLE[2]}, REFUSED),
        ({"members": PEOPLE[:4], "person": PEOPLE[1]}, REFUSED),
        ({"admins": PEOPLE[:2], "person": PEOPLE[1]}, REFUSED),
        ({"members": PEOPLE[:4], "person": PEOPLE[3]}, REFUSED),
        ({"admins": [], "members": []}, REFUSED),
        ({"n": 3}, OUTDATED),
        ({"n": 1}, OUTDATED),
        ({"previous": bytes(32)}, OUTDATED),
        ({"previous": None}, OUTDATED),
        ({"group": False}, REFUSED),
        ({"conversation": new_id(IdKind.CONVERSATION, bytes([1] * 16))}, REFUSED),
    ],
)
def test_a_roster_follows(changes: dict[str, object], code: ErrorCode | None) -> None:
    wanted = replace(after(FIRST), **changes)  # type: ignore[arg-type]
    assert refusal(wanted, FIRST) is code


def test_a_conversation_of_two_stays_one_of_two() -> None:
    pair = replace(FIRST, group=False, members=PEOPLE[:2], admins=PEOPLE[:2])
    assert refusal(after(pair, members=PEOPLE[:3]), pair) is REFUSED
    assert refusal(after(pair, members=PEOPLE[:1], admins=PEOPLE[:1]), pair) is REFUSED


_CHANGES = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sets(st.integers(0, 5)),
        st.sets(st.integers(0, 5)),
        st.booleans(),
    ),
    max_size=12,
)


@given(_CHANGES)
def test_nobody_but_a_manager_or_the_leaver_himself_is_ever_behind_a_change(
    changes: list[tuple[int, set[int], set[int], bool]],
) -> None:
    """Whatever anybody signs: what was taken is by a manager of the roster before, or only its signer has gone."""
    last = FIRST
    for who, members, admins, leaves in changes:
        person = PEOPLE[who]
        wanted = after(
            last,
            person=person,
            members=[m for m in last.members if m != person]
            if leaves
            else sorted(PEOPLE[m] for m in members),
            admins=last.admins if leaves else sorted(PEOPLE[a] for a in admins),
        )
        stale = after(FIRST, person=person, members=wanted.members, admins=wanted.admins)
        if last != FIRST:
            assert refusal(stale, last) in (OUTDATED, REFUSED)
        if refusal(wanted, last) is not None:
            continue
        assert wanted.members
        assert set(wanted.admins) <= set(wanted.members)
        if person not in last.admins:
            assert (set(last.members) - set(wanted.members), wanted.admins) == ({person}, last.admins)
            assert set(wanted.members) < set(last.members)
        assert refusal(wanted, wanted) is OUTDATED
        last = wanted


@given(st.permutations(PEOPLE[:3]))
def test_lists_have_one_order(members: list[str]) -> None:
    value = replace(FIRST, members=members).value()
    if members == sorted(members):
        assert Roster.parse(value) == FIRST
        return
    with pytest.raises(JinshuError, match=ErrorCode.WIRE_MALFORMED.value):
        Roster.parse(value)
