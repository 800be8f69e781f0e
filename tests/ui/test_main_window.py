"""The window: rail, areas in their places, notices, status, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from client.core.events import LinkState
from client.ui.base.catalogue import LanguageName
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import language, tr
from client.ui.base.theme import ThemeChoice, current_theme
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import chosen_language, chosen_theme
from client.ui.settings.page import SettingsPage
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.text import Text
from client.ui.window.area import AreaKey, Badge
from client.ui.window.main_window import MainWindow
from client.ui.window.rail import RailButton
from client.ui.window.status_line import StatusLine
from tests.support.page_walk import discard, settle, walk
from tests.ui.login_double import AtOnce
from tests.ui.settings_double import settings_services

TITLES = {
    LanguageName.CHINESE: {
        AreaKey.TODAY: "今日",
        AreaKey.DOCUMENTS: "公文",
        AreaKey.MESSAGES: "消息",
        AreaKey.DIRECTORY: "通讯录",
    },
    LanguageName.ENGLISH: {
        AreaKey.TODAY: "Today",
        AreaKey.DOCUMENTS: "Documents",
        AreaKey.MESSAGES: "Messages",
        AreaKey.DIRECTORY: "Address book",
    },
}
ICONS = {
    AreaKey.TODAY: Icon.TODAY,
    AreaKey.DOCUMENTS: Icon.DOCUMENTS,
    AreaKey.MESSAGES: Icon.MESSAGES,
    AreaKey.DIRECTORY: Icon.DIRECTORY,
}


@dataclass
class SampleArea:
    key: AreaKey
    badge: Badge = field(default_factory=Badge)

    def __post_init__(self) -> None:
        self.title = TITLES[language()][self.key]
        self.icon = ICONS[self.key]
        self.widget: QWidget = EmptyState(self.icon, self.title, self.title, self.title)


def _settings(state: WindowState) -> SettingsPage:
    return SettingsPage(settings_services(state), AtOnce(), state)


def _window(state: WindowState, *keys: AreaKey) -> MainWindow:
    areas = [SampleArea(key) for key in keys or (AreaKey.TODAY, AreaKey.DOCUMENTS, AreaKey.DIRECTORY)]
    return MainWindow(areas, _settings(state), state)


@pytest.fixture
def window(state: WindowState) -> Iterator[MainWindow]:
    made = _window(state)
    made.show()
    settle()
    yield made
    discard(made)


def _rail_names(window: MainWindow) -> list[str]:
    buttons = sorted(window.rail.findChildren(RailButton), key=lambda b: b.y())
    return [b.accessibleName() for b in buttons]


def test_the_rail_keeps_the_order_of_the_areas(window: MainWindow) -> None:
    window.add_area(SampleArea(AreaKey.MESSAGES))
    settle()
    assert _rail_names(window) == ["今日", "公文", "消息", "通讯录", "设置"]


@pytest.mark.parametrize("key", [AreaKey.DOCUMENTS, AreaKey.DIRECTORY, AreaKey.TODAY])
def test_control_and_number_open_an_area(window: MainWindow, key: AreaKey) -> None:
    shown: list[AreaKey] = []
    window.area_shown.connect(shown.append)
    QTest.keyClick(window, getattr(Qt.Key, f"Key_{key.value}"), Qt.KeyboardModifier.ControlModifier)
    assert shown == [key]


def test_the_number_of_an_area_that_is_not_there_does_nothing(window: MainWindow) -> None:
    shown: list[AreaKey] = []
    window.area_shown.connect(shown.append)
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    window.show_area(AreaKey.MEETINGS)
    assert shown == []


def test_control_n_asks_for_a_new_thing_here(window: MainWindow) -> None:
    asked: list[AreaKey] = []
    window.new_asked.connect(asked.append)
    window.show_area(AreaKey.DOCUMENTS)
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    window.show_settings()
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert asked == [AreaKey.DOCUMENTS]


def test_a_count_is_shown_and_spoken(state: WindowState, qtbot: QtBot) -> None:
    area = SampleArea(AreaKey.TODAY)
    window = MainWindow([area], _settings(state), state)
    area.badge.set_count(3)
    button = next(b for b in window.rail.findChildren(RailButton) if b.accessibleName() == "今日")
    assert button.accessibleDescription() == "3 项待办"
    discard(window)


def test_it_opens_where_it_was_left(window: MainWindow, state: WindowState) -> None:
    window.show_area(AreaKey.DIRECTORY)
    window.close()
    again = _window(state)
    again.show()
    titles = [empty for empty in again.findChildren(EmptyState) if empty.isVisible()]
    assert [t.text() for t in titles[0].findChildren(Text)][:1] == ["通讯录"]
    assert state.restore_window(again)
    discard(again)


def test_a_second_notice_replaces_the_first(window: MainWindow) -> None:
    window.show_notice(Notice("一"))
    window.show_notice(Notice("二", "重试"))
    said = [label.text() for label in window.findChildren(Text) if label.isVisible()]
    assert "二" in said
    assert "一" not in said
    window.clear_notice()
    assert not any(label.text() == "二" and label.isVisible() for label in window.findChildren(Text))


@pytest.mark.parametrize(
    ("state_of_link", "said"),
    [
        (LinkState.ONLINE, "已连接"),
        (LinkState.OFFLINE, "离线：您的操作已保存，联网后自动送出"),
        (LinkState.CONNECTING, "正在连接……"),
        (LinkState.POLLING, "已连接，消息可能稍迟"),
    ],
)
def test_the_connection_is_said_in_words(state_of_link: LinkState, said: str, qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    line.set_link(state_of_link)
    assert [t.text() for t in line.findChildren(Text) if t.accessibleName() == tr("Connection")] == [said]


def test_what_is_on_its_way_is_counted(qtbot: QtBot) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    sync = next(t for t in line.findChildren(Text) if t.accessibleName() == tr("Synchronisation"))
    assert sync.text() == "已全部同步"
    line.set_outbox(2, 1)
    line.set_behind(5)
    assert sync.text() == "1 项被拒绝 · 2 项正在送出 · 5 项正在接收"
    line.set_outbox(0, 0)
    line.set_behind(0)
    line.set_indexed(500, 1200)
    assert sync.text() == "搜索索引更新中 41%"
    line.set_indexed(1200, 1200)
    assert sync.text() == "已全部同步"


def test_control_l_asks_to_lock(window: MainWindow, qtbot: QtBot) -> None:
    with qtbot.waitSignal(window.status.lock_asked):
        QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)


def test_choices_take_effect_and_are_kept(state: WindowState, qtbot: QtBot) -> None:
    page = _settings(state)
    qtbot.addWidget(page)
    page.show()
    chosen: list[LanguageName] = []
    page.language_chosen.connect(chosen.append)
    for words in ("松烟（深色）", "英文"):
        button = next(b for b in page.findChildren(QWidget) if b.accessibleName() == words)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(10, button.height() // 2))
    assert current_theme().choice is ThemeChoice.DARK
    assert chosen == [LanguageName.ENGLISH]
    assert chosen_theme(state) is ThemeChoice.DARK
    assert chosen_language(state) is LanguageName.ENGLISH


def test_a_damaged_choice_counts_as_none(state: WindowState) -> None:
    state.set_value("theme", "plaid")
    state.set_value("language", "xx")
    assert chosen_theme(state) is ThemeChoice.SYSTEM
    assert chosen_language(state) is LanguageName.CHINESE


def test_the_window_passes_the_walk(tmp_path: Path, qapp: QApplication) -> None:
    def factory() -> QWidget:
        window = _window(WindowState(tmp_path / f"{language().value}.ini"), *TITLES[language()])
        window.rail.set_me("王芳", "市发展改革委 文书")
        window.show_notice(Notice("无法连接服务器。", "您的操作已保存在本机。", "network.unreachable"))
        window.status.set_link(LinkState.OFFLINE)
        window.status.set_outbox(2, 1)
        return window

    walk(factory, "window")


def test_the_settings_pass_the_walk(tmp_path: Path, qapp: QApplication) -> None:
    walk(lambda: _settings(WindowState(tmp_path / "window.ini")), "settings")
