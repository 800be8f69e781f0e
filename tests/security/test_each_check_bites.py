"""Each check bites: with it taken out, its attack is no longer named, so that whoever deletes a check breaks a named test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from protocol.errors import ErrorCode, JinshuError
from tests.security import small_lies_of_certificates
from tests.security import test_malicious_server as table
from tests.security.checks import BITES, ELSEWHERE, SCOPE
from tests.security.small_lies import SMALL, SmallLie
from tests.security.switches import Site, sites, switch_off
from tests.security.visits import VISITS, Visit
from tests.security.world import CELLS, Cell, World, Worlds

ROOT = Path(__file__).parents[2]
CERTIFICATES = small_lies_of_certificates  # importing it enters its lies
ATTACKS: dict[str, Cell | SmallLie | Visit] = {
    **{one.name: one for one in CELLS},
    **{one.name: one for one in SMALL},
    **{one.name: one for one in VISITS},
}


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    made = Worlds()
    yield made
    made.end()


@pytest.mark.parametrize("lie", SMALL, ids=lambda lie: lie.name)
def test_the_small_lie_is_named(lie: SmallLie) -> None:
    with pytest.raises(JinshuError) as caught:
        lie.run()
    assert caught.value.code is lie.code


@pytest.mark.expects_logs
@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.name)
def test_the_honest_server_refuses_the_visit(visit: Visit, worlds: Worlds) -> None:
    with pytest.raises(JinshuError) as caught:
        visit.pay(worlds.new().city)
    assert caught.value.code is visit.code


@pytest.mark.expects_logs
@pytest.mark.parametrize("check", BITES)
def test_without_the_check_its_attack_goes_unnamed(
    check: str, monkeypatch: pytest.MonkeyPatch, worlds: Worlds
) -> None:
    attack = ATTACKS[BITES[check]]
    switch_off(site(check), monkeypatch)
    if isinstance(attack, SmallLie):
        assert told(attack.run) is not attack.code
    elif isinstance(attack, Visit):
        visit, city = attack, worlds.new().city
        assert told(lambda: visit.pay(city)) is not attack.code
    else:
        assert asyncio.run(struck(attack, worlds.new())) is not attack.code


def test_every_check_in_the_code_is_entered_and_no_other() -> None:
    found = {str(one) for module in SCOPE for one in sites(module)}
    assert BITES.keys() | ELSEWHERE.keys() == found
    assert not BITES.keys() & ELSEWHERE.keys()


def test_every_attack_and_test_named_here_exists() -> None:
    assert set(BITES.values()) <= ATTACKS.keys()
    assert table.TABLES
    assert CERTIFICATES.__doc__
    for named in (where for where in ELSEWHERE.values() if "::" in where):
        path, _, test = named.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text("utf-8")


def site(check: str) -> Site:
    module, function, what, number = check.split(":")
    return Site(module, function, what, int(number))


def told(lie: Callable[[], None]) -> ErrorCode | None:
    """The code a small lie raises now; a crash is no code."""
    try:
        lie()
    except JinshuError as error:
        return error.code
    except (ValueError, TypeError, AttributeError, IndexError):
        return None
    return None


async def struck(attack: Cell, world: World) -> ErrorCode | None:
    """The code an attack raises now, or None when it succeeds."""
    try:
        strike = await attack.run(world)
        await strike.act()
    except JinshuError as error:
        return error.code
    except (ValueError, TypeError, AttributeError, IndexError):
        return None
    finally:
        await world.close()
    return None
