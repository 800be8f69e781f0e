"""The list of meetings, trying the devices and going in, driven as an official does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QPushButton, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from client.meetings.rows import LiveState, MeetingStanding
from client.ui.base.moments import full_time
from client.ui.base.rows import RowContent, RowRole
from client.ui.base.window_state import WindowState
from client.ui.meetings.device_check import DeviceCheck
from client.ui.meetings.device_field import DeviceField
from client.ui.meetings.level_bar import LevelBar
from client.ui.meetings.meeting_list import MeetingList
from client.ui.meetings.page import MeetingsPage
from client.ui.meetings.picture_view import PictureView
from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow
from client.ui.meetings.words import clock_words
from client.ui.messaging.beside import TalkBeside
from client.ui.widgets.list_view import ListView
from client.ui.widgets.search_field import SearchField
from protocol.errors import ErrorCode
from tests.support.page_walk import discard, settle
from tests.ui.conversation_hands import content, notice_text
from tests.ui.core_thread import CoreThread
from tests.ui.document_hands import button, by_name, click_row, labelled, names_of, press, write
from tests.ui.meeting_hands import attending_of, bar_of, discard_pages, keys_of, shown
from tests.ui.meetings_double import (
    DISPATCH,
    EVERYTHING,
    MEETINGS,
    OLD,
    WEEKLY,
    DevicesDouble,
    MeetingsDouble,
    live,
    picture,
)
from tests.ui.messaging_double import DAY, MINUTE, NOW, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.fixture
def meetings() -> MeetingsDouble:
    return MeetingsDouble()


def listed(page: QWidget) -> ListView:
    return page.findChildren(MeetingList)[0].list


def field_for(page: QWidget, kind: DeviceKind) -> DeviceField:
    return next(found for found in page.findChildren(DeviceField) if found._kind is kind)


# The list


def test_what_is_on_now_comes_first_then_what_comes_then_what_is_over(
    qtbot: QtBot, meetings: MeetingsDouble
) -> None:
    meetings.listed = {row.id: row for row in reversed(MEETINGS)}
    counted: list[int] = []
    page = shown(qtbot, meetings)
    page.counted.connect(counted.append)
    page.refresh()
    settle()
    view = listed(page)
    assert [view.model().index(n, 0).data(RowRole.ROW).id for n in range(3)] == [DISPATCH, WEEKLY, OLD]
    first, second = content(view, 0), content(view, 1)
    assert isinstance(first, RowContent)
    assert isinstance(second, RowContent)
    assert [mark.text for mark in first.marks] == ["进行中"]
    assert first.unread
    assert second.detail.startswith("明天 ")
    assert second.detail.endswith("李强主持 · 86 人")
    assert counted[-1] == 1


def test_the_model_satisfies_qt(qtbot: QtBot, qtmodeltester: ModelTester, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    qtmodeltester.check(page.findChildren(MeetingList)[0].model)  # type: ignore[no-untyped-call]
    del meetings.listed[WEEKLY]
    page.refresh()
    settle()
    assert len(names_of(listed(page))) == 2


def test_a_search_finds_by_name_and_says_when_there_is_none(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    search = by_name(page, SearchField, "搜索")
    write(search, "调度")
    search.search_now()
    settle()
    assert len(names_of(listed(page))) == 1
    write(search, "不存在")
    search.search_now()
    settle()
    assert labelled(page, "没有名称相符的会议。").isVisible()


def test_a_right_click_goes_in_or_calls_another(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    menu_for = listed(page).menu_for
    assert menu_for is not None
    entries = {entry.text: entry for entry in menu_for(MEETINGS[0])}
    assert list(entries) == ["打开", "入会", "复制邀请"]
    entries["入会"].act()
    settle()
    assert field_for(page, DeviceKind.CAMERA).isVisible()
    entries = {entry.text: entry for entry in menu_for(MEETINGS[2])}
    entries["再次召集"].act()
    settle()
    assert button(page, "召集并入会").isVisible()


def test_an_invitation_is_copied_from_the_list_and_from_the_details(
    qtbot: QtBot, meetings: MeetingsDouble
) -> None:
    page = shown(qtbot, meetings)
    said = (
        "会议：全市重点项目调度与冬季农村公路安全保畅工作视频会商\n"
        f"时间：{full_time(NOW + DAY)} 至 {clock_words(NOW + DAY + 90 * MINUTE)}\n"
        "主持人：李强\n入会：打开锦书，在“会议”中选择本会议。"
    )
    menu_for = listed(page).menu_for
    assert menu_for is not None
    entries = {entry.text: entry for entry in menu_for(MEETINGS[1])}
    entries["复制邀请"].act()
    assert QGuiApplication.clipboard().text() == said
    QGuiApplication.clipboard().clear()
    click_row(listed(page), 1)
    press(button(page, "复制邀请"))
    assert QGuiApplication.clipboard().text() == said
    assert by_name(page, QPushButton, "复制邀请").text() == "已复制"
    click_row(listed(page), 2)
    assert not button(page, "复制邀请").isVisible()
    assert "复制邀请" not in {entry.text for entry in menu_for(MEETINGS[2])}


def test_details_say_what_and_when_and_offer_the_way_in(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    click_row(listed(page), 1)
    assert labelled(page, "未开始").isVisible()
    assert button(page, "入会").isVisible()
    assert button(page, "入会").hasFocus()
    click_row(listed(page), 2)
    assert not button(page, "入会").isVisible()
    assert button(page, "再次召集").isVisible()
    QTest.keyClick(button(page, "再次召集"), Qt.Key.Key_Escape)
    settle()
    assert listed(page).hasFocus()


def test_the_last_meeting_comes_back(qtbot: QtBot, meetings: MeetingsDouble, state: WindowState) -> None:
    page = shown(qtbot, meetings, state=state)
    click_row(listed(page), 1)
    page.hide()
    again = shown(qtbot, meetings, state=state)
    assert listed(again).current_row().id == WEEKLY
    assert button(again, "入会").isVisible()


def test_a_meeting_that_begins_while_it_is_looked_at_says_so(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    page.show_meeting(WEEKLY)
    meetings.listed[WEEKLY] = replace(meetings.listed[WEEKLY], standing=MeetingStanding.NOW)
    page.refresh()
    settle()
    assert labelled(page, "进行中").isVisible()


# Trying the devices


def test_devices_are_tried_before_going_in(
    qtbot: QtBot, meetings: MeetingsDouble, state: WindowState
) -> None:
    devices = DevicesDouble()
    devices.shown = picture(64, 36)
    page = shown(qtbot, meetings, devices, state)
    page.show_meeting(DISPATCH)
    press(button(page, "入会"))
    assert devices.in_use() == ["mic_built", "out_1"]
    _box(page, "入会时打开摄像头").click()
    settle()
    assert sorted(devices.in_use()) == ["cam_1", "mic_built", "out_1"]
    preview = by_name(page, PictureView, "他人将看到的画面")
    qtbot.waitUntil(lambda: preview.has_picture)
    page.findChildren(DeviceCheck)[0]._timer.timeout.emit()
    assert page.findChildren(LevelBar)[0].lit == 12
    press(button(page, "试听"))
    assert sum(opened.rung for opened in devices.opened) == 1
    field = field_for(page, DeviceKind.MICROPHONE).field
    field.setCurrentIndex(1)
    settle()
    assert sorted(devices.in_use()) == ["cam_1", "mic_head", "out_1"]
    _box(page, "入会时打开麦克风").click()
    press(button(page, "进入会议"))
    assert meetings.said("join") == [("join", DISPATCH)]
    used = {opened.id: opened for opened in devices.opened if not opened.closed}
    assert (meetings.sources["microphone"], meetings.sources["camera"]) == (used["mic_head"], used["cam_1"])
    assert bar_of(page).microphone.text() == "静音"
    assert bar_of(page).camera.text() == "关闭摄像头"
    assert keys_of(page) == ["dev_1", "dev_2", "dev_3", "dev_0"]


def _box(page: QWidget, words: str) -> QCheckBox:
    return next(found for found in page.findChildren(QCheckBox) if found.text() == words)


def test_choices_are_remembered(qtbot: QtBot, meetings: MeetingsDouble, state: WindowState) -> None:
    page = shown(qtbot, meetings, state=state)
    page.go_in(DISPATCH)
    settle()
    field_for(page, DeviceKind.LOUDSPEAKER).field.setCurrentIndex(1)
    _box(page, "入会时打开麦克风").click()
    press(button(page, "进入会议"))
    devices = DevicesDouble()
    again = shown(qtbot, MeetingsDouble(), devices, state)
    again.go_in(DISPATCH)
    settle()
    assert field_for(again, DeviceKind.LOUDSPEAKER).device == "out_2"
    assert _box(again, "入会时打开麦克风").isChecked()
    assert not _box(again, "入会时打开摄像头").isChecked()
    assert "out_2" in devices.in_use()


def test_without_any_device_one_goes_in_listening(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings, DevicesDouble({}))
    page.go_in(DISPATCH)
    settle()
    assert field_for(page, DeviceKind.MICROPHONE).fault.startswith("未检测到麦克风")
    assert labelled(page, "没有麦克风，您将以旁听方式入会。").isVisible()
    assert not _box(page, "入会时打开摄像头").isEnabled()
    press(button(page, "进入会议"))
    assert meetings.sources["microphone"] is None
    assert meetings.sources["camera"] is None
    assert meetings.sources["loudspeaker"] is not None
    assert page.in_meeting


def test_a_device_that_does_not_start_is_told_in_its_place(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    devices = DevicesDouble()
    devices.broken[DeviceKind.MICROPHONE] = DeviceFault.REFUSED
    page = shown(qtbot, meetings, devices)
    page.go_in(DISPATCH)
    settle()
    assert field_for(page, DeviceKind.MICROPHONE).fault.startswith("系统不允许使用麦克风")
    assert notice_text(page) == ""
    devices.broken[DeviceKind.CAMERA] = DeviceFault.FAILED
    _box(page, "入会时打开摄像头").click()
    settle()
    assert field_for(page, DeviceKind.CAMERA).fault.startswith("摄像头无法启动")


def test_what_is_plugged_in_meanwhile_is_offered(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    devices = DevicesDouble({DeviceKind.LOUDSPEAKER: EVERYTHING[DeviceKind.LOUDSPEAKER]})
    page = shown(qtbot, meetings, devices)
    page.go_in(DISPATCH)
    settle()
    devices.plug(DeviceKind.MICROPHONE, DeviceRow("mic_new", "新接入的麦克风"))
    settle()
    assert field_for(page, DeviceKind.MICROPHONE).fault == ""
    assert devices.in_use() == ["out_1", "mic_new"]
    devices.plug(DeviceKind.LOUDSPEAKER, DeviceRow("out_2", "耳机"))
    settle()
    assert devices.in_use() == ["mic_new", "out_2"]


def test_devices_are_let_go_while_one_looks_elsewhere_and_when_one_does_not_go_in(
    qtbot: QtBot, meetings: MeetingsDouble
) -> None:
    devices = DevicesDouble()
    page = shown(qtbot, meetings, devices)
    page.go_in(DISPATCH)
    settle()
    assert devices.in_use()
    page.hide()
    settle()
    assert devices.in_use() == []
    page.show()
    settle()
    assert devices.in_use() == ["mic_built", "out_1"]
    press(button(page, "暂不入会"))
    assert devices.in_use() == []
    assert devices.listeners == []


# Going in


def test_what_keeps_one_out_is_said_at_the_meeting(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    devices = DevicesDouble()
    page = shown(qtbot, meetings, devices)
    page.show_meeting(DISPATCH)
    press(button(page, "入会"))
    meetings.refusing = ErrorCode.MEETINGS_LOCKED
    press(button(page, "进入会议"))
    assert notice_text(page)
    assert not page.in_meeting
    assert button(page, "入会").isVisible()
    assert devices.in_use() == []


def test_joining_says_so_and_can_be_given_up(qtbot: QtBot) -> None:
    core = CoreThread()
    meetings = MeetingsDouble()
    meetings.slow = asyncio.Event()
    devices = DevicesDouble()
    talks = ConversationsDouble()
    page = MeetingsPage(
        meetings,
        talks,
        attending_of(meetings, devices, runner=core),
        lambda conversation, parent: TalkBeside(talks, core, conversation, parent),
        core,
        None,
        now=lambda: NOW,
    )
    page.resize(1280, 800)
    page.show()
    try:
        page.refresh()
        page.go_in(DISPATCH)
        settle()
        press(button(page, "进入会议"))
        assert labelled(page, "正在进入会议…").isVisible()
        page.refresh_live()
        settle()
        assert labelled(page, "正在进入会议…").isVisible()
        press(button(page, "取消"))
        assert not page.in_meeting
        qtbot.waitUntil(lambda: bool(meetings.said("leave")))
        assert devices.in_use() == []
        assert meetings.now is None
    finally:
        core.stop()
        discard(page)


def test_the_row_of_the_meeting_leads_the_page(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    page = shown(qtbot, meetings)
    meetings.now = live(2, state=LiveState.JOINING)
    page.refresh_live()
    settle()
    assert labelled(page, "正在进入会议…").isVisible()
    meetings.now = live(2)
    page.refresh_live()
    settle()
    assert keys_of(page) == ["dev_1", "dev_0"]
    meetings.now = None
    page.refresh_live()
    settle()
    assert not page.in_meeting


def test_going_in_again_after_leaving_works(qtbot: QtBot, meetings: MeetingsDouble) -> None:
    meetings.enters = live(1)
    page = shown(qtbot, meetings)
    for _ in range(2):
        page.show_meeting(DISPATCH)
        press(button(page, "入会"))
        press(button(page, "进入会议"))
        assert page.in_meeting
        QTest.mouseClick(bar_of(page).leave, Qt.MouseButton.LeftButton)
        settle()
        assert not page.in_meeting
        page.refresh_live()
    assert [act[0] for act in meetings.acts if act[0] != "view"] == ["join", "leave", "join", "leave"]
