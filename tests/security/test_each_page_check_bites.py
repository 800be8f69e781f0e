"""Each check of a sealed file bites: with it taken out, its trick goes through, or under another name (C9)."""

from __future__ import annotations

import pytest
from pyhanko.pdf_utils.misc import PdfError

from client.verify import check as verifying
from client.verify import compare
from protocol.errors import ErrorCode, JinshuError
from tests.security.checks_of_pages import BITES, ELSEWHERE, SCOPE
from tests.security.switches import Site, sites, switch_off
from tests.security.tricks_of_pages import TRICKS, Trick

pytestmark = pytest.mark.expects_logs
BY_NAME = {one.name: one for one in TRICKS}


@pytest.fixture(autouse=True)
def _read_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that is taken out here would still stand in the confined process."""
    for module in (verifying, compare):
        monkeypatch.setattr(module, "confined", lambda function, *given: function(*given))


def named(one: Trick) -> tuple[ErrorCode, object] | None:
    """What the trick is called; None: it went through, or broke something."""
    try:
        one.run()
    except JinshuError as error:
        return error.code, error.params.get("reason")
    except (PdfError, ValueError, TypeError, AttributeError, LookupError):
        return None  # a crash is no name
    return None


@pytest.mark.parametrize("one", TRICKS, ids=lambda one: one.name)
def test_the_trick_is_named(one: Trick) -> None:
    assert named(one) == (one.code, one.part)


@pytest.mark.parametrize("check", BITES)
def test_without_the_check_its_trick_goes_unnamed(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = BY_NAME[BITES[check]]
    module, function, what, number = check.split(":")
    switch_off(Site(module, function, what, int(number)), monkeypatch)
    assert named(one) != (one.code, one.part)


def test_every_check_in_the_code_is_entered_and_no_other() -> None:
    found = {str(one) for module in SCOPE for one in sites(module)}
    assert BITES.keys() | ELSEWHERE.keys() == found
    assert not BITES.keys() & ELSEWHERE.keys()
    assert set(BITES.values()) <= BY_NAME.keys()
    assert len(BY_NAME) == len(TRICKS)
