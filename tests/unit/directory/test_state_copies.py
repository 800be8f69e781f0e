"""Leaves are tried on a copy of the directory's state: it has every field, and shares nothing that a leaf could change."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Final

import pytest

from protocol.directory.state import DirectoryState
from tests.unit.directory.changing_ca import ChangingCity

_METHODS: Final = "_checks"


@pytest.fixture(scope="module")
def city() -> ChangingCity:
    """With devices, seals, a change of the CA, and what it made void."""
    city = ChangingCity()
    device = city.enter(city.clerk)
    city.seal_for(device)
    trusted = city.state.size
    city.enter(city.other)
    city.change(trusted)
    city.follow()
    return city


def fields(state: DirectoryState) -> dict[str, Any]:
    return {name: value for name, value in vars(state).items() if name != _METHODS}


def _is_frozen(record: Any) -> bool:
    return bool(record.__dataclass_params__.frozen)


def changeable(value: object) -> Iterator[object]:
    """What can be changed in a value, at any depth. A record that is frozen ends the way down."""
    inside: list[object] = []
    if isinstance(value, dict):
        inside = [*value.values()]
    elif isinstance(value, list | set | tuple):
        inside = [*value]
    elif dataclasses.is_dataclass(value) and not _is_frozen(value):
        inside = [getattr(value, each.name) for each in dataclasses.fields(value)]
    if inside or isinstance(value, dict | list | set):
        if not isinstance(value, tuple):
            yield value
        for each in inside:
            yield from changeable(each)


def test_a_copy_has_every_field_as_it_is(city: ChangingCity) -> None:
    assert fields(city.state.clone()) == fields(city.state)


def test_a_copy_shares_nothing_that_can_be_changed(city: ChangingCity) -> None:
    copied = fields(city.state.clone())
    shared = {
        name
        for name, value in fields(city.state).items()
        if {id(each) for each in changeable(value)} & {id(each) for each in changeable(copied[name])}
    }
    assert not shared


def test_a_field_that_somebody_adds_is_copied_too(city: ChangingCity) -> None:
    state = city.fold()
    state.__dict__["_added"] = {"kind": [1]}
    copied = vars(state.clone())["_added"]
    assert copied == {"kind": [1]}
    assert copied is not vars(state)["_added"]
    assert copied["kind"] is not vars(state)["_added"]["kind"]


def test_a_leaf_tried_on_a_copy_leaves_the_state_alone(city: ChangingCity) -> None:
    state = city.fold()
    before = fields(state.clone())
    tried = state.clone()
    leaf = city.ca.device(city.other).bundle()
    tried.apply(leaf, at_ms=city.ca.clock.now)
    assert tried.size == state.size + 1
    assert fields(state) == before
