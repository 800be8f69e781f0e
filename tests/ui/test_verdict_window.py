"""用锦书验证: one file, one verdict in the verifier's own words, without a profile and without a server."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from client.core.runtime import CoreRuntime
from client.core.trust.root_file import keep_root
from client.ui.base.catalogue import LanguageName
from client.ui.base.language import language
from client.ui.base.theme import Tone
from client.ui.verdict import judgement as judging
from client.ui.verdict import window as verdict_window
from client.ui.verdict.judgement import Judgement, judge
from client.ui.verdict.window import VerdictWindow
from client.verify.command import (
    PAGES_UNCHECKED,
    PROVED,
    REFUSED,
    UNKNOWN_ORIGIN,
    USAGE,
    WORDS_ONLY,
    Question,
)
from tests.support.page_walk import settle, walk
from tests.support.sealed_document import city, genuine
from tests.ui.document_hands import button, press
from tests.ui.login_double import AtOnce

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "installed_roots", list)
    monkeypatch.setattr("client.verify.command.installed_roots", list)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A document as it was sent, and the profile of who enrolled under its root."""
    (tmp_path / "通知.pdf").write_bytes(genuine())
    (tmp_path / "profile").mkdir()
    keep_root(tmp_path / "profile" / "root.pem", city().root)
    return tmp_path


def said(widget: QWidget) -> str:
    return "\n".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_a_genuine_document_is_proved_under_the_users_own_root(folder: Path, qtbot: QtBot) -> None:
    runtime = CoreRuntime()
    runtime.start()
    window = VerdictWindow(folder / "通知.pdf", folder / "profile" / "root.pem", runtime)
    qtbot.addWidget(window)
    window.show()
    assert "正在核验印章、签名和页面" in said(window)
    assert not button(window, "复制全文").isEnabled()
    qtbot.waitUntil(lambda: "内容自签发后未改动" in said(window))
    assert "验证通过" in said(window)
    assert "正在核验" not in said(window)
    assert window.status == PROVED
    press(button(window, "复制全文"))
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("通知.pdf\n验证通过")
    assert "根证书指纹" in copied
    assert "已复制" in said(window)
    runtime.stop()


def test_a_changed_document_is_refused(folder: Path) -> None:
    changed = bytearray(genuine())
    changed[len(changed) // 2] ^= 1
    (folder / "通知.pdf").write_bytes(changed)
    found = judge(folder / "通知.pdf", folder / "profile" / "root.pem", LanguageName.ENGLISH)
    assert (found.status, found.tone) == (REFUSED, Tone.SEAL)
    assert found.lines[0].startswith("Refused")


def test_without_any_root_the_origin_is_unknown_and_what_to_do_is_said(folder: Path, qtbot: QtBot) -> None:
    window = VerdictWindow(folder / "通知.pdf", folder / "nowhere.pem", AtOnce())
    qtbot.addWidget(window)
    window.show()
    settle()
    assert window.status == UNKNOWN_ORIGIN
    assert "来源未知" in said(window)
    assert "请先在本机登录一次锦书" in said(window)


def test_an_installed_root_comes_before_the_users_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path | None] = []

    def answer(question: Question, *_streams: object) -> int:
        asked.append(question.root)
        return USAGE

    monkeypatch.setattr(judging, "answer", answer)
    own = folder / "profile" / "root.pem"
    judge(folder / "通知.pdf", own, LanguageName.CHINESE)
    monkeypatch.setattr(judging, "installed_roots", lambda: [own])
    judge(folder / "通知.pdf", own, LanguageName.CHINESE)
    assert asked == [own, None]


def test_a_file_that_is_not_there_is_said_so_without_the_commands_name(folder: Path) -> None:
    found = judge(folder / "没有.pdf", folder / "profile" / "root.pem", LanguageName.CHINESE)
    assert found.status == USAGE
    assert found.lines[0].endswith("不是文件")
    assert "jinshu-verify" not in found.lines[0]


