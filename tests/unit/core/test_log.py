"""The log tells causes and codes to whoever helps, and nothing of what was written or shown."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from client.core import log as module
from client.core.log import FILE, ClientLog
from protocol.errors import ErrorCode, JinshuError

SECRET = "关于东湖泵站的批示"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClientLog]:
    # What a fault also prints to the terminal is not of interest here.
    monkeypatch.setattr(sys, "excepthook", lambda *_fault: None)
    monkeypatch.setattr(threading, "excepthook", lambda _fault: None)
    levels = {name: logging.getLogger(name).level for name in ("client", "protocol")}
    opened = ClientLog.open(tmp_path / "log")
    yield opened
    opened.close()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(tmp_path: Path) -> list[dict[str, Any]]:
    text = (tmp_path / "log" / FILE).read_text(encoding="utf-8")
    assert SECRET not in text
    return [json.loads(line) for line in text.splitlines()]


def failing() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raise JinshuError(ErrorCode.KEYS_NO_KEY, object=SECRET) from error


def test_a_line_says_when_where_how_grave_and_what(log: ClientLog, tmp_path: Path) -> None:
    logging.getLogger("client.core.link").info("polling failed: %s", ErrorCode.NETWORK_UNREACHABLE.value)
    [line] = lines(tmp_path)
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "polling failed: network.unreachable",
        "level": "info",
        "logger": "client.core.link",
    }


@pytest.mark.expects_logs("work failed")
def test_a_fault_is_told_by_types_codes_and_places(log: ClientLog, tmp_path: Path) -> None:
    try:
        failing()
    except JinshuError:
        logging.getLogger("client.core.tasks").exception("work failed")
    fault, cause = lines(tmp_path)[-1]["fault"]
    assert (fault["type"], fault["code"]) == ("JinshuError", "keys.no_key")
    assert fault["at"][-1].endswith("failing")
    assert cause["type"] == "ValueError"


@pytest.mark.expects_logs
def test_of_a_library_only_the_place_is_kept(log: ClientLog, tmp_path: Path) -> None:
    logging.getLogger("sqlalchemy.engine").warning("row %r", SECRET)
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\n{SECRET}")
    assert [line["logger"] for line in lines(tmp_path)] == ["sqlalchemy.engine", "asyncio"]
    assert all(line["event"].startswith("test_log:") for line in lines(tmp_path))


@pytest.mark.expects_logs("nobody caught")
def test_what_nobody_caught_is_in_it_from_any_thread(log: ClientLog, tmp_path: Path) -> None:
    thread = threading.Thread(target=failing)
    thread.start()
    thread.join()
    try:
        failing()
    except JinshuError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert [line["level"] for line in lines(tmp_path)] == ["critical", "critical"]


def test_details_are_written_when_asked_for_and_no_longer(log: ClientLog, tmp_path: Path) -> None:
    step = logging.getLogger("client.core.sync")
    step.debug("before")
    log.set_detailed(on=True)
    step.debug("meanwhile")
    log.set_detailed(on=False)
    step.debug("after")
    assert [line["event"] for line in lines(tmp_path)] == ["meanwhile"]


def test_it_is_rotated_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FILE_BYTES", 1000)
    opened = ClientLog.open(tmp_path / "log")
    for number in range(200):
        logging.getLogger("client.core").info("step %d", number)
    opened.close()
    files = sorted((tmp_path / "log").iterdir())
    assert [file.name for file in files] == [FILE, *(f"{FILE}.{number}" for number in (1, 2, 3))]
    assert all(file.stat().st_size <= 1000 for file in files)


def test_after_closing_nothing_is_written(tmp_path: Path) -> None:
    before = (sys.excepthook, threading.excepthook)
    ClientLog.open(tmp_path / "log").close()
    logging.getLogger("client.core").info("too late")
    assert lines(tmp_path) == []
    assert (sys.excepthook, threading.excepthook) == before
