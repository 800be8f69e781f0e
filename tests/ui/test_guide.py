"""The user's guide: F1 opens it at the chapter that fits, and it is set from the text and pictures beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from client.core.events import LoginState
from client.ui.base.icons import Icon
from client.ui.base.window_state import WindowState
from client.ui.guide.chapters import Chapter
from client.ui.guide.guide_window import GUIDE, GuideWindow
from client.ui.login.flow import LoginFlow
from client.ui.widgets.text import Text
from client.ui.window.area import AreaKey, Badge
from client.ui.window.main_window import MainWindow
from tests.end_to_end.guide import NAMES, PICTURES, set_guide
from tests.support.page_walk import settle, walk
from tests.ui.login_double import AtOnce, LoginDouble
from tests.ui.test_login_pages import named

TITLES = {
    Chapter.INSTALL: "安装锦书",
    Chapter.JOIN: "用邀请登记",
    Chapter.PASSPHRASE: "口令与恢复码",
    Chapter.MESSAGE: "第一条消息",
    Chapter.DOCUMENT: "第一份公文",
    Chapter.MEETING: "一次会议",
    Chapter.LOCK: "锁定",
    Chapter.FORGOTTEN: "忘记口令",
    Chapter.HELP: "哪里找帮助",
}


@dataclass
class PlainArea:
    """A page without anything on it."""

    key: AreaKey
    widget: QWidget
    title: str = "页"
    icon: Icon = Icon.INFO
    badge: Badge = field(default_factory=Badge)


def opened(qtbot: QtBot, path: Path = GUIDE) -> GuideWindow:
    window = GuideWindow(path)
    qtbot.addWidget(window)
    return window


def test_the_guide_has_the_chapters_that_pages_ask_for(qtbot: QtBot) -> None:
    rows = opened(qtbot).rows
    assert [row.title.split(" ", 1)[1] for row in rows] == [TITLES[chapter] for chapter in Chapter]
    assert [row.page for row in rows] == sorted(row.page for row in rows)


@pytest.mark.parametrize("chapter", Chapter)
def test_it_opens_where_a_chapter_begins(qtbot: QtBot, chapter: Chapter) -> None:
    window = opened(qtbot)
    window.show_chapter(chapter)
    qtbot.waitUntil(lambda: window.page == window.rows[chapter].page)


def test_another_size_keeps_the_page(qtbot: QtBot) -> None:
    window = opened(qtbot)
    window.show_chapter(Chapter.MEETING)
    wanted = window.rows[Chapter.MEETING].page
    qtbot.waitUntil(lambda: window.page == wanted)
    settle()
    for size in ((1900, 1000), (760, 520)):
        window.resize(*size)
        settle()
        qtbot.waitUntil(lambda: window.page == wanted)


def test_escape_closes_it_and_it_opens_again(qtbot: QtBot) -> None:
    window = opened(qtbot)
    window.show_chapter(Chapter.MEETING)
    qtbot.waitExposed(window)
    window.activateWindow()
    settle()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.isHidden()
    window.show_chapter(Chapter.LOCK)
    assert window.isVisible()
    # Whoever closes the main window has ended the program, guide or not.
    assert not window.testAttribute(Qt.WidgetAttribute.WA_QuitOnClose)


@pytest.mark.parametrize(
    ("state", "chapter"),
    [
        (LoginState.NEW, Chapter.JOIN),
        (LoginState.LOCKED, Chapter.FORGOTTEN),
        (LoginState.UNPROTECTED, Chapter.PASSPHRASE),
    ],
)
def test_f1_before_the_window(qtbot: QtBot, state: LoginState, chapter: Chapter) -> None:
    flow = LoginFlow(LoginDouble(state), AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    qtbot.waitExposed(flow)
    flow.activateWindow()
    settle()
    with qtbot.waitSignal(flow.help_asked) as asked:
        QTest.keyClick(flow.focusWidget() or flow, Qt.Key.Key_F1)
    assert asked.args == [chapter]


def test_f1_in_the_window_fits_its_page(qtbot: QtBot, tmp_path: Path) -> None:
    window = MainWindow(
        [PlainArea(key, QWidget()) for key in AreaKey], QWidget(), WindowState(tmp_path / "window.ini")
    )
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    settle()
    found: list[Chapter] = []
    window.help_asked.connect(found.append)
    for key in AreaKey:
        window.show_area(key)
        QTest.keyClick(window, Qt.Key.Key_F1)
    window.show_settings()
    QTest.keyClick(window, Qt.Key.Key_F1)
    wanted = [Chapter.HELP, Chapter.DOCUMENT, Chapter.MESSAGE, Chapter.MEETING, Chapter.FORGOTTEN]
    assert found == [*wanted, Chapter.LOCK]


def test_an_installation_without_it_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    window = opened(qtbot, tmp_path / "gone.pdf")
    window.show_chapter(Chapter.HELP)
    assert any("没有使用指南" in text.text() for text in window.findChildren(Text))


def test_it_is_saved_to_be_printed(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    window = opened(qtbot)
    # The desktop's own dialog cannot be driven from here.
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "guide.pdf"), ""))
    named(window, QAbstractButton, "另存指南").click()  # type: ignore[attr-defined]  # a button
    assert (tmp_path / "guide.pdf").read_bytes() == GUIDE.read_bytes()


def test_the_window_is_well_drawn(qtbot: QtBot) -> None:
    def made() -> QWidget:
        window = GuideWindow()
        window.show_chapter(Chapter.JOIN)
        return window

    walk(made, "guide")


def test_the_guide_is_set_from_its_text_and_pictures() -> None:
    """Whoever changes one of them sets it anew: `make guide`, or `python -m tests.end_to_end.guide --text`."""
    assert {path.stem for path in PICTURES.glob("*.png")} == set(NAMES)
    assert set_guide() == GUIDE.read_bytes()
    assert GUIDE.stat().st_size < 5_000_000
