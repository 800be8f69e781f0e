"""自检 and 上次异常退出: the checks as they come, the bundle shown in full before it goes anywhere, the crash told with its report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLabel, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from client.core.crash_report import CrashKind, CrashReport
from client.core.runtime import CoreRuntime
from client.core.self_check import CheckRow
from client.ui.base.theme import ThemeChoice
from client.ui.base.window_state import WindowState
from client.ui.settings.about import AboutSection
from client.ui.settings.choices import keep_telling_crashes, tells_crashes
from client.ui.settings.self_check_card import SelfCheckCard
from client.ui.widgets.chip import Chip
from client.ui.widgets.text_window import TextWindow
from client.ui.window.crash_bar import CrashBar
from tests.support.page_walk import SMALLEST, settle, walk
from tests.ui.document_hands import button, by_name, press
from tests.ui.finding import inside
from tests.ui.login_double import AtOnce
from tests.ui.settings_double import ROWS, ChecksDouble, settings_services

SHORT = (*SMALLEST, ((1280, 800), ThemeChoice.DARK))
REPORT = CrashReport(
    CrashKind.CRASHED, "kind: crashed\njinshu: 0.4.0\n\nFatal Python error: Aborted\n  client/app.py:7 run\n"
)


def shown(page: QWidget) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def card_of(qtbot: QtBot, checks: ChecksDouble) -> SelfCheckCard:
    card = SelfCheckCard(checks, AtOnce())
    qtbot.addWidget(card)
    card.resize(700, 900)
    card.show()
    return card


def window_of(page: QWidget) -> TextWindow:
    settle()
    [window] = [each for each in page.findChildren(TextWindow) if each.isVisible()]
    return window


@pytest.fixture
def saved_as(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the user says that files go."""
    place = tmp_path / "chosen.txt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_asked: (str(place), "")))
    return place


def test_each_row_shows_its_outcome_in_a_word_what_was_found_and_what_to_do(qtbot: QtBot) -> None:
    card = card_of(qtbot, ChecksDouble())
    press(button(card, "开始自检"))
    settle()
    assert [chip.text() for chip in card.findChildren(Chip)] == ["正常", "注意", "故障", "正常", "未检查"]
    assert "1 项有故障。" in shown(card)
    assert "本机没有可用的系统密钥环。" in shown(card)
    assert "不影响使用，每次启动时输入口令即可。" in shown(card)
    assert "王芳的耳机" in shown(card)


def test_checks_are_made_again_from_the_beginning(qtbot: QtBot) -> None:
    checks = ChecksDouble()
    card = card_of(qtbot, checks)
    press(button(card, "开始自检"))
    settle()
    checks.rows = ROWS[:1]
    press(button(card, "重新自检"))
    settle()
    assert checks.runs == 2
    assert [chip.text() for chip in card.findChildren(Chip) if chip.isVisible()] == ["正常"]
    assert "没有故障。" in shown(card)


