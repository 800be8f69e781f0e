"""`jinshu --self-test` as a help desk runs it: the real command in a process of its own, without a display."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from client.core.profile import Profile
from client.self_test import command
from client.self_test.checks import ALL
from client.ui.base.catalogue import remark_text

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, with neither a desktop nor a word of how to do without."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "client", "--self-test", *arguments],
        cwd=ROOT,
        env={**kept, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_it_answers_with_one_json_object_and_touches_no_profile(tmp_path: Path) -> None:
    done = run("--json", "--profile", str(tmp_path / "none"))
    answer = json.loads(done.stdout)
    rows = {row["name"]: row for row in answer["checks"]}
    assert list(rows) == [check.name for check in ALL]
    failed = [row for row in rows.values() if row["outcome"] == "failed"]
    assert (done.returncode, answer["passed"]) == (0, True), failed
    # A session without a desktop, and no server: not tried, and never ok.
    for name in ("profile", "display", "server", "root", "server_clock", "media_port"):
        assert rows[name]["outcome"] == "not_tried", rows[name]
    for name in ("libraries", "store", "typesetting", "sealing", "verification"):
        assert rows[name]["outcome"] == "ok", rows[name]
    assert rows["store"]["found"]["key"] == "store.found"
    assert list(tmp_path.iterdir()) == []


def test_a_screen_that_is_named_and_not_there_costs_one_row(tmp_path: Path) -> None:
    done = run("--lang", "zh_CN", "--profile", str(tmp_path / "none"), QT_QPA_PLATFORM="no_such_platform")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("故障")] == [
        line for line in lines if line.startswith("故障") and "屏幕" in line
    ]
    assert "检查时程序异常退出（SIGABRT）。" in done.stdout
    # What Qt said stands beside it.
    assert "no_such_platform" in done.stdout
    assert "故障 1" in lines[-1]


def test_columns_stand_under_one_another(tmp_path: Path) -> None:
    out, printer = io.StringIO(), command._Printer
    from client.core.self_check import CheckRow, Outcome, Remark

    for outcome in Outcome:
        printer(out, command._BOTH).row(CheckRow("store", outcome, Remark("store.found")))
    chinese, english = (remark_text(Remark("store.found"), language) for language in command._BOTH)
    for line in out.getvalue().splitlines():
        said = chinese if chinese in line else english
        head = line[: line.index(said)]
        assert sum(2 if ord(char) > 0x2E80 else 1 for char in head) == 49, line


def test_an_output_file_is_new_or_nothing_is_done(tmp_path: Path) -> None:
    place = tmp_path / "there.txt"
    place.write_text("mine")
    out, err = io.StringIO(), io.StringIO()
    asked = ["--self-test", "--profile", str(tmp_path), "--output", str(place)]
    assert command.run_self_test(asked, out, err) == command.USAGE
    assert place.read_text() == "mine"
    assert "已经存在" in err.getvalue()


def test_a_root_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("nothing")
    err = io.StringIO()
    asked = ["--self-test", "--profile", str(tmp_path), "--root", str(tmp_path / "root.pem")]
    assert command.run_self_test(asked, io.StringIO(), err) == command.USAGE
    assert "不是根证书" in err.getvalue()


def test_the_server_is_the_profiles_unless_somebody_has_it_open(tmp_path: Path) -> None:
    profile = Profile.open(tmp_path, bytes)
    profile.change(server="10.20.30.40:8443")
    assert command._server_of(tmp_path) == ""
    profile.close()
    assert command._server_of(tmp_path) == "10.20.30.40:8443"
    (tmp_path / "profile.json").write_text("{")
    assert command._server_of(tmp_path) == ""


@pytest.mark.parametrize("port", ["70000", "-1", "x"])
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    with pytest.raises(SystemExit) as ended:
        command.run_self_test(["--self-test", "--media-port", port], io.StringIO(), io.StringIO())
    assert ended.value.code == 2
