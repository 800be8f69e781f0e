"""Each check a client makes of documents bites: with it taken out, its lie is kept, or told under another name (C8–C13)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import pytest_asyncio

from protocol.errors import JinshuError
from tests.security import faults
from tests.security import test_malicious_server_on_documents as table
from tests.security.checks_of_readers import BITES, ELSEWHERE, SCOPE
from tests.security.desk import Desk, Trick
from tests.security.switches import Site, sites, switch_off
from tests.security.tricks import LEDGER, TRICKS

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.expects_logs]
ATTACKS = {one.name: one for one in TRICKS}
# A line that was believed stays in the ledger its reader knows: such lies get a city of their own.
APART = {one for one, name in BITES.items() if ATTACKS[name].target == LEDGER and ATTACKS[name].held}


async def a_desk() -> AsyncIterator[Desk]:
    with TemporaryDirectory(dir=table.MEMORY) as folder:
        made = Desk(Path(folder))
        await made.sit()
        yield made
        await made.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole() -> AsyncIterator[Desk]:
    async for made in a_desk():
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def alone() -> AsyncIterator[Desk]:
    async for made in a_desk():
        yield made


async def bitten(desk: Desk, check: str, patch: pytest.MonkeyPatch) -> None:
    attack = ATTACKS[BITES[check]]
    module, function, what, number = check.split(":")
    blow = await attack.run(desk)
    noticed = len(desk.real.notices(desk.client))
    with patch.context() as off:
        switch_off(Site(module, function, what, int(number)), off)
        assert not await named(desk, attack, blow.act, noticed)
    desk.honest()


async def named(desk: Desk, attack: Trick, act: Callable[[], Awaitable[object]], noticed: int) -> bool:
    """Whether the client still says what is wrong."""
    try:
        await act()
    except JinshuError as error:
        return error.code is attack.code
    except (ValueError, TypeError, AttributeError, LookupError):
        return False  # a crash is no name
    return attack.code in desk.real.notices(desk.client)[noticed:]


@pytest.mark.parametrize("check", sorted(BITES.keys() - APART))
async def test_without_the_check_its_lie_goes_unnamed(
    check: str, monkeypatch: pytest.MonkeyPatch, whole: Desk
) -> None:
    await bitten(whole, check, monkeypatch)


@pytest.mark.parametrize("check", sorted(APART))
async def test_without_the_check_a_lie_about_the_ledger_goes_unnamed(
    check: str, monkeypatch: pytest.MonkeyPatch, alone: Desk
) -> None:
    await bitten(alone, check, monkeypatch)


async def test_every_check_in_the_code_is_entered_and_no_other() -> None:
    found = {str(one) for module in SCOPE for one in sites(module)}
    assert BITES.keys() | ELSEWHERE.keys() == found
    assert not BITES.keys() & ELSEWHERE.keys()
    assert set(BITES.values()) <= ATTACKS.keys()


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.name)
async def test_what_does_not_agree_is_kept_under_its_fault(fault: faults.Fault, whole: Desk) -> None:
    assert await fault.told(whole) == fault.code.value
    whole.honest()


@pytest.mark.parametrize("check", faults.BITES)
async def test_without_the_check_the_fault_is_not_seen(
    check: str, monkeypatch: pytest.MonkeyPatch, whole: Desk
) -> None:
    fault = next(one for one in faults.FAULTS if one.name == faults.BITES[check])
    module, function, what, number = check.split(":")
    with monkeypatch.context() as off:
        switch_off(Site(module, function, what, int(number)), off)
        assert await fault.told(whole) != fault.code.value
    whole.honest()


async def test_every_check_of_contents_is_entered_and_no_other() -> None:
    assert faults.BITES.keys() == {str(one) for module in faults.SCOPE for one in sites(module)}