class _Halting(ChecksDouble):
    """Tells one row, and waits."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = False

    async def run(self, on_row: Callable[[CheckRow], None], /) -> tuple[CheckRow, ...]:
        on_row(ROWS[0])
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True
        return self.rows


def test_checks_that_are_stopped_keep_what_was_found(qtbot: QtBot) -> None:
    runtime, checks = CoreRuntime(), _Halting()
    runtime.start()
    try:
        card = SelfCheckCard(checks, runtime)
        qtbot.addWidget(card)
        card.show()
        press(button(card, "开始自检"))
        qtbot.waitUntil(lambda: len(card.findChildren(Chip)) == 1, timeout=600_000)
        press(button(card, "取消"))
        settle()
        assert "已停止" in shown(card)
        assert button(card, "重新自检").isEnabled()
        qtbot.waitUntil(lambda: checks.ended, timeout=600_000)
    finally:
        runtime.stop()


def test_the_bundle_is_read_in_full_before_it_is_copied_or_saved(qtbot: QtBot, saved_as: Path) -> None:
    card = card_of(qtbot, ChecksDouble())
    press(button(card, "开始自检"))
    settle()
    QGuiApplication.clipboard().setText("")
    press(button(card, "诊断信息…"))
    window = window_of(card)
    text = inside(window, QPlainTextEdit).toPlainText()
    assert "page_fonts" in text
    assert QGuiApplication.clipboard().text() == ""
    assert not saved_as.exists()
    press(button(window, "复制诊断信息"))
    assert QGuiApplication.clipboard().text() == text
    press(button(window, "保存诊断信息…"))
    assert saved_as.read_text(encoding="utf-8") == text
    assert "已保存为 chosen.txt。" in shown(window)


@pytest.mark.expects_logs("a text could not be saved")
def test_what_cannot_be_saved_says_so_and_stays(qtbot: QtBot, saved_as: Path) -> None:
    saved_as.mkdir()
    card = card_of(qtbot, ChecksDouble())
    press(button(card, "诊断信息…"))
    window = window_of(card)
    press(button(window, "保存诊断信息…"))
    assert "未能保存到该处。" in shown(window)
    assert window.isVisible()


def bar_of(qtbot: QtBot) -> CrashBar:
    bar = CrashBar()
    qtbot.addWidget(bar)
    bar.resize(1100, 60)
    bar.show_report(REPORT)
    return bar


def test_the_report_can_be_read_and_saved_from_the_bar(qtbot: QtBot, saved_as: Path) -> None:
    bar = bar_of(qtbot)
    assert "锦书上次异常退出。" in shown(bar)
    press(button(bar, "查看"))
    window = window_of(bar)
    assert inside(window, QPlainTextEdit).toPlainText() == REPORT.text
    window.close()
    settle()
    press(button(bar, "保存…"))
    assert saved_as.read_text(encoding="utf-8") == REPORT.text
    assert "已保存为 chosen.txt。" in shown(bar)
    # What was saved can be read all the same.
    press(button(bar, "查看"))
    window_of(bar)


def test_closing_the_bar_answers_it_and_silencing_says_more(qtbot: QtBot) -> None:
    for name, expected in (("关闭提示", ["answered"]), ("不再提示", ["silenced", "answered"])):
        bar, heard = bar_of(qtbot), list[str]()
        bar.answered.connect(lambda heard=heard: heard.append("answered"))
        bar.silenced.connect(lambda heard=heard: heard.append("silenced"))
        press(button(bar, name))
        assert heard == expected
        assert not bar.isVisible()


def test_who_silenced_it_can_have_it_back(qtbot: QtBot, state: WindowState) -> None:
    services = settings_services(state)
    assert tells_crashes(state)
    keep_telling_crashes(state, on=False)
    section = AboutSection(
        services.about, services.own_devices, services.checks, services.updates, AtOnce(), state
    )
    qtbot.addWidget(section)
    section.show()
    box = by_name(section, QCheckBox, "异常退出后，下次启动时提示")
    assert not box.isChecked()
    box.click()
    assert tells_crashes(state)


def test_the_page_is_well_drawn_with_rows(tmp_path: Path, qtbot: QtBot) -> None:
    def page() -> QWidget:
        state = WindowState(tmp_path / "window.ini")
        services = settings_services(state)
        section = AboutSection(
            services.about, services.own_devices, services.checks, services.updates, AtOnce(), state
        )
        inside(section, SelfCheckCard)._on_start()
        settle()
        return section

    walk(page, "settings_self_check")


def test_the_bar_and_the_text_are_well_drawn(qtbot: QtBot) -> None:
    def bar() -> QWidget:
        page = QWidget()
        page.setProperty("ground", "window")
        column = QVBoxLayout(page)
        made = CrashBar(page)
        column.addWidget(made)
        column.addStretch(1)
        made.show_report(REPORT)
        return page

    def text() -> QWidget:
        card = SelfCheckCard(ChecksDouble(), AtOnce())
        card._show(REPORT.text * 12)
        window = inside(card, TextWindow)
        window.setParent(None)
        return window

    walk(bar, "window_crash_bar", SHORT)
    walk(text, "text_window", SHORT)
