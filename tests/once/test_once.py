"""Promise "once": a process that dies at any durable point loses no acknowledged act and repeats none.

One run for each point, in processes of their own under SIGKILL. There are about a hundred and forty, too many for `make test`,
which takes all kinds in all roles, and of each kind every fourth point, those before a moment halfway between those after it.
`make soak` takes every point, and then up to three in one run, drawn at random, also points of the recovery.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.once import actors
from tests.once.checks import check
from tests.once.points import Point
from tests.once.prepared import prepare
from tests.once.scenario import play
from tests.once.stage import CONTEXT, ROLES, process, reserve

_EVERY = 4
SOAK_RUNS = int(os.environ.get("SOAK_RUNS", "3000"))


@dataclass
class Theatre:
    """The prepared folders, a port, and how many points of each kind a run without a death passes."""

    prepared: Path
    folder: Path
    port: int
    points: dict[str, Counter[str]] = field(default_factory=dict)
    runs: int = 0

    def play(self, fatal: list[Point]) -> list[Point]:
        """One run, checked; returns the points that were died at."""
        self.runs += 1
        folder = self.folder / f"run{self.runs}"
        outcome = play(self.prepared, folder, self.port, fatal)
        check(outcome)
        if not fatal:
            self.points = {role: outcome.stage.passed(role) for role in ROLES}
        # Kept only where something failed.
        shutil.rmtree(folder)
        return outcome.stage.died


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    folder = tmp_path_factory.mktemp("once")
    with reserve() as held:
        port: int = held.getsockname()[1]
        made = Theatre(prepare(folder, port), folder, port)
        assert made.play([]) == []
        yield made


@pytest.mark.parametrize("role", ROLES)
def test_a_death_loses_and_repeats_nothing(theatre: Theatre, role: str) -> None:
    kinds = theatre.points[role]
    spread = [
        Point(role, kind, count)
        for kind in kinds
        for count in range(1, kinds[kind] + 1)
        if kinds[kind] < _EVERY or count % _EVERY == (1 if kind.startswith("before") else 3)
    ]
    _die_at(theatre, spread)


@pytest.mark.soak
@pytest.mark.parametrize("role", ROLES)
def test_a_death_at_any_point_loses_and_repeats_nothing(theatre: Theatre, role: str) -> None:
    kinds = theatre.points[role]
    _die_at(theatre, [Point(role, kind, n) for kind in kinds for n in range(1, kinds[kind] + 1)])


def _die_at(theatre: Theatre, points: list[Point]) -> None:
    died = [point for fatal in points for point in theatre.play([fatal])]
    # How many acknowledgements and commits there are is in part a matter of timing, that there are some is not.
    assert {point.kind for point in died} == {point.kind for point in points}
    assert len(died) >= 0.8 * len(points)


def test_two_clients_on_one_profile_are_refused(theatre: Theatre, tmp_path: Path) -> None:
    profile = shutil.copytree(theatre.prepared / "clerk", tmp_path / "clerk")
    ours, theirs = CONTEXT.Pipe()
    first = process(actors.client, profile, theirs, tmp_path / "points", tmp_path / "log", None)
    theirs.close()
    ours.send(("holdings", ()))
    assert ours.recv()[0]
    assert _second(actors.second_client, profile) == "profile.in_use"
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    ours.close()
    assert _second(actors.second_client, profile) == "opened", "the system lets go of a dead process's lock"


def test_two_servers_on_one_folder_are_refused(theatre: Theatre, tmp_path: Path) -> None:
    folder = shutil.copytree(theatre.prepared / "server", tmp_path / "server")
    ours, theirs = CONTEXT.Pipe()
    first = process(actors.holding_server, folder, theirs)
    assert ours.recv() == "taken"
    assert _second(actors.second_server, folder) == "in use"
    first.kill()
    first.join()
    assert _second(actors.second_server, folder) == "taken"


@pytest.mark.soak
def test_deaths_at_random_points(theatre: Theatre) -> None:
    """SOAK_RUNS runs; SOAK_SEED repeats what failed."""
    seed = int(os.environ.get("SOAK_SEED", "0")) or random.SystemRandom().getrandbits(32)
    draw = random.Random(seed)
    for run in range(SOAK_RUNS):
        fatal = [_drawn(draw, theatre.points) for _ in range(draw.randint(1, 3))]
        try:
            theatre.play(fatal)
        except BaseException as error:
            error.add_note(f"SOAK_SEED={seed}, run {run}: {fatal}")
            raise


def _drawn(draw: random.Random, points: dict[str, Counter[str]]) -> Point:
    every = [(role, kind) for role in ROLES for kind in points[role].elements()]
    role, kind = draw.choice(every)
    return Point(role, kind, draw.randint(1, points[role][kind]))


def _second(run: object, folder: Path) -> str:
    ours, theirs = CONTEXT.Pipe()
    trying = process(run, folder, theirs)
    answer: str = ours.recv()
    trying.join()
    return answer