@pytest.mark.expects_logs("could not be judged")
def test_a_file_that_surprises_us_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def surprised(*_args: object) -> int:
        raise RecursionError

    monkeypatch.setattr(judging, "answer", surprised)
    found = judge(folder / "通知.pdf", folder / "profile" / "root.pem", LanguageName.CHINESE)
    assert (found.status, found.tone) == (REFUSED, Tone.SEAL)


@pytest.mark.parametrize("status", [WORDS_ONLY, PAGES_UNCHECKED, UNKNOWN_ORIGIN, 99])
def test_what_proves_less_is_not_green(status: int) -> None:
    assert Judgement(status, ("",)).tone is Tone.WAITING


def test_a_name_that_turns_the_line_around_is_shown_as_it_is(tmp_path: Path, qtbot: QtBot) -> None:
    window = VerdictWindow(tmp_path / "通知\u202efdp.exe", tmp_path / "root.pem", AtOnce())
    qtbot.addWidget(window)
    window.show()
    settle()
    assert "\u202e" not in said(window)
    assert "\u202e" not in window.text()


def test_it_is_saved_as_a_text(folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = VerdictWindow(folder / "没有.pdf", folder / "nowhere.pem", AtOnce())
    qtbot.addWidget(window)
    window.show()
    settle()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(folder / "结论.txt"), ""))
    press(button(window, "保存…"))
    assert (folder / "结论.txt").read_text("utf-8") == window.text()
    assert "已保存" in said(window)


def test_the_command_opens_it_without_login_or_profile(folder: Path) -> None:
    """The real program, ended by a signal once its verdict is known, as no hand is there to close the window."""
    code = (
        "import sys; from PySide6.QtCore import QTimer; from client import verdict_program as p; "
        "from client.ui.verdict.window import VerdictWindow as W; judged = W._on_judged; "
        "W._on_judged = lambda s, j: (judged(s, j), print(s.text()), QTimer.singleShot(0, s.close)); "
        "raise SystemExit(p.main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            code,
            "--profile",
            str(folder / "profile"),
            "--verify",
            str(folder / "通知.pdf"),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == PROVED, done.stderr
    assert "验证通过" in done.stdout
    assert [each.name for each in (folder / "profile").iterdir()] == ["root.pem"]


class Never:
    """Nothing comes of it."""

    def submit(self, work: Coroutine[Any, Any, T], /) -> concurrent.futures.Future[T]:
        work.close()
        return concurrent.futures.Future()


LINES = {
    LanguageName.CHINESE: (
        "验证通过：《关于开展农村公路养护工作检查的通知》（锦发改〔2026〕12号）",
        "印章有效：锦川市发展和改革委员会，用印人王芳，用印时间 2026-11-19 10:12",
        "签发：锦川市发展和改革委员会 主任 周正，成文日期 2026年11月19日",
        "主送：锦川市财政局，锦川市交通运输局",
        "内容自签发后未改动：本机按同一模板重新排版，逐字节一致，共2页",
        "根证书指纹：3F9A 01C2 77DE 40B8 3F9A 01C2 77DE 40B8 3F9A 01C2 77DE 40B8 3F9A 01C2 77DE 40B8",
    ),
    LanguageName.ENGLISH: (
        "Refused: this file has been changed since it was sealed.",
        "In particular: set again, the pages look different.",
        "Do not rely on it; ask the body that issued it.",
    ),
}


@pytest.mark.parametrize("state", ["judged", "judging"])
def test_it_is_well_drawn(state: str, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(*_args: object) -> Judgement:
        spoken = language()
        return Judgement(PROVED if spoken is LanguageName.CHINESE else REFUSED, LINES[spoken])

    monkeypatch.setattr(verdict_window, "judge", judged)
    runner = AtOnce() if state == "judged" else Never()
    file = tmp_path / ("12.pdf")
    walk(lambda: VerdictWindow(file, tmp_path / "root.pem", runner), f"verdict_{state}")
