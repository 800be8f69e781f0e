"""Checks that go wrong in every way there is, for the runner."""

from __future__ import annotations

import os
import sys
import threading

from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.checks import Check
from client.self_test.surroundings import Surroundings
from protocol.errors import ErrorCode, JinshuError

SECRET = "三月十四日的会议纪要"


def check_good(surroundings: Surroundings) -> CheckRow:
    # Nothing printed may stand between the rows.
    sys.stdout.write("noise\n")
    sys.stdout.flush()
    return CheckRow("disk", Outcome.OK, Remark("store.found"), facts=(("pid", str(os.getpid())),))


def check_raising(_surroundings: Surroundings) -> CheckRow:
    raise ValueError(SECRET)


def check_refused(_surroundings: Surroundings) -> CheckRow:
    raise JinshuError(ErrorCode.STORE_MISSING)


def check_hanging(_surroundings: Surroundings) -> CheckRow:
    threading.Event().wait()
    raise AssertionError


def check_aborting(_surroundings: Surroundings) -> CheckRow:
    sys.stderr.write("the plugin is not there\n")
    sys.stderr.flush()
    os.abort()


def check_leaving(_surroundings: Surroundings) -> CheckRow:
    os._exit(3)


ALL = (
    Check("first", check_good, 20),
    Check("raising", check_raising, 20),
    Check("refused", check_refused, 20),
    Check("hanging", check_hanging, 7),
    Check("aborting", check_aborting, 20),
    Check("leaving", check_leaving, 20),
    Check("last", check_good, 20),
)
