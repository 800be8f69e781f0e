"""What a server answers becomes an error of ours, whatever version it is of (C18, C41)."""

from __future__ import annotations

import json

import pytest

from client.core.connection.transport import fault
from protocol.errors import ErrorCode, Recovery
from protocol.release import LOWEST_PROTOCOL


def said(code: object, recovery: object = "user", **params: object) -> bytes:
    return json.dumps({"code": code, "params": params, "recovery": recovery}).encode()


def test_a_code_we_know_is_that_error() -> None:
    error = fault(409, said("numbers.conflict", "bug", n=7))
    assert (error.code, error.params, error.recovery) == (
        ErrorCode.NUMBERS_CONFLICT,
        {"n": "7"},
        Recovery.RETRY,
    )


@pytest.mark.parametrize(
    ("recovery", "wanted"),
    [*((each.value, each) for each in Recovery), ("pray", Recovery.USER), (7, Recovery.USER)],
)
def test_a_code_of_a_newer_server_is_shown_as_it_is_with_what_the_server_says_to_do(
    recovery: object, wanted: Recovery
) -> None:
    error = fault(409, said("tickets.too_many", recovery, secret="x"))
    assert (error.code, error.params) == (ErrorCode.NETWORK_UNKNOWN_REFUSAL, {"said": "tickets.too_many"})
    assert error.recovery is wanted


@pytest.mark.expects_logs("carried no error code we know")
@pytest.mark.parametrize("code", ["<b>no</b>", "", "x", "a.b.c", "A.b", 7, None, "a." + "b" * 100])
def test_what_is_no_code_is_the_servers_fault(code: object) -> None:
    assert fault(400, said(code)).code is ErrorCode.WIRE_MALFORMED
    assert fault(500, said(code)).code is ErrorCode.NETWORK_SERVER_FAILED


def test_who_is_behind_is_told_apart() -> None:
    newer = fault(426, said("session.upgrade_required", protocol=LOWEST_PROTOCOL + 1))
    assert newer.code is ErrorCode.SESSION_UPGRADE_REQUIRED
    older = fault(426, said("session.upgrade_required", protocol=LOWEST_PROTOCOL - 1))
    assert older.code is ErrorCode.SESSION_SERVER_OUTDATED
