"""The diagnostics name no person, document, server or folder, whatever lies in the log, and keep what helps."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from client.core.log import FILE, ClientLog
from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.bundle import diagnostics_text
from client.ui.base.catalogue import LanguageName
from protocol.errors import ErrorCode, JinshuError

SYSTEM = "Linux-5.10.0-uos, Python 3.11.7, Qt 6.9.3"


def text_of(log: Path, *rows: CheckRow, language: LanguageName = LanguageName.CHINESE) -> str:
    return diagnostics_text(rows, log, SYSTEM, 1_790_000_000_000, language)


def test_rows_stand_with_their_facts_and_without_what_is_private(tmp_path: Path) -> None:
    row = CheckRow(
        "microphones",
        Outcome.OK,
        Remark.of("microphones.found", count=1),
        None,
        (("count", "1"),),
        ("王芳的耳机",),
    )
    text = text_of(tmp_path, row)
    assert "[正常] 麦克风 (microphones): 找到 1 个。" in text
    assert "count=1" in text
    assert "王芳" not in text
    assert "[ok] Microphones (microphones): 1 found." in text_of(tmp_path, row, language=LanguageName.ENGLISH)


@pytest.mark.expects_logs("could not")
def test_the_real_log_is_there_with_codes_and_places_and_no_ids(tmp_path: Path) -> None:
    log = ClientLog.open(tmp_path)
    mine = logging.getLogger("client.test")
    try:
        try:
            raise JinshuError(ErrorCode.STORE_MISSING, folder="王芳")
        except JinshuError:
            mine.error("could not open %s", "prs_" + "a" * 26, exc_info=True)
        logging.getLogger("httpx").warning("could not GET https://10.20.30.40:8443/v1/people/王芳")
    finally:
        log.close()
    text = text_of(tmp_path)
    assert "could not open prs_…" in text
    assert "JinshuError store.missing" in text
    assert "test_bundle:" in text
    for private in ("王芳", "10.20.30.40", "a" * 26):
        assert private not in text


def test_of_what_is_no_line_of_ours_nothing_is_taken(tmp_path: Path) -> None:
    good = {"at": "2026-12-01T00:00:00Z", "level": "info", "logger": "client.app", "event": "ended with 0"}
    lines = [
        "王芳在此",
        "[" * 50_000,
        json.dumps({**good, "event": "key " + "0f" * 32 + " in /home/wangfang/secret/file"}),
        json.dumps({**good, "note": "王芳"}),
        json.dumps([1]),
        json.dumps({**good, "fault": [{"type": "ValueError", "at": ["client.app:3 run"]}]}),
    ]
    (tmp_path / FILE).write_text("\n".join(lines), encoding="utf-8")
    text = text_of(tmp_path)
    assert text.count("client.app ") >= 3
    assert "ValueError" in text
    for private in ("王芳", "wangfang", "0f0f"):
        assert private not in text


def test_only_the_newest_lines_are_taken(tmp_path: Path) -> None:
    def line(number: int) -> str:
        return json.dumps(
            {"at": "t", "level": "info", "logger": "client.app", "event": f"number {number} ends"}
        )

    (tmp_path / f"{FILE}.1").write_text("\n".join(line(n) for n in range(1000)), encoding="utf-8")
    (tmp_path / FILE).write_text("\n".join(line(n) for n in range(1000, 1010)), encoding="utf-8")
    text = text_of(tmp_path)
    assert "number 1009 ends" in text
    assert "number 810 ends" in text
    assert "number 809 ends" not in text


def test_without_rows_log_or_crash_it_says_so(tmp_path: Path) -> None:
    text = text_of(tmp_path)
    for words in ("尚未自检。", "没有记录。", "没有日志。", SYSTEM):
        assert words in text
