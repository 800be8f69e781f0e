"""A newer version on screen: quiet above the pages, whole in 关于, and never in the middle of a meeting."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from client.core.events import UpdatesChanged
from client.ui.base.window_state import WindowState
from client.ui.login.installation_sheet import InstallationSheet
from client.ui.settings.about import AboutSection
from client.ui.settings.updates import UpdateCard
from client.ui.widgets.buttons import IconButton
from client.ui.window.update_bar import UpdateBar
from client.updates.rows import UpdateRow, UpdateStage
from protocol.errors import ErrorCode, JinshuError
from tests.support.page_walk import settle, walk
from tests.ui.desk_double import City
from tests.ui.document_hands import button, press
from tests.ui.login_double import AtOnce
from tests.ui.settings_double import DAY, NOW, UpdatesDouble, settings_services
from tests.ui.test_settings import shown

NOTES_ZH = "· 待办列表更快\n· 可以直接打印签收情况\n· 修正：附件名称含“&”时显示不全"
NOTES_EN = "· The list of what waits is faster\n· Receipts can be printed\n· Names of attachments with an “&” are shown whole"
NEWER = UpdateRow(
    UpdateStage.AVAILABLE,
    "0.4.0",
    version="0.5.0",
    notes_zh=NOTES_ZH,
    notes_en=NOTES_EN,
    size=214_000_000,
    checked_at=NOW,
    expires_at=NOW + 30 * DAY,
    installable=True,
    returnable=True,
)
ROWS = {
    "none": UpdateRow(UpdateStage.NONE, "0.4.0"),
    "unchecked": UpdateRow(UpdateStage.UNCHECKED, "0.4.0"),
    "current": UpdateRow(UpdateStage.CURRENT, "0.4.0", checked_at=NOW, expires_at=NOW + 30 * DAY),
    "available": NEWER,
    "loading": replace(NEWER, stage=UpdateStage.LOADING, done=91_000_000),
    "ready": replace(NEWER, stage=UpdateStage.READY, done=214_000_000),
    "not returnable": replace(NEWER, stage=UpdateStage.READY, returnable=False),
    "not installable": replace(NEWER, installable=False),
    "expired": replace(NEWER, fault=ErrorCode.UPDATES_EXPIRED),
    "untrusted": UpdateRow(UpdateStage.UNCHECKED, "0.4.0", fault=ErrorCode.UPDATES_UNTRUSTED),
}


@pytest.fixture
def updates() -> UpdatesDouble:
    return UpdatesDouble(NEWER)


@pytest.fixture
def card(qtbot: QtBot, updates: UpdatesDouble) -> UpdateCard:
    made = UpdateCard(updates, AtOnce())
    qtbot.addWidget(made)
    made.show()
    made.refresh()
    settle()
    return made


def test_what_is_new_and_what_will_happen_is_said_before_anything_does(card: UpdateCard) -> None:
    said = shown(card)
    for words in ("锦书 0.5.0", "待办列表更快", "备份本机数据", "自动恢复现在的版本"):
        assert words in said


def test_now_fetches_and_then_asks_once_more(card: UpdateCard, updates: UpdatesDouble, qtbot: QtBot) -> None:
    updates.after_fetch = ROWS["ready"]
    press(button(card, "现在更新"))
    settle()
    with qtbot.waitSignal(card.install_asked):
        press(button(card, "安装并重新打开"))


def test_a_failed_download_is_told_and_can_be_tried_again(card: UpdateCard, updates: UpdatesDouble) -> None:
    updates.after_fetch = JinshuError(ErrorCode.UPDATES_PACKAGE_MISMATCH)
    press(button(card, "现在更新"))
    settle()
    assert "与本市签署的不符" in shown(card)
    assert button(card, "现在更新").isEnabled()


def test_looking_says_what_was_found_and_what_went_wrong(card: UpdateCard, updates: UpdatesDouble) -> None:
    updates.after_check = ROWS["current"]
    press(button(card, "检查更新"))
    settle()
    assert "已是最新版本" in shown(card)
    updates.after_check = JinshuError(ErrorCode.UPDATES_EXPIRED)
    press(button(card, "检查更新"))
    settle()
    assert "更新信息已过期" in shown(card)


def test_where_it_cannot_be_installed_no_button_promises_it(card: UpdateCard) -> None:
    card.show_row(ROWS["not installable"])
    assert "请联系管理员" in shown(card)
    assert card._act.isHidden()
    card.begin()  # the bar leads here all the same
    assert card._loading is None


def test_the_bar_speaks_of_what_can_be_had_and_can_be_put_off(qtbot: QtBot) -> None:
    bar = UpdateBar()
    qtbot.addWidget(bar)
    for name in ("none", "unchecked", "current", "loading", "untrusted"):
        bar.show_row(ROWS[name])
        assert bar.isHidden()
    bar.show_row(NEWER)
    assert not bar.isHidden()
    assert all(each.isHidden() for each in bar.findChildren(IconButton))
    with qtbot.waitSignal(bar.put_off):
        press(button(bar, "稍后"))
    bar.show_row(replace(NEWER, put_off=True))
    assert bar.isHidden()


def test_the_bar_leads_to_the_card_and_begins(qapp: QApplication, tmp_path: Path) -> None:
    city = City.of(qapp, WindowState(tmp_path / "window.ini"))
    try:
        updates = city.updates
        updates.row, updates.after_fetch = NEWER, ROWS["ready"]
        city.hear(UpdatesChanged())
        settle()
        press(button(city.desk.window.update_bar, "现在更新"))
        settle()
        assert city.page(AboutSection).isVisible()
        assert updates.row.stage is UpdateStage.READY
        updates.row = NEWER
        city.hear(UpdatesChanged())
        settle()
        press(button(city.desk.window.update_bar, "稍后"))
        assert updates.put_offs == 1
    finally:
        city.close()


def test_nobody_is_taken_out_of_a_meeting(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City.of(qapp, WindowState(tmp_path / "window.ini"))
    asked: list[bool] = []
    city.desk.install_asked.connect(lambda: asked.append(True))
    try:
        section = city.page(AboutSection)
        monkeypatch.setattr(type(city.desk._meetings), "in_meeting", property(lambda _page: True))
        section.install_asked.emit()
        assert asked == []
        notice = city.desk.window._notice.notice
        assert notice is not None
        assert notice.what == "您正在开会。"
        monkeypatch.setattr(type(city.desk._meetings), "in_meeting", property(lambda _page: False))
        section.install_asked.emit()
        assert asked == [True]
    finally:
        city.close()


def test_the_sheet_of_an_installation_stays_until_it_is_done(qtbot: QtBot) -> None:
    sheet = InstallationSheet("0.5.0")
    sheet.show()
    sheet.close()
    assert sheet.isVisible()
    sheet.done()
    assert not sheet.isVisible()
    del qtbot


@pytest.mark.parametrize("name", ROWS)
def test_every_state_is_drawn_whole(name: str, tmp_path: Path) -> None:
    state = WindowState(tmp_path / "window.ini")

    def made() -> QWidget:
        services = settings_services(state, updates=UpdatesDouble(ROWS[name]))
        section = AboutSection(
            services.about, services.own_devices, services.checks, services.updates, AtOnce(), state
        )
        section.refresh()
        return section

    walk(made, f"updates-{name.replace(' ', '_')}")


def test_the_bar_and_the_sheet_are_drawn_whole() -> None:
    def bar() -> QWidget:
        made = UpdateBar()
        made.show_row(NEWER)
        return made

    walk(bar, "updates-bar")
    walk(lambda: InstallationSheet("0.5.0"), "updates-sheet")
