"""What an operator is told of the features a site may switch on, and the snapshot that says so (C41)."""

from __future__ import annotations

import pytest

from protocol.directory.organisation import Organisation
from protocol.features import FEATURES
from protocol.release import PROTOCOL_VERSION
from server_stub.ca.faults import CaError
from server_stub.ca.feature_commands import MEANINGS, check_server_reads
from server_stub.ca.snapshot import organisation_entries
from server_stub.ca.state import CaState


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


def test_a_server_comes_before_what_it_must_take() -> None:
    check_server_reads(FEATURES, PROTOCOL_VERSION)
    for name, feature in FEATURES.items():
        with pytest.raises(CaError, match="先更新服务器"):
            check_server_reads([name], feature.protocol - 1)
