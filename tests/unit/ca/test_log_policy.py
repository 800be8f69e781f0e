"""What the operator rules for the log: the grace, and whose co-signatures are demanded (C45)."""

from __future__ import annotations

import io
import json

import pytest

from server_stub.ca.arguments import build_parser
from server_stub.ca.faults import CaError
from server_stub.ca.log_policy_commands import log_policy
from server_stub.ca.passphrases import Passphrases
from server_stub.ca.speaker import Speaker
from server_stub.ca.state import LogPolicyRecord, load_state
from server_stub.ca.workplace import Workplace
from tests.support.given_witness import GivenWitness
from tests.unit.ca.conftest import START, Office


@pytest.fixture
def office(office: Office) -> Office:
    office.folder.save(office.state)
    return office


def ruled(office: Office, *arguments: str) -> dict[str, object]:
    """What the command says, as a program reads it."""
    out = io.StringIO()
    work = Workplace(Speaker(out, io.StringIO(), lang="zh", machine=True), Passphrases(), lambda: START)
    log_policy(build_parser().parse_args(["log-policy", str(office.folder.path), *arguments]), work)
    fact: dict[str, object] = json.loads(out.getvalue())
    return fact


def kept(office: Office) -> LogPolicyRecord:
    return load_state(office.folder.state_file).log_policy


def test_without_a_word_there_are_thirty_days_and_no_witnesses(office: Office) -> None:
    fact = ruled(office)
    assert (fact["grace_days"], fact["needed"], fact["witnesses"]) == (30, 0, [])
    assert kept(office) == LogPolicyRecord()


def test_what_is_ruled_is_kept_and_journalled(office: Office) -> None:
    one, two = GivenWitness("one"), GivenWitness("two")
    ruled(office, "--witness", one.verifier, "--witness", two.verifier, "--needed", "1", "--grace-days", "60")
    policy = kept(office)
    assert (policy.grace_days, policy.needed) == (60, 1)
    assert policy.witnesses == tuple(sorted((one.verifier, two.verifier)))
    assert [line.act for line in office.journal.lines()] == ["log-policy"]
    ruled(office, "--drop", "two")
    assert kept(office).witnesses == (one.verifier,)


def test_a_witness_with_a_new_key_takes_the_place_of_its_old_one(office: Office) -> None:
    ruled(office, "--witness", GivenWitness("one").verifier)
    renewed = GivenWitness("one")
    ruled(office, "--witness", renewed.verifier)
    assert kept(office).witnesses == (renewed.verifier,)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--needed", "1"),
        ("--grace-days", "0"),
        ("--grace-days", "366"),
        ("--witness-hours", "0"),
        ("--witness", "no key"),
        ("--drop", "nobody"),
    ],
)
def test_what_clients_would_refuse_is_refused_here(office: Office, arguments: tuple[str, str]) -> None:
    with pytest.raises(CaError):
        ruled(office, *arguments)
    assert kept(office) == LogPolicyRecord()
