"""设置, 桌面: what closing the window does, the start at sign-in, the clipboard; and the lock of the screen beside the idle one."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QRadioButton
from pytestqt.qtbot import QtBot

from client.ui.base.window_state import WindowState
from client.ui.settings.choices import (
    OnClose,
    chosen_clipboard_minutes,
    chosen_on_close,
    keep_on_close,
    locks_with_screen,
)
from client.ui.settings.desktop import DesktopSection
from client.ui.settings.locking import LockingSection
from client.ui.settings.page import SettingsPage
from client.ui.settings.services import Desktop
from tests.support.page_walk import walk
from tests.ui.document_hands import by_name
from tests.ui.finding import inside
from tests.ui.login_double import AtOnce
from tests.ui.settings_double import AutostartDouble, settings_services
from tests.ui.test_settings import shown

FULL = Desktop(lambda: True, AutostartDouble(), tells_lock=True)
BARE = Desktop(lambda: False, None, tells_lock=False)


def test_the_lock_of_the_screen_is_followed_unless_that_is_unwanted(qtbot: QtBot, state: WindowState) -> None:
    section = LockingSection(state, True)
    qtbot.addWidget(section)
    box = by_name(section, QCheckBox, "锁屏或电脑睡眠时，同时锁定锦书")
    assert box.isChecked()
    assert locks_with_screen(state)
    box.click()
    assert not locks_with_screen(state)


def test_where_nothing_tells_of_the_screen_nothing_is_offered(qtbot: QtBot, state: WindowState) -> None:
    section = LockingSection(state, False)
    qtbot.addWidget(section)
    assert section.findChildren(QCheckBox) == []


def test_closing_and_the_clipboard_are_chosen_and_kept(qtbot: QtBot, state: WindowState) -> None:
    page = SettingsPage(settings_services(state), AtOnce(), state)
    qtbot.addWidget(page)
    page.show()
    section = inside(page, DesktopSection)
    assert by_name(section, QRadioButton, "每次询问").isChecked()
    by_name(section, QRadioButton, "退出锦书").click()
    assert chosen_on_close(state) is OnClose.END
    by_name(section, QRadioButton, "不清除").click()
    assert chosen_clipboard_minutes(state) == 0
    by_name(section, QRadioButton, "1 分钟后").click()
    assert chosen_clipboard_minutes(state) == 1
    # It was chosen beside the button that closes the window meanwhile.
    page.hide()
    keep_on_close(state, OnClose.STAY)
    page.show()
    assert by_name(section, QRadioButton, "在托盘中继续运行").isChecked()


def test_without_a_tray_what_closing_means_is_said_and_not_asked(qtbot: QtBot, state: WindowState) -> None:
    section = DesktopSection(BARE, state)
    qtbot.addWidget(section)
    section.show()
    assert "没有托盘，关闭窗口即退出锦书" in shown(section)
    assert section.findChildren(QCheckBox) == []


@pytest.mark.parametrize(("name", "desktop"), [("desktop", FULL), ("bare_desktop", BARE)])
def test_the_section_is_well_drawn(name: str, desktop: Desktop, tmp_path: Path, qtbot: QtBot) -> None:
    walk(lambda: DesktopSection(desktop, WindowState(tmp_path / "window.ini")), f"settings_{name}")
