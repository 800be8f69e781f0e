"""Each check a client makes of conversations bites: with it taken out, its lie is believed, or told under another name."""

from __future__ import annotations

import pytest

from tests.security import lies_of_channels
from tests.security.checks_of_conversations import BITES, DOUBLED, ELSEWHERE, SCOPE
from tests.security.lies_of_conversations import LIES, stage
from tests.security.ring import ring
from tests.security.switches import Site, sites, switch_off

pytestmark = pytest.mark.expects_logs
CHANNELS = lies_of_channels  # importing it enters its lies
BY_NAME = {one.name: one for one in LIES}


@pytest.mark.parametrize("check", BITES)
async def test_with_the_check_its_lie_is_named_and_without_it_is_not(
    check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie = BY_NAME[BITES[check]]
    module, function, what, number = check.split(":")
    async with ring() as made:
        told = await lie.prepare(await stage(made))
        assert list(await told()) == [lie.code]
        with monkeypatch.context() as off:
            switch_off(Site(module, function, what, int(number)), off)
            codes = list(await told())
    doubled = DOUBLED.get(check)
    assert codes == ([] if doubled is None else [doubled])


async def test_every_check_in_the_code_is_entered_and_no_other() -> None:
    found = {str(one) for module in SCOPE for one in sites(module)}
    assert BITES.keys() | ELSEWHERE.keys() == found
    assert not BITES.keys() & ELSEWHERE.keys()
    assert set(BITES.values()) == BY_NAME.keys()
    assert CHANNELS.__doc__
    assert DOUBLED.keys() <= BITES.keys()
