"""Each check of documents bites: with it taken out, its attack is no longer named (C8–C13)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from protocol.errors import ErrorCode, JinshuError
from tests.security import lies_of_cases, lies_of_entries, lies_of_recipients
from tests.security.checks_of_documents import BITES, ELSEWHERE, SCOPE
from tests.security.lies_of_documents import PAPERS
from tests.security.small_lies import SmallLie
from tests.security.switches import Site, sites, switch_off
from tests.security.visits_of_documents import DELIVERIES, Delivery
from tests.support.document_city import DocumentCity

# A server without one of its checks may fail, and says so in its log a moment after its reply: in the next test.
pytestmark = pytest.mark.expects_logs

ROOT = Path(__file__).parents[2]
TABLES = (lies_of_cases, lies_of_entries, lies_of_recipients)  # importing them enters their lies
ATTACKS: dict[str, SmallLie | Delivery] = {
    **{one.name: one for one in PAPERS},
    **{one.name: one for one in DELIVERIES},
}
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def town() -> Iterator[DocumentCity]:
    """One city for all: what it refuses changes nothing, and every attack has a case of its own."""
    with TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        made = DocumentCity(Path(folder))
        yield made
        made.close()


@pytest.mark.parametrize("lie", PAPERS, ids=lambda lie: lie.name)
def test_the_lie_is_named(lie: SmallLie) -> None:
    with pytest.raises(JinshuError) as caught:
        lie.run()
    assert caught.value.code is lie.code


@pytest.mark.parametrize("delivery", DELIVERIES, ids=lambda delivery: delivery.name)
def test_the_server_refuses_it(delivery: Delivery, town: DocumentCity) -> None:
    with pytest.raises(JinshuError) as caught:
        delivery.run(town)
    assert caught.value.code is delivery.code


@pytest.mark.parametrize("check", BITES)
def test_without_the_check_its_lie_goes_unnamed(
    check: str, monkeypatch: pytest.MonkeyPatch, town: DocumentCity
) -> None:
    attack = ATTACKS[BITES[check]]
    module, function, what, number = check.split(":")
    switch_off(Site(module, function, what, int(number)), monkeypatch)
    if isinstance(attack, SmallLie):
        assert told(attack.run) is not attack.code
    else:
        delivery = attack
        assert told(lambda: delivery.run(town)) is not attack.code


def test_every_check_in_the_code_is_entered_and_no_other() -> None:
    found = {str(one) for module in SCOPE for one in sites(module)}
    assert BITES.keys() | ELSEWHERE.keys() == found
    assert not BITES.keys() & ELSEWHERE.keys()


def test_every_lie_and_test_named_here_exists() -> None:
    assert all(table.__doc__ for table in TABLES)
    assert len(ATTACKS) == len(PAPERS) + len(DELIVERIES)
    assert set(BITES.values()) <= ATTACKS.keys()
    for named in (where for where in ELSEWHERE.values() if "::" in where):
        path, _, test = named.partition("::")
        assert f"def {test}(" in (ROOT / path).read_text("utf-8")


def told(lie: Callable[[], None]) -> ErrorCode | None:
    """The code a lie raises now; a crash is no code."""
    try:
        lie()
    except JinshuError as error:
        return error.code
    except (ValueError, TypeError, AttributeError, LookupError, AssertionError):
        return None
    return None
