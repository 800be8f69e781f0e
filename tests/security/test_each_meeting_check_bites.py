"""Each check of meetings bites, at the client and at the server: with it taken out, its lie is believed, or told under another
name."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocol.errors import ErrorCode
from tests.integration.server.hall import open_hall
from tests.security import checks_of_meetings as checks
from tests.security.lies_of_meetings import LIES
from tests.security.lies_to_rooms import LIES as LIES_TO_ROOMS
from tests.security.sittings import table
from tests.security.switches import Site, sites, switch_off

pytestmark = pytest.mark.expects_logs
BY_NAME = {one.name: one for one in LIES}
ROOMS_BY_NAME = {one.name: one for one in LIES_TO_ROOMS}


def site(check: str) -> Site:
    module, function, what, number = check.split(":")
    return Site(module, function, what, int(number))


@pytest.mark.parametrize("check", checks.BITES)
async def test_with_the_check_its_lie_is_named_and_without_it_is_not(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie = BY_NAME[checks.BITES[check]]
    async with table(monkeypatch, lie.members) as opened:
        await opened.sit(opened.first, opened.second)
        told = await lie.prepare(opened)
        assert await told() == [lie.code]
        with monkeypatch.context() as off:
            switch_off(site(check), off)
            codes = await told()
    doubled = checks.DOUBLED.get(check)
    assert codes == ([] if doubled is None else [doubled])


@pytest.mark.parametrize("check", checks.SERVER_BITES)
def test_with_the_servers_check_its_lie_is_refused_and_without_it_is_not(
    check: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lie = ROOMS_BY_NAME[checks.SERVER_BITES[check]]
    hall = open_hall(tmp_path)
    try:
        told = lie.prepare(hall)
        assert told().json().get("code") == lie.code.value
        with monkeypatch.context() as off:
            switch_off(site(check), off)
            code = told().json().get("code")
    finally:
        hall.city.close()
    doubled = checks.SERVER_DOUBLED.get(check)
    assert (None if code is None else ErrorCode(code)) is doubled


@pytest.mark.parametrize(
    ("scope", "bites", "elsewhere", "lies", "doubled"),
    [
        (checks.SCOPE, checks.BITES, checks.ELSEWHERE, BY_NAME.keys(), checks.DOUBLED),
        (
            checks.SERVER_SCOPE,
            checks.SERVER_BITES,
            checks.SERVER_ELSEWHERE,
            ROOMS_BY_NAME.keys(),
            checks.SERVER_DOUBLED,
        ),
    ],
    ids=["client", "server"],
)
def test_every_check_in_the_code_is_entered_and_no_other(
    scope: tuple[str, ...],
    bites: dict[str, str],
    elsewhere: dict[str, str],
    lies: set[str],
    doubled: dict[str, ErrorCode],
) -> None:
    found = {str(one) for module in scope for one in sites(module)}
    assert bites.keys() | elsewhere.keys() == found
    assert not bites.keys() & elsewhere.keys()
    assert set(bites.values()) == set(lies)
    assert doubled.keys() <= bites.keys()
