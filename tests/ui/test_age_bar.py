"""How old the directory is, above all pages: amber before the stop, red after it, and a question where only the clock may be wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from client.ui.base.theme import Tone
from client.ui.widgets.buttons import IconButton, SecondaryButton
from client.ui.window.age_bar import AgeBar, age_notice
from protocol.directory.age import DAY_MS, LogAge, Stage, Statement
from tests.support.page_walk import walk
from tests.ui.login_double import CURRENT

DUE = CURRENT.stated_at + 7 * DAY_MS
OVERDUE = replace(
    CURRENT,
    stage=Stage.OVERDUE,
    late=(Statement.ORGANISATION, Statement.REVOCATIONS),
    due_at=DUE,
    stops_at=DUE + 30 * DAY_MS,
)
STOPPED = replace(OVERDUE, stage=Stage.STOPPED, late=(Statement.WITNESSES,))
ASKED = replace(STOPPED, clock_differs=True)
AGES = {"overdue": OVERDUE, "stopped": STOPPED, "asked": ASKED}


def test_nothing_is_said_while_nothing_is_late(qtbot: QtBot) -> None:
    bar = AgeBar()
    qtbot.addWidget(bar)
    bar.show_age(OVERDUE)
    assert not bar.isHidden()
    bar.show_age(CURRENT)
    assert bar.isHidden()


@pytest.mark.parametrize(
    ("age", "tone"), [(OVERDUE, Tone.WAITING), (STOPPED, Tone.SEAL), (ASKED, Tone.WAITING)]
)
def test_it_is_red_only_when_something_has_stopped(age: LogAge, tone: Tone) -> None:
    notice = age_notice(age, DUE)
    assert notice is not None
    assert notice.tone is tone


def test_the_warning_names_the_day_everything_stops() -> None:
    notice = age_notice(OVERDUE, DUE)
    assert notice is not None
    assert "机构名册、吊销名单" in notice.what
    assert "2026-10-28" in notice.do


def test_a_site_that_does_not_stop_is_not_threatened_with_it() -> None:
    notice = age_notice(replace(OVERDUE, stops_at=None), DUE)
    assert notice is not None
    assert "停止" not in notice.do


def test_only_the_clocks_question_can_be_answered(qtbot: QtBot) -> None:
    bar = AgeBar()
    qtbot.addWidget(bar)
    [answer], [close] = bar.findChildren(SecondaryButton), bar.findChildren(IconButton)
    bar.show_age(STOPPED)
    assert (answer.isHidden(), close.isHidden()) == (True, False)
    bar.show_age(ASKED)
    assert (answer.text(), answer.isHidden()) == ("日期正确", False)
    assert close.isHidden()
    with qtbot.waitSignal(bar.clock_confirmed):
        answer.click()


@pytest.mark.parametrize("name", AGES)
def test_every_stage_is_drawn_whole(name: str) -> None:
    def made() -> AgeBar:
        bar = AgeBar()
        bar.show_age(AGES[name])
        return bar

    walk(made, f"age-{name}")
