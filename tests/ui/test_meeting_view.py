"""The meeting itself: who has a tile, what stands on it, what the bar, the keys and the chair's menu do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QMenu, QPlainTextEdit, QPushButton, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from client.meetings.rows import LiveState, Seal
from client.ui.base.window_state import WindowState
from client.ui.meetings.leave_popover import LeavePopover
from client.ui.meetings.meeting_view import MeetingView
from client.ui.meetings.people_panel import PeoplePanel
from client.ui.meetings.picture_view import Fit, placed
from client.ui.meetings.placing import grid, most_beside_stage, stage_and_strip
from client.ui.meetings.room import Room
from client.ui.meetings.seating import Arrangement, arrange
from client.ui.meetings.services import DeviceFault, DeviceKind
from client.ui.meetings.tile import Tile
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.list_view import ListView
from protocol.errors import ErrorCode
from tests.support.page_walk import discard, settle
from tests.ui.conversation_hands import messages_of, notice_text
from tests.ui.document_hands import button, by_name, click_row, labelled, names_of, press, write
from tests.ui.meeting_hands import (
    bar_of,
    choose_in,
    discard_pages,
    grid_of,
    in_meeting,
    keys_of,
    menu_on,
    move,
    tiles_of,
)
from tests.ui.meetings_double import (
    DevicesDouble,
    MeetingsDouble,
    SlotDouble,
    live,
    participant,
    picture,
    tile,
)


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def tile_of(page: QWidget, key: str) -> Tile:
    return next(found for found in tiles_of(page) if found.seat.key == key)


def words_in(menu: QMenu) -> list[str]:
    words = [action.text() for action in menu.actions()]
    menu.close()
    return words


def popover(page: QWidget, kind: type[QWidget]) -> QWidget:
    return next(
        found for found in QApplication.topLevelWidgets() if isinstance(found, kind) and found.isVisible()
    )


def inside(popped: QWidget, words: str) -> QPushButton:
    return next(found for found in popped.findChildren(QPushButton) if found.text() == words)


def hold_space(at: QWidget, held: bool) -> None:
    (QTest.keyPress if held else QTest.keyRelease)(at, Qt.Key.Key_Space)
    settle()


# Seats


def test_names_come_from_the_row_of_the_participant() -> None:
    row = live(3, (tile(1, name="冒名者"),))
    seats = arrange(row, Arrangement.GRID, 9, (), ()).seats
    assert [seat.name for seat in seats] == ["王芳", "李强", "周正"]
    assert [seat.mid for seat in seats] == ["v1", None, None]
    assert seats[-1].me


def test_a_picture_of_nobody_known_is_shown_as_such() -> None:
    row = live(2, (tile(7, device="", name="", mid="v7", seal=Seal.LOCKED),))
    seats = arrange(row, Arrangement.GRID, 9, (), ()).seats
    assert [seat.key for seat in seats] == ["dev_1", "mid:v7", "dev_0"]
    assert seats[1].seal is Seal.LOCKED


def test_whoever_has_a_seat_keeps_its_place_and_who_speaks_gets_one() -> None:
    row = live(12)
    first = arrange(row, Arrangement.GRID, 4, (), ())
    order = [seat.key for seat in first.seats]
    assert order == ["dev_1", "dev_2", "dev_3", "dev_0"]
    assert first.more == 8
    later = arrange(replace(row, speakers=("dev_9", "dev_2")), Arrangement.GRID, 4, (), order)
    assert [seat.key for seat in later.seats] == ["dev_1", "dev_2", "dev_9", "dev_0"]


def test_hands_are_numbered_as_they_were_raised() -> None:
    people = (participant(0), participant(1, hand=900), participant(2, hand=300), participant(3))
    seats = arrange(live(4, participants=people), Arrangement.GRID, 9, (), ()).seats
    assert {seat.name: seat.hand for seat in seats} == {"王芳": 2, "李强": 1, "赵敏": 0, "周正": 0}


@pytest.mark.parametrize(
    ("pins", "spotlight", "screen", "arrangement", "stage"),
    [
        ((), None, False, Arrangement.GRID, None),
        ((), None, False, Arrangement.SPEAKER, "dev_2"),
        ((), "prs_wang", False, Arrangement.GRID, "dev_1"),
        ((), "prs_wang", True, Arrangement.GRID, "screen:dev_3"),
        (("dev_2",), "prs_wang", True, Arrangement.GRID, "dev_2"),
    ],
)
def test_the_stage_is_given_in_order(
    pins: tuple[str, ...], spotlight: str | None, screen: bool, arrangement: Arrangement, stage: str | None
) -> None:
    tiles = (tile(3, mid="s3", screen=True),) if screen else ()
    row = live(4, tiles, spotlight=spotlight, speakers=("dev_0", "dev_2"))
    table = arrange(row, arrangement, 9, pins, ())
    assert (None if table.stage is None else table.stage.key) == stage
    assert stage not in {seat.key for seat in table.seats}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 9, 12, 16, 25])
@pytest.mark.parametrize("size", [(1264, 734), (620, 734), (1904, 1020), (400, 900)])
def test_tiles_fill_the_room_and_never_overlap(count: int, size: tuple[int, int]) -> None:
    room = QRect(0, 0, *size)
    places = grid(count, room.size())
    assert len(places) == count
    for number, place in enumerate(places):
        assert room.contains(place)
        assert not any(place.intersects(other) for other in places[number + 1 :])
        assert 1.3 < place.width() / place.height() < 1.8
    covered = sum(place.width() * place.height() for place in places)
    assert covered > (0.45 if count > 1 else 0.3) * size[0] * size[1]


@pytest.mark.parametrize("size", [QSize(1264, 734), QSize(700, 734)])
def test_the_strip_stays_beside_the_stage(size: QSize) -> None:
    most = most_beside_stage(size)
    stage, strip = stage_and_strip(most, size)
    room = QRect(QPoint(0, 0), size)
    assert room.contains(stage)
    assert all(room.contains(place) and not place.intersects(stage) for place in strip)
    assert stage_and_strip(0, size)[0].size() == size


def test_pictures_are_cropped_a_little_or_shown_whole() -> None:
    room = QRect(0, 0, 400, 300)
    target, source = placed(QSize(1600, 900).toSizeF(), room.toRectF(), Fit.FILL)
    assert target.toRect() == room
    assert source.width() / source.height() == pytest.approx(4 / 3)
    for size, fit in (((360, 640), Fit.FILL), ((1600, 900), Fit.WHOLE)):
        target, source = placed(QSize(*size).toSizeF(), room.toRectF(), fit)
        assert (source.width(), source.height()) == size
        assert target.width() / target.height() == pytest.approx(size[0] / size[1])
        assert room.toRectF().contains(target)


# Pictures


def test_five_hundred_pictures_leave_no_queue(qtbot: QtBot) -> None:
    slot = SlotDouble()
    page, _meetings = in_meeting(qtbot, live(2, (tile(1),)), _with({"v1": slot}))
    shown = tile_of(page, "dev_1")
    before, taken = shown.wakes, slot.takes
    small, last = picture(16, 9), picture(64, 36, 0x10)
    for _ in range(499):
        slot.put(small)
    slot.put(last)
    assert shown.wakes - before <= 1
    qtbot.waitUntil(lambda: slot.takes > taken)
    settle()
    assert slot.takes - taken <= 3
    assert shown.grab().toImage().pixelColor(shown.width() // 2, 60).blue() == 0x10


def _with(slots: dict[str, SlotDouble]) -> MeetingsDouble:
    meetings = MeetingsDouble()
    meetings.slots = slots
    return meetings


def test_hidden_tiles_take_nothing(qtbot: QtBot) -> None:
    slot = SlotDouble(picture(64, 36))
    page, _meetings = in_meeting(qtbot, live(2, (tile(1),)), _with({"v1": slot}))
    qtbot.waitUntil(lambda: slot.takes > 0)
    page.hide()
    settle()
    assert slot.listener is None
    taken = slot.takes
    slot.put(picture(64, 36))
    settle()
    assert slot.takes == taken
    page.show()
    qtbot.waitUntil(lambda: slot.takes > taken)


def test_what_is_locked_is_never_painted(qtbot: QtBot) -> None:
    slot = SlotDouble(picture(64, 36, 0x10))
    page, meetings = in_meeting(qtbot, live(2, (tile(1),)), _with({"v1": slot}))
    shown = tile_of(page, "dev_1")
    qtbot.waitUntil(lambda: shown.has_picture)
    move(page, meetings, live(2, (tile(1, seal=Seal.LOCKED),)))
    assert slot.listener is None
    assert not shown.has_picture
    assert "无法解密" in shown.accessibleName()
    image = shown.grab().toImage()
    assert image.pixelColor(shown.width() // 2, 60) == QColor("#FFFFFF")


def test_my_own_picture_comes_from_my_camera(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    devices.shown = picture(64, 36, 0x20)
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "打开摄像头")
    page.refresh_live()
    settle()
    mine = tile_of(page, "dev_0")
    qtbot.waitUntil(lambda: mine.has_picture)
    assert meetings.said("start_camera") == [("start_camera", devices.opened[-1])]
    press_bar(page, "关闭摄像头")
    page.refresh_live()
    settle()
    assert not mine.has_picture
    assert devices.in_use() == []


def press_bar(page: QWidget, words: str) -> None:
    bar = bar_of(page)
    buttons = (bar.microphone, bar.camera, bar.share, bar.hand, bar.chat, bar.people, bar.leave)
    target = next(found for found in buttons if found.text() == words)
    QTest.mouseClick(target, Qt.MouseButton.LeftButton)
    settle()


# Tiles


def test_a_tile_says_aloud_what_it_shows(qtbot: QtBot) -> None:
    people = (participant(0), participant(1, microphone=False, hand=5, chair=True))
    page, _meetings = in_meeting(qtbot, live(2, (tile(1),), participants=people))
    said = tile_of(page, "dev_1").accessibleName()
    assert said.startswith("王芳 · 主持人 · 市发展改革委 文秘科文书 · 已静音 · 举手第 1 位")
    assert said.endswith("端到端加密，已用发送者本人的密钥解开")


def test_a_double_click_pins_and_the_menu_lets_go(qtbot: QtBot, state: WindowState) -> None:
    page, meetings = in_meeting(qtbot, live(4, (tile(1), tile(2))), state=state)
    QTest.mouseDClick(tile_of(page, "dev_2"), Qt.MouseButton.LeftButton)
    settle()
    assert keys_of(page)[0] == "dev_2"
    assert tiles_of(page)[0].width() > 2 * tiles_of(page)[1].width()
    assert meetings.said("view")[-1] == ("view", ("dev_2",), 1, 3, True)
    choose_in(menu_on(tile_of(page, "dev_2")), "取消固定")
    assert not tile_of(page, "dev_2").seat.pinned
    QTest.keyClick(tile_of(page, "dev_1"), Qt.Key.Key_Return)
    settle()
    assert keys_of(page)[0] == "dev_1"


def test_the_arrangement_is_remembered(qtbot: QtBot, state: WindowState) -> None:
    page, _meetings = in_meeting(qtbot, live(4, speakers=("dev_3",)), state=state)
    assert len({found.width() for found in tiles_of(page)}) == 1
    press(button(page, "切换为发言者视图"))
    assert keys_of(page)[0] == "dev_3"
    again, _meetings = in_meeting(qtbot, live(4, speakers=("dev_3",)), state=state)
    assert keys_of(again)[0] == "dev_3"


def test_a_tile_that_stays_keeps_its_widget(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3, (tile(1),)), _with({"v1": SlotDouble(picture(64, 36))}))
    before = tile_of(page, "dev_1")
    move(page, meetings, live(5, (tile(1),), speakers=("dev_4",)))
    assert tile_of(page, "dev_1") is before
    assert len(tiles_of(page)) == 5
    move(page, meetings, live(1))
    assert keys_of(page) == ["dev_0"]


def test_the_server_is_told_what_is_looked_at(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(4))
    assert meetings.said("view") == [("view", (), 0, 3, True)]
    page.refresh_live()
    settle()
    assert len(meetings.said("view")) == 1
    page.resize(1920, 1080)
    settle()
    assert meetings.said("view")[-1] == ("view", (), 3, 3, True)


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
    press_bar(page, "停止共享")
    assert devices.in_use() == []
    assert meetings.said("stop_screen")


def test_a_device_that_is_pulled_out_is_missed_aloud_and_the_meeting_goes_on(qtbot: QtBot) -> None:
    devices = DevicesDouble()
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "解除静音")
    devices.opened[-1].fail(DeviceFault.GONE)
    settle()
    assert notice_text(page).startswith("麦克风已断开")
    assert bar_of(page).microphone.text() == "解除静音"
    assert meetings.said("stop_microphone")
    devices.plug(DeviceKind.MICROPHONE)
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
    assert [act[0] for act in meetings.acts if act[0] != "view"] == [
        "start_microphone",
        "stop_microphone",
        "start_microphone",
    ]


def test_the_bar_goes_when_nobody_moves_and_comes_back(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    room = page.findChildren(Room)[0]
    tile_of(page, "dev_1").setFocus()
    room._timer.timeout.emit()
    assert not room.bar.isVisible()
    at = tile_of(page, "dev_1")
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
    QTest.keyClick(view, Qt.Key.Key_Escape)
    settle()
    assert view.window() is page.window()
    assert view.isVisible()


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


# Leaving


def test_leaving_is_one_click(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3, i_chair=False))
    press_bar(page, "离开")
    assert meetings.said("leave") == [("leave",)]
    assert not page.in_meeting


def test_a_chair_alone_just_leaves(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(1))
    press_bar(page, "离开")
    assert meetings.said("leave")


@pytest.mark.parametrize(
    ("words", "acts"),
    [
        ("离开，由下一顺位主持", [("leave",)]),
        ("结束会议", [("end",)]),
        ("移交并离开", [("hand_over", "prs_li"), ("leave",)]),
    ],
)
def test_a_chair_says_what_becomes_of_the_others(
    qtbot: QtBot, words: str, acts: list[tuple[object, ...]]
) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    press_bar(page, "离开")
    assert page.in_meeting
    assert not meetings.said("leave")
    asked = popover(page, LeavePopover)
    by_name(asked, QComboBox, "新主持人").setCurrentIndex(1)
    press(inside(asked, words))
    settle()
    assert [act for act in meetings.acts if act[0] != "view"] == acts
    assert not page.in_meeting


def test_a_chair_who_cannot_hand_over_stays(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(3))
    meetings.refusing = ErrorCode.MEETINGS_ACT_OUTDATED
    press_bar(page, "离开")
    press(inside(popover(page, LeavePopover), "移交并离开"))
    assert page.in_meeting
    assert "会议状态刚刚发生变化" in notice_text(page)


# How it ends, and what it says meanwhile


@pytest.mark.parametrize(
    ("state", "fault", "words"),
    [
        (LiveState.REMOVED, None, "您已被主持人移出会议。"),
        (LiveState.ENDED, None, "会议已结束"),
        (LiveState.FAILED, ErrorCode.MEETINGS_UNAVAILABLE.value, "会议服务暂时不可用。"),
    ],
)
def test_how_it_ended_is_said_in_its_place(
    qtbot: QtBot, state: LiveState, fault: str | None, words: str
) -> None:
    devices = DevicesDouble()
    page, meetings = in_meeting(qtbot, live(2), devices=devices)
    press_bar(page, "打开摄像头")
    move(page, meetings, live(2, state=state, fault=fault))
    assert labelled(page, words).isVisible()
    assert devices.in_use() == []
    press(button(page, "返回会议列表"))
    assert not page.in_meeting
    assert meetings.said("leave")


def test_a_lost_connection_is_said_while_it_comes_back(qtbot: QtBot) -> None:
    page, meetings = in_meeting(qtbot, live(2))
    move(page, meetings, live(2, state=LiveState.REJOINING))
    assert "正在自动重新接入" in notice_text(page)
    assert len(tiles_of(page)) == 2
    move(page, meetings, live(2))
    assert notice_text(page) == ""


def test_the_time_in_the_meeting_is_shown(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    assert labelled(page, "10:05").isVisible()


def test_the_chat_is_the_conversation_of_the_meeting(qtbot: QtBot, state: WindowState) -> None:
    page, _meetings = in_meeting(qtbot, live(2), state=state)
    press_bar(page, "聊天")
    field = by_name(page, QPlainTextEdit, "输入消息")
    write(field, "请看共享的屏幕")
    press(button(page, "发送"))
    assert "请看共享的屏幕" in names_of(messages_of(page))[-1]
    again, _meetings = in_meeting(qtbot, live(2), state=state)
    assert bar_of(again).chat.isChecked()
    press_bar(again, "参会人员")
    assert not bar_of(again).chat.isChecked()


def test_a_tile_offers_its_menu_by_mouse(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(2))
    at = tile_of(page, "dev_1")
    place = at.rect().center()
    QApplication.sendEvent(
        at, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, at.mapToGlobal(place))
    )
    settle()
    assert "固定画面" in words_in(next(menu for menu in at.findChildren(QMenu) if menu.isVisible()))
