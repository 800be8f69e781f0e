"""The process in which checks are made: a check that hangs, or takes the process with it, costs its own row and no other."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Final

from client.core.memory import keep_memory_private
from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.checks import Check
from client.self_test.surroundings import Surroundings
from protocol.errors import JinshuError

_OWN: Final = ("client", "protocol")


def answer_checks(registry: str) -> None:
    """Make the checks asked for on the standard input, one a line, until there are no more.

    Args:
        registry: the module whose `ALL` holds the checks.
    """
    keep_memory_private()
    logging.disable()  # what a library has to say goes nowhere but into a row
    # Whatever a library prints must not stand between the rows.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    known: Sequence[Check] = import_module(registry).ALL
    checks = {check.name: check for check in known}
    _say(answers, {"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        row = _made(checks[asked["check"]], Surroundings.parse(asked["surroundings"]))
        _say(answers, row.value())


def _made(check: Check, surroundings: Surroundings) -> CheckRow:
    try:
        return check.make(surroundings)
    except JinshuError as error:
        found = Remark.of("refused", code=error.code.value)
    except Exception as error:  # a check that fails by itself is one of the things that are looked for
        found = Remark.of("raised", type=type(error).__qualname__, place=_place(error))
    return CheckRow(check.name, Outcome.FAILED, found, Remark("send_this"))


def _place(error: BaseException) -> str:
    """The innermost line of ours that the exception passed, or else the innermost of all; never its text."""
    places: list[tuple[str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        places.append((str(trace.tb_frame.f_globals.get("__name__", "?")), trace.tb_lineno))
        trace = trace.tb_next
    own = [place for place in places if place[0].partition(".")[0] in _OWN and place[0] != __name__]
    module, line = (own or places)[-1]
    return f"{module}:{line}"


def _say(stream: IO[str], value: object) -> None:
    stream.write(json.dumps(value, ensure_ascii=True) + "\n")
    stream.flush()


def program(registry: str) -> str:
    """What such a process runs. The path is replaced before anything is looked for: the folder it is started in may hold
    modules of any name."""
    path = [each for each in sys.path if each and Path(each).is_absolute()]
    return (
        f"import sys; sys.path[:] = {path!r}; from {__name__} import answer_checks; "
        f"answer_checks({registry!r})"
    )
