"""Time passes over the list of meetings, and nobody sends anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from client.meetings.rows import MeetingRow, MeetingStanding
from client.ui.meetings.hours import SOON_MS, Hours, is_soon
from client.ui.meetings.page import MeetingsPage
from client.ui.messaging.beside import TalkBeside
from tests.support.page_walk import discard
from tests.ui.login_double import AtOnce
from tests.ui.meeting_hands import attending_of
from tests.ui.meetings_double import HOUR, MEETINGS, DevicesDouble, MeetingsDouble
from tests.ui.messaging_double import NOW, ConversationsDouble

COMING = replace(MEETINGS[1], starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)


class Clock:
    """Stands where it is put."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


@pytest.mark.parametrize(
    ("row", "moment"),
    [
        (COMING, COMING.starts_at - SOON_MS),
        (replace(COMING, starts_at=NOW + 1000), NOW + 1000),
        (MEETINGS[0], MEETINGS[0].ends_at),
    ],
)
def test_the_list_is_read_again_when_an_hour_comes(qtbot: QtBot, row: MeetingRow, moment: int) -> None:
    owner, clock = QObject(), Clock(moment - 1)
    hours = Hours(clock, owner)
    with qtbot.waitSignal(hours.struck):
        hours.watch((row,))
        clock.now = moment


def test_nothing_strikes_before_its_time(qtbot: QtBot) -> None:
    owner, clock = QObject(), Clock(COMING.starts_at - 1)
    hours = Hours(clock, owner)
    asked: list[int] = []
    hours.struck.connect(lambda: asked.append(clock.now))
    hours.watch((COMING,))
    reads = 0

    def waking() -> bool:
        nonlocal reads
        reads += 1
        clock.now = COMING.starts_at if reads > 3 else clock.now
        return bool(asked)

    qtbot.waitUntil(waking)
    assert asked == [COMING.starts_at]


def test_the_page_tells_of_a_meeting_when_only_time_has_passed(qtbot: QtBot) -> None:
    double, clock = MeetingsDouble((COMING,)), Clock(COMING.starts_at - SOON_MS - 1)
    conversations = ConversationsDouble()
    page = MeetingsPage(
        double,
        conversations,
        attending_of(double, DevicesDouble()),
        lambda conversation, parent: TalkBeside(conversations, AtOnce(), conversation, parent, now=clock),
        AtOnce(),
        None,
        now=clock,
    )
    with qtbot.waitSignal(page.rows_read):
        page.refresh()
    with qtbot.waitSignal(page.news_came) as heard:
        clock.now += 1
    assert [each.subject for each in heard.args[0]] == [COMING.id]
    discard(page)


@pytest.mark.parametrize(
    ("ahead", "soon"), [(SOON_MS + 1, False), (SOON_MS, True), (1, True), (0, False), (-1, False)]
)
def test_soon_is_five_minutes_before(ahead: int, soon: bool) -> None:
    assert is_soon(COMING, COMING.starts_at - ahead) is soon
    assert not is_soon(replace(COMING, standing=MeetingStanding.NOW), COMING.starts_at - ahead)
