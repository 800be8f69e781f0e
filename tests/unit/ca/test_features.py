"""What an operator is told of the features a site may switch on, and the snapshot that says so (C41)."""

from __future__ import annotations

import pytest

from protocol.directory.organisation import Organisation
from protocol.directory.page_settings import RELEASED, Setting
from protocol.features import FEATURES, PAGE_CHECKS
from protocol.release import PROTOCOL_VERSION
from server_stub.ca.__main__ import main
from server_stub.ca.faults import CaError
from server_stub.ca.feature_commands import MEANINGS, check_server_reads
from server_stub.ca.snapshot import organisation_entries
from server_stub.ca.state import CaState
from tests.unit.ca.conftest import Office


def test_every_feature_says_what_a_site_gets_by_it() -> None:
    assert MEANINGS.keys() == FEATURES.keys()
    for feature in FEATURES.values():
        assert feature.protocol <= PROTOCOL_VERSION


def test_a_site_that_has_switched_nothing_on_signs_nothing_new() -> None:
    assert organisation_entries(CaState(city="云州市")) == []


def test_what_is_switched_stands_in_the_next_snapshot() -> None:
    state = CaState(city="云州市", features=["a/1", "b/2"], lowest_client=2)
    site = Organisation.parse(1, organisation_entries(state)).site
    assert (site.features, site.lowest_client) == (("a/1", "b/2"), 2)


def test_what_pages_may_be_set_with_is_signed_where_that_is_switched_on_and_nowhere_else() -> None:
    other = Setting(b"t" * 32, b"f" * 32, "typst 0.99")
    shipped = next(iter(RELEASED))
    state = CaState(
        city="云州市",
        features=[PAGE_CHECKS.name],
        page_settings_added=[str(other)],
        page_settings_dropped=[str(shipped)],
    )
    assert Organisation.parse(1, organisation_entries(state)).page_settings == (RELEASED | {other}) - {
        shipped
    }
    state.page_settings_added, state.page_settings_dropped = [], []
    assert Organisation.parse(1, organisation_entries(state)).page_settings == RELEASED
    state.features = []
    assert organisation_entries(state) == []


def test_the_operator_changes_the_list_and_takes_that_back(office: Office) -> None:
    folder = office.folder
    folder.save(office.state)
    other, shipped = str(Setting(b"t" * 32, b"f" * 32, "typst 0.99")), str(next(iter(RELEASED)))

    def asks(*arguments: str) -> tuple[int, set[str]]:
        status = main(["--json", "page-settings", str(folder.path), *arguments])
        with folder.locked() as state:
            return status, state.page_settings()

    assert asks() == (0, {shipped})
    assert asks("--add", other, "--drop", shipped) == (0, {other})
    assert asks("--add", shipped) == (0, {other, shipped})
    assert asks("--drop", other) == (0, {shipped})
    assert asks("--drop", other) == (1, {shipped})
    assert asks("--add", "typst") == (1, {shipped})


def test_a_server_comes_before_what_it_must_take() -> None:
    check_server_reads(FEATURES, PROTOCOL_VERSION)
    for name, feature in FEATURES.items():
        with pytest.raises(CaError, match="先更新服务器"):
            check_server_reads([name], feature.protocol - 1)
