"""Damaged bytes are refused in the one way each reader has; FUZZ_SEED repeats what failed, FUZZ_RUNS says how many in `make soak`."""

from __future__ import annotations

import os
import random

import pytest

from tests.fuzz.mutations import mutations
from tests.fuzz.targets import TARGETS, Target

_SHORT = 1500
_LONG = int(os.environ.get("FUZZ_RUNS", "1000000"))


def feed(target: Target, count: int, seed: int) -> tuple[int, int]:
    """How many were read, and how many refused; any other exception fails, and says by which bytes."""
    read = refused = 0
    for data in mutations(target.samples, count, seed):
        try:
            target.read(data)
            read += 1
        except target.refusals:
            refused += 1
        except Exception as error:
            error.add_note(f"FUZZ_SEED={seed}, {target.name}: {data.hex()}")
            raise
    return read, refused


def named(target: Target) -> str:
    return target.name


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_samples_are_whole(target: Target) -> None:
    """A fuzzer that begins with what is refused anyway gets no further than the first check."""
    assert target.samples
    if target.name in ("request", "assembly"):
        return  # of several models, and of no one's packets
    for sample in target.samples:
        target.read(sample)


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_damaged_bytes_are_refused_by_name(target: Target) -> None:
    read, refused = feed(target, _SHORT, 20_261_201)
    assert read + refused == _SHORT


@pytest.mark.soak
@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_a_million_damaged_bytes_are_refused_by_name(target: Target) -> None:
    seed = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().getrandbits(32)
    read, refused = feed(target, _LONG, seed)
    assert read + refused == _LONG
