"""How the pages of meetings look: walked in each state, size, theme and language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QCheckBox, QRadioButton, QWidget

from client.meetings.rows import LiveRow, LiveState, Seal
from client.ui.base.catalogue import LanguageName
from client.ui.base.language import set_language, tr
from client.ui.meetings.page import MeetingsPage
from client.ui.meetings.room import Room
from client.ui.meetings.services import DeviceFault, DeviceKind
from client.ui.widgets.list_view import ListView
from protocol.errors import ErrorCode
from tests.support.page_walk import SMALLEST, page_faults, settle, walk
from tests.ui.document_hands import by_name, tick
from tests.ui.meeting_hands import bar_of, discard_pages, made
from tests.ui.meetings_double import (
    DISPATCH,
    OLD,
    WEEKLY,
    DevicesDouble,
    MeetingsDouble,
    SlotDouble,
    live,
    picture,
    tile,
)
from tests.ui.messaging_double import GROUP

WIDE, TALL = picture(), picture(360, 640, 0x90)


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def opened(
    row: LiveRow | None = None, meetings: MeetingsDouble | None = None, devices: DevicesDouble | None = None
) -> MeetingsPage:
    double = meetings or MeetingsDouble()
    double.now = row
    double.slots = {f"v{number}": SlotDouble(TALL if number == 4 else WIDE) for number in range(12)}
    page = made(double, devices)
    page.resize(1280, 800)
    page.show()
    settle()
    for room in page.findChildren(Room):
        room._timer.stop()  # a slow walk is no reason for the bar to go
    return page


def busy(count: int = 5) -> LiveRow:
    people = list(live(count).participants)
    people[1] = replace(people[1], speaking=True, microphone=True, hand=900)
    people[2] = replace(people[2], hand=300, confirmed=False)
    return live(
        count,
        (tile(1), tile(2, seal=Seal.LOCKED), tile(4)),
        participants=tuple(people),
        locked=True,
        microphone=True,
    )


def chosen(meeting: str) -> MeetingsPage:
    page = opened()
    page.show_meeting(meeting)
    settle()
    return page


def calling() -> MeetingsPage:
    page = opened()
    page.call_in(GROUP)
    settle()
    return page


def calling_people() -> MeetingsPage:
    page = opened()
    page.new_meeting()
    for button in page.findChildren(QRadioButton):
        if button.text() in (tr("Other people"), tr("At a time")):
            button.setChecked(True)
    settle()
    people = by_name(page, ListView, tr("Choose people"))
    tick(people, 0)
    tick(people, 2)
    return page


def checking(devices: DevicesDouble | None = None) -> MeetingsPage:
    double = devices or DevicesDouble()
    double.shown = WIDE
    page = opened(devices=double)
    page.go_in(WEEKLY)
    settle()
    for box in page.findChildren(QCheckBox):
        if box.text() == tr("Go in with the camera on"):
            box.setChecked(True)
    settle()
    return page


def broken() -> MeetingsPage:
    devices = DevicesDouble()
    devices.there[DeviceKind.LOUDSPEAKER] = ()
    devices.broken = {DeviceKind.CAMERA: DeviceFault.FAILED, DeviceKind.MICROPHONE: DeviceFault.REFUSED}
    return checking(devices)


def beside(what: str, row: LiveRow) -> MeetingsPage:
    page = opened(row)
    (bar_of(page).chat if what == "chat" else bar_of(page).people).click()
    settle()
    return page


def large() -> MeetingsPage:
    page = opened(live(9, tuple(tile(number) for number in (1, 2, 3, 4)), speakers=("dev_3",)))
    by_name(page, QWidget, tr("Show the speaker large")).click()  # type: ignore[attr-defined]
    settle()
    return page


def test_the_list_and_what_leads_into_a_meeting_are_well_drawn(qapp: object) -> None:
    walk(opened, "meetings")
    walk(lambda: opened(meetings=MeetingsDouble(())), "meetings-none")
    walk(lambda: chosen(DISPATCH), "meetings-now")
    walk(lambda: chosen(OLD), "meetings-over")
    walk(calling, "meetings-call")
    walk(calling_people, "meetings-call-people")


def test_all_of_it_fits_the_smallest_window(qapp: object) -> None:
    for name, page in {
        "meetings-now": lambda: chosen(DISPATCH),
        "meetings-call-people": calling_people,
        "meetings-check": checking,
        "meetings-check-none": lambda: checking(DevicesDouble({})),
        "meeting-9": lambda: opened(live(9, (tile(1), tile(3)))),
        "meeting-people": lambda: beside("people", busy(12)),
        "meeting-chat": lambda: beside("chat", busy()),
    }.items():
        walk(page, name, SMALLEST)


def test_the_check_of_devices_is_well_drawn(qapp: object) -> None:
    walk(checking, "meetings-check")
    walk(lambda: checking(DevicesDouble({})), "meetings-check-none")
    walk(broken, "meetings-check-broken")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_tiles_are_well_drawn(count: int, qapp: object) -> None:
    tiles = tuple(tile(number) for number in (1, 3, 4, 6, 8) if number < count)
    walk(lambda: opened(live(count, tiles)), f"meeting-{count}")


def test_a_busy_meeting_is_well_drawn(qapp: object) -> None:
    walk(lambda: opened(busy()), "meeting-busy")
    walk(large, "meeting-speaker")
    walk(lambda: opened(live(12, (tile(1), tile(3, mid="v3", screen=True)))), "meeting-screen")
    walk(lambda: beside("people", busy(12)), "meeting-people")
    walk(lambda: beside("chat", busy()), "meeting-chat")


@pytest.mark.parametrize("name", LanguageName)
def test_the_smallest_window_has_room_for_the_bar_beside_a_panel(name: LanguageName, qapp: object) -> None:
    set_language(name)
    page = beside("people", busy(9))
    page.resize(1024 - 80, 700 - 40)  # what rail and status line leave of it
    settle()
    assert page_faults(page) == []
    bar, room = bar_of(page), page.findChildren(Room)[0]
    assert room.rect().contains(bar.geometry())


def test_the_ends_of_a_meeting_are_well_drawn(qapp: object) -> None:
    walk(lambda: opened(live(2, state=LiveState.JOINING)), "meeting-joining")
    walk(lambda: opened(live(2, state=LiveState.WAITING)), "meeting-waiting")
    walk(lambda: opened(live(3, (tile(1),), state=LiveState.REJOINING)), "meeting-rejoining")
    walk(lambda: opened(live(2, state=LiveState.REMOVED)), "meeting-removed")
    failed = live(2, state=LiveState.FAILED, fault=ErrorCode.MEETINGS_OFFER_REFUSED.value)
    walk(lambda: opened(failed), "meeting-failed")
