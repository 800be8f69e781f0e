"""What one does in a meeting: the bar, the keys, the full screen and the chair's menu."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from client.meetings.rows import LiveState
from client.ui.meetings.meeting_view import MeetingView
from client.ui.meetings.page import MeetingsPage
from client.ui.meetings.people_panel import PeoplePanel
from client.ui.meetings.room import Room
from client.ui.meetings.services import DeviceKind, DeviceRow
from client.ui.messaging.beside import TalkBeside
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.list_view import ListView
from protocol.errors import ErrorCode
from tests.support.page_walk import discard, settle
from tests.ui.conversation_hands import notice_text
from tests.ui.document_hands import button, by_name, click_row, labelled, names_of, press
from tests.ui.login_double import AtOnce
from tests.ui.meeting_hands import (
    bar_of,
    choose_in,
    discard_pages,
    grid_of,
    in_meeting,
    inside,
    keys_of,
    menu_on,
    move,
    popover,
    press_bar,
    tile_of,
    tiles_of,
    words_in,
)
from tests.ui.meetings_double import (
    DevicesDouble,
    MeetingsDouble,
    live,
    participant,
    picture,
)
from tests.ui.messaging_double import GROUP, ROWS, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def hold_space(at: QWidget, held: bool) -> None:
    (QTest.keyPress if held else QTest.keyRelease)(at, Qt.Key.Key_Space)
    settle()


# The bar and the keys


def test_the_microphone_is_switched_by_button_and_key(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "解除静音")
    assert bar_of(page).microphone.text() == "静音"
    QTest.keyClick(grid_of(page), Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert [act[0] for act in meetings.acts if act[0] != "view"] == ["start_microphone", "stop_microphone"]
    assert devices.in_use() == ["mic_built"]


def test_space_talks_while_held_and_does_nothing_else(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2))
    people = bar_of(page).people
    people.setFocus()
    hold_space(people, True)
    assert bar_of(page).microphone.text() == "静音"
    QTest.keyPress(people, Qt.Key.Key_Space)
    hold_space(people, False)
    assert bar_of(page).microphone.text() == "解除静音"
    assert not people.isChecked()
    assert [act[0] for act in meetings.acts if act[0] != "view"] == ["start_microphone", "stop_microphone"]


def test_who_talks_already_is_not_muted_by_space(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2, microphone=True))
    tile_of(page, "dev_1").setFocus()
    hold_space(tile_of(page, "dev_1"), True)
    hold_space(tile_of(page, "dev_1"), False)
    assert not meetings.said("stop_microphone")


def test_a_key_held_while_the_focus_goes_away_is_let_go(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2))
    tile_of(page, "dev_1").setFocus()
    hold_space(tile_of(page, "dev_1"), True)
    other = QWidget()
    other.show()
    other.activateWindow()
    other.setFocus()
    settle()
    assert meetings.said("stop_microphone")
    page.activateWindow()
    settle()
    discard(other)


def test_space_in_the_chat_is_a_space(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2))
    press_bar(page, "聊天")
    field = by_name(page, QPlainTextEdit, "输入消息")
    field.setFocus()
    QTest.keyClicks(field, "a b")
    settle()
    assert field.toPlainText() == "a b"
    assert not meetings.said("start_microphone")


def test_the_button_of_the_chat_counts_what_is_unread_while_it_is_shut(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    rows = tuple(replace(row, unread=3) for row in ROWS)
    elsewhere = tuple(replace(row, unread=0) if row.id == GROUP else row for row in rows)
    chat = bar_of(page).chat
    quiet = chat.grab().toImage()
    page.set_conversations(elsewhere)
    assert (chat.accessibleDescription(), chat.grab().toImage()) == ("", quiet)
    page.set_conversations(rows)
    assert chat.accessibleDescription() == "3 条未读"
    assert chat.grab().toImage() != quiet
    press_bar(page, "聊天")
    assert chat.accessibleDescription() == ""


def test_the_chair_may_mute_me_and_the_bar_says_so(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2, microphone=True))
    assert bar_of(page).microphone.text() == "静音"
    move(page, meetings, live(2, microphone=False))
    assert bar_of(page).microphone.text() == "解除静音"


def test_a_refused_switch_goes_back_and_says_why(qtbot: QtBot) -> None:
    meetings = MeetingsDouble()
    page, _meetings = in_meeting(qtbot, live(2), meetings)
    meetings.refusing = ErrorCode.MEETINGS_NOT_PRESENT
    press_bar(page, "打开摄像头")
    assert bar_of(page).camera.text() == "打开摄像头"
    assert "您当前不在会议中" in notice_text(page)


def test_a_hand_goes_up_and_down(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2))
    press_bar(page, "举手")
    page.refresh_live()
    press_bar(page, "放下手")
    assert meetings.said("hand") == [("hand", True), ("hand", False)]


def test_a_screen_or_a_window_is_shared_and_stopped(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "共享屏幕")
    menu = next(found for found in bar_of(page).share.findChildren(QMenu) if found.isVisible())
    choose_in(menu, "实施方案.docx")
    assert devices.in_use() == ["win_1"]
    assert meetings.said("start_screen") == [("start_screen", devices.opened[-1])]
    assert labelled(page, "您正在共享屏幕").isVisible()
    press_bar(page, "停止共享")
    assert devices.in_use() == []
    assert meetings.said("stop_screen")


def test_a_device_that_is_pulled_out_is_missed_aloud_and_the_meeting_goes_on(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    devices.there[DeviceKind.MICROPHONE] = (DeviceRow("mic_only", "麦克风"),)
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "解除静音")
    devices.plug(DeviceKind.MICROPHONE)
    settle()
    assert notice_text(page).startswith("麦克风已断开")
    assert bar_of(page).microphone.text() == "解除静音"
    assert meetings.said("stop_microphone")
    press_bar(page, "解除静音")
    assert notice_text(page).startswith("未检测到麦克风")
    assert bar_of(page).microphone.text() == "解除静音"


def test_another_microphone_is_taken_in_the_middle(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "解除静音")
    press(button(page, "设备"))
    menu = next(found for found in page.findChildren(QMenu) if found.isVisible())
    action = next(found for found in menu.actions() if found.text().startswith("会议室"))
    action.trigger()
    menu.close()
    settle()
    assert devices.in_use() == ["mic_head"]
    assert [act[0] for act in meetings.acts if act[0] != "view"] == ["start_microphone", "change_microphone"]


def test_before_a_locked_meeting_one_waits_neither_seen_nor_heard(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "打开摄像头")
    press_bar(page, "解除静音")
    assert "cam_1" in devices.in_use()
    move(page, meetings, live(2, state=LiveState.WAITING))
    assert labelled(page, "会议已锁定，正在等候主持人解除锁定…").isVisible()
    assert "cam_1" not in devices.in_use()
    move(page, meetings, live(2))
    assert bar_of(page).microphone.text() == "解除静音"
    assert bar_of(page).camera.text() == "打开摄像头"
    move(page, meetings, live(2, state=LiveState.WAITING))
    press(button(page, "不再等候"))
    assert meetings.said("leave")


def test_the_bar_stays_in_a_window_and_comes_back_with_it(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    room = page.findChildren(Room)[0]
    tile_of(page, "dev_1").setFocus()
    assert not room._timer.isActive()
    room._timer.timeout.emit()
    assert room.bar.isVisible()
    view = page.findChildren(MeetingView)[0]
    press(button(page, "全屏（F11）"))
    tile_of(view, "dev_1").setFocus()
    room._timer.timeout.emit()
    assert not room.bar.isVisible()
    QTest.keyClick(tiles_of(view)[0], Qt.Key.Key_Escape)
    settle()
    assert room.bar.isVisible()
    assert button(page, "全屏（F11）").isVisible()


def test_on_the_full_screen_the_bar_goes_when_nobody_moves_and_comes_back(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    room = page.findChildren(Room)[0]
    view = page.findChildren(MeetingView)[0]
    press(button(page, "全屏（F11）"))
    at = tile_of(view, "dev_1")
    at.setFocus()
    room._timer.timeout.emit()
    assert not room.bar.isVisible()
    where = QPointF(at.rect().center())
    moved = QMouseEvent(
        QEvent.Type.MouseMove,
        where,
        at.mapToGlobal(where),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(at, moved)
    assert room.bar.isVisible()
    assert room._timer.isActive()
    room._timer.timeout.emit()
    QTest.keyClick(at, Qt.Key.Key_Tab)
    assert room.bar.isVisible()
    room.bar.leave.setFocus()
    room._timer.timeout.emit()
    assert room.bar.isVisible()


def test_full_screen_comes_and_goes_with_the_keyboard(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    view = page.findChildren(MeetingView)[0]
    QTest.keyClick(grid_of(page), Qt.Key.Key_F11)
    settle()
    assert view.isFullScreen()
    assert view.window() is view
    assert [found.seat.key for found in tiles_of(view)] == ["dev_1", "dev_0"]
    assert labelled(page, "会议正在全屏显示").isVisible()
    QTest.keyClick(tiles_of(view)[0], Qt.Key.Key_Escape)
    settle()
    assert view.window() is page.window()
    assert view.isVisible()


@pytest.mark.parametrize("way", ["leave", "over", "close", "back"])
def test_every_way_out_of_full_screen_ends_it(qtbot: QtBot, way: str) -> None:
    page, meetings = in_meeting(qtbot, live(1))
    view = page.findChildren(MeetingView)[0]
    press(button(page, "全屏（F11）"))
    assert view.isFullScreen()
    if way == "leave":
        press_bar(view, "离开")
    elif way == "over":
        move(page, meetings, live(1, state=LiveState.ENDED))
    elif way == "close":
        view.close()
    else:
        press(button(page, "退出全屏"))
    settle()
    assert view.window() is page.window()
    assert view.isVisible() == (way in ("close", "back"))
    assert page.in_meeting == (way != "leave")


def test_another_language_finds_the_devices_as_they_are(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    devices.shown = picture(64, 36)
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    attending = page._attending
    press_bar(page, "打开摄像头")
    discard(page)
    assert devices.in_use() == ["cam_1"]
    again = MeetingsPage(
        meetings,
        ConversationsDouble(),
        attending,
        lambda conversation, parent: TalkBeside(ConversationsDouble(), AtOnce(), conversation, parent),
        AtOnce(),
        None,
    )
    again.resize(1280, 800)
    again.show()
    again.refresh_live()
    settle()
    mine = tile_of(again, "dev_0")
    qtbot.waitUntil(lambda: mine.has_picture)
    press_bar(again, "关闭摄像头")
    assert devices.in_use() == []
    discard(again)


# People and the chair


def test_the_panel_lists_hands_first(qtbot: QtBot) -> None:
    people = (participant(0), participant(1, hand=900), participant(2, hand=300))
    page, meetings = in_meeting(qtbot, live(3, participants=people))
    press_bar(page, "参会人员")
    listed = by_name(page, ListView, "参会人员列表")
    assert names_of(listed) == ["李强", "王芳", "周正（我）"]
    move(page, meetings, live(3))
    assert names_of(listed) == ["周正（我）", "王芳", "李强"]


def test_the_models_satisfy_qt(qtbot: QtBot, qtmodeltester: ModelTester) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    qtmodeltester.check(page.findChildren(PeoplePanel)[0].model)  # type: ignore[no-untyped-call]
    move(page, meetings, live(6))
    move(page, meetings, live(2))


def test_only_a_chair_has_the_chairs_menu(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    assert words_in(menu_on(tile_of(page, "dev_1"))) == [
        "固定画面",
        "静音",
        "设为全员焦点",
        "移交主持人…",
        "移出会议…",
    ]
    press_bar(page, "参会人员")
    assert button(page, "全员静音").isVisible()
    move(page, meetings, live(3, i_chair=False))
    assert words_in(menu_on(tile_of(page, "dev_1"))) == ["固定画面"]
    assert not button(page, "全员静音").isVisible()


def test_a_chair_mutes_locks_and_puts_forward(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    choose_in(menu_on(tile_of(page, "dev_2")), "静音")
    choose_in(menu_on(tile_of(page, "dev_1")), "设为全员焦点")
    press_bar(page, "参会人员")
    press(button(page, "全员静音"))
    press(button(page, "锁定会议"))
    page.refresh_live()
    settle()
    assert labelled(page, "已锁定").isVisible()
    press(button(page, "解除锁定"))
    assert [act for act in meetings.acts if act[0] in ("mute", "spotlight", "lock")] == [
        ("mute", "prs_li"),
        ("spotlight", "prs_wang"),
        ("mute", None),
        ("lock", True),
        ("lock", False),
    ]
    assert keys_of(page)[0] == "dev_1"


def test_whoever_was_taken_out_is_let_back_in_by_a_chair(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    press_bar(page, "参会人员")
    back = button(page, "允许再次入会…")
    assert not back.isVisible()
    move(page, meetings, live(2, removed=(("prs_li", "李强"),)))
    press(back)
    [menu] = [found for found in back.findChildren(QMenu) if found.isVisible()]
    choose_in(menu, "李强")
    assert meetings.said("admit") == [("admit", "prs_li")]
    move(page, meetings, live(2, removed=(("prs_li", "李强"),), i_chair=False))
    assert not back.isVisible()


def test_removing_somebody_asks_once(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    press_bar(page, "参会人员")
    listed = by_name(page, ListView, "参会人员列表")
    click_row(listed, 1)
    menu = next(found for found in listed.findChildren(QMenu) if found.isVisible())
    choose_in(menu, "移出会议…")
    assert not meetings.said("remove")
    asked = popover(page, ConfirmPopover)
    assert "王芳将被移出会议" in asked.accessibleName()
    press(inside(asked, "移出会议"))
    assert meetings.said("remove") == [("remove", "prs_wang")]
