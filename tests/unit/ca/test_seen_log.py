"""The CA is the first witness of its log: it signs over what goes on from what it saw, and over nothing else (C45)."""

from __future__ import annotations

import pytest

from protocol.crypto import merkle
from protocol.crypto.keys import SigningKey
from protocol.crypto.signature import SignedType, certificate_hash, sign
from protocol.directory.log import LogHead
from protocol.directory.organisation import UNSAID_POLICY, Organisation
from protocol.features import LOG_AGE
from server_stub.ca import seen_log
from server_stub.ca.faults import CaError
from server_stub.ca.snapshot import organisation_entries
from server_stub.ca.state import CaState, LogPolicyRecord, SeenLog
from tests.unit.ca.conftest import START, Office
from tests.unit.ca.test_publishing import _signed


class Log:
    """What the server shows of its log."""

    def __init__(self, office: Office) -> None:
        self.certificate = office.log_certificate()
        self.key = office.log_key
        self.leaves = [b"one", b"two"]

    def tree(self) -> merkle.Tree:
        return merkle.Tree([merkle.leaf_hash(leaf) for leaf in self.leaves])

    def head_from(self, first: int) -> tuple[bytes, list[bytes]]:
        tree = self.tree()
        value = LogHead(len(tree), tree.root(), START, []).value()
        head = sign(self.key, certificate_hash(self.certificate), SignedType.LOG_HEAD, value)
        return head.to_bytes(), tree.consistency_proof(first) if first <= len(tree) else []


@pytest.fixture
def log(office: Office) -> Log:
    made = Log(office)
    office.state.log_certificate = made.certificate
    return made


def follow(office: Office, log: Log) -> SeenLog:
    seen_log.follow(office.state, log)
    return office.state.seen_log


def test_the_ca_follows_the_log(office: Office, log: Log) -> None:
    assert follow(office, log) == SeenLog(size=2, root=log.tree().root())
    log.leaves.append(b"three")
    assert follow(office, log).size == 3


@pytest.mark.parametrize("leaves", [[b"one", b"zwei", b"three"], [b"one"]])
def test_a_log_that_was_rewritten_or_cut_is_refused(office: Office, log: Log, leaves: list[bytes]) -> None:
    before = follow(office, log)
    log.leaves = leaves
    with pytest.raises(CaError):
        follow(office, log)
    assert office.state.seen_log == before


def test_a_head_of_another_key_is_not_believed(office: Office, log: Log) -> None:
    log.key = SigningKey.generate()
    with pytest.raises(CaError):
        follow(office, log)


def test_statements_name_the_log_from_the_snapshot_on_that_every_client_reads(
    office: Office, log: Log
) -> None:
    office.state.features, office.state.lowest_client = [LOG_AGE.name], LOG_AGE.protocol
    follow(office, log)
    first, undated = office.publisher.sign_due(office.state)
    assert "log_root" not in _signed(first).value()
    assert "log_root" not in _signed(undated).value()
    office.publisher.mark_delivered(office.state, first)
    (dated,) = office.publisher.sign_due(office.state)
    value = _signed(dated).value()
    assert (value["log_size"], value["log_root"]) == (2, log.tree().root())


def test_statements_name_none_while_an_older_client_may_come(office: Office, log: Log) -> None:
    office.state.features, office.state.lowest_client = [LOG_AGE.name], LOG_AGE.protocol - 1
    for publication in office.publisher.sign_due(office.state):
        office.publisher.mark_delivered(office.state, publication)
    assert office.publisher.sign_due(office.state) == []


def test_the_policy_stands_in_the_snapshot_once_the_feature_is_on() -> None:
    policy = LogPolicyRecord(grace_days=60)
    off, on = (
        CaState(city="云州市", features=names, log_policy=policy, lowest_client=3)
        for names in ([], [LOG_AGE.name])
    )
    assert Organisation.parse(1, organisation_entries(off)).log_policy is UNSAID_POLICY
    assert Organisation.parse(1, organisation_entries(on)).log_policy.grace_days == 60
