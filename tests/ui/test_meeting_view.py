"""The meeting itself: who has a tile and where, what stands on it, and how pictures come into it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from client.meetings.rows import Seal
from client.ui.base.window_state import WindowState
from client.ui.meetings.picture_view import Fit, placed
from client.ui.meetings.placing import grid, most_beside_stage, stage_and_strip
from client.ui.meetings.room import Room
from client.ui.meetings.seating import Arrangement, arrange
from tests.support.page_walk import settle
from tests.ui.document_hands import button, press
from tests.ui.meeting_hands import (
    choose_in,
    discard_pages,
    in_meeting,
    keys_of,
    menu_on,
    move,
    press_bar,
    tile_of,
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


def test_five_hundred_pictures_from_another_thread_leave_no_queue(qtbot: QtBot) -> None:
    slot = SlotDouble()
    page, _meetings = in_meeting(qtbot, live(2, (tile(1),)), _with({"v1": slot}))
    shown = tile_of(page, "dev_1")
    before, taken = shown._wake.calls, slot.takes
    small, last = picture(16, 9), picture(64, 36, 0x10)

    def decode() -> None:
        for _ in range(499):
            slot.put(small)
        slot.put(last)

    decoder = threading.Thread(target=decode)
    decoder.start()
    decoder.join()
    assert shown._wake.calls - before <= 1
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


# The bar


@pytest.mark.parametrize("count", [1, 2, 5, 9, 12])
@pytest.mark.parametrize("size", [(1280, 800), (960, 660)])
def test_the_bar_covers_no_tile(qtbot: QtBot, count: int, size: tuple[int, int]) -> None:
    page, _meetings = in_meeting(qtbot, live(count, (tile(1),)))
    page.resize(*size)
    settle()
    room = page.findChildren(Room)[0]
    assert room.bar.isVisible()
    places = [QRect(each.mapTo(room, QPoint(0, 0)), each.size()) for each in tiles_of(page)]
    assert places
    assert not any(place.intersects(room.bar.geometry()) for place in places)


def test_tiles_stay_where_they_are_when_the_bar_goes(qtbot: QtBot) -> None:
    page, _meetings = in_meeting(qtbot, live(5))
    room = page.findChildren(Room)[0]
    before = [each.geometry() for each in tiles_of(page)]
    room.bar.hide()
    settle()
    assert [each.geometry() for each in tiles_of(page)] == before
