"""取回 opens what was sent for another look; a case of the site's own procedure reads and acts in the site's words (C42)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from client.cases.rows import FieldKind, HeadField, Matter, Target
from client.documents.rows import Act, Action, Box, DocumentView
from client.ui.documents.actions import ActionPanel
from client.ui.documents.check_list import CheckList
from client.ui.documents.words import row_mark, view_mark
from protocol.documents.steps import Phase, Step
from tests.support.page_walk import settle
from tests.ui.document_hands import button, by_name, discard_pages, opened, press, write
from tests.ui.documents_double import FINANCE, ROADS, TITLE, CirculationDouble, action, row, step, view
from tests.ui.finding import inside


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


# 取回


class _TakenBack(CirculationDouble):
    """Goes back to its author when it is taken back."""

    async def act(self, object_id: str, act: Act, /) -> None:
        await super().act(object_id, act)
        back = (action(Step.REVISE, primary=True), action(Step.WITHDRAW, reason=True))
        self.shown = view(back, phase=self.phase, route=(*self.shown.route, step(6, Step.TAKE_BACK, "王芳")))

    phase = Phase.DRAFTING


def test_what_was_sent_too_early_is_opened_again_with_all_there_is_of_it(qtbot: QtBot) -> None:
    cases = _TakenBack(view((action(Step.OPINION), action(Step.TAKE_BACK))))
    page = opened(qtbot, cases)
    press(button(page, "取回"))
    assert [each.step for each in cases.acts] == [Step.TAKE_BACK]
    assert by_name(page, QLineEdit, "标题").text() == TITLE
    assert by_name(page, QLineEdit, "标题").isVisible()


def test_what_is_taken_back_from_a_later_hand_stays_a_document(qtbot: QtBot) -> None:
    cases = _TakenBack(view((action(Step.TAKE_BACK),), phase=Phase.SIGNING))
    cases.phase = Phase.VETTING
    page = opened(qtbot, cases)
    press(button(page, "取回"))
    assert not by_name(page, QLineEdit, "标题").isVisible()


# Another procedure

ASK = Action(
    "ask",
    "pst_clerk",
    "档案科",
    True,
    False,
    (),
    (),
    called="征询",
    fields=(
        HeadField(
            "next",
            "交由",
            FieldKind.ONE,
            (Target("prs_1", "周正", "办公室主任"), Target("prs_2", "李文", "")),
        ),
        HeadField("asked", "征询单位", FieldKind.MANY, (FINANCE, ROADS)),
        HeadField("until", "归还时间", FieldKind.TEXT),
    ),
)
LOSE = Action("lose", "pst_clerk", "档案科", False, False, (), (), called="登记遗失")


def matter(*actions: Action) -> DocumentView:
    seals = (replace(step(1, Step.OPINION, "王芳"), step="wish", called="申请借阅"),)
    shown = view(actions, phase=None, route=seals)
    return replace(
        shown,
        title="借阅档案",
        elements=None,
        attachments=(),
        matter=Matter("借阅档案", "待审批"),
        signed_on="",
    )


class _Pageless(CirculationDouble):
    async def pages(self, object_id: str, width: int, /) -> tuple[bytes, ...]:
        return ()


def test_it_is_read_in_the_words_the_site_has_signed(qtbot: QtBot) -> None:
    page = opened(qtbot, _Pageless(matter(ASK, LOSE)))
    texts = {label.text() for label in page.findChildren(QLabel) if label.isVisible()}
    assert {"借阅档案", "待审批", "交由", "征询单位", "归还时间", "此事项没有版面"} <= texts
    assert button(page, "登记遗失").isEnabled()


def test_what_its_author_decides_goes_with_the_act(qtbot: QtBot) -> None:
    cases = _Pageless(matter(ASK, LOSE))
    page = opened(qtbot, cases)
    panel = inside(page, ActionPanel, lambda _panel: True)
    press(button(page, "征询"))
    assert not cases.acts  # something is not filled in yet, and it is said where
    assert inside(page, QLabel, lambda label: label.text() == "请填写。").isVisible()
    write(by_name(panel, QLineEdit, "归还时间"), "三日内")
    inside(panel, CheckList, lambda each: each.field.accessibleName() == "征询单位").set_checked((ROADS.id,))
    chosen = by_name(panel, QComboBox, "交由")
    chosen.setCurrentIndex(chosen.findData("prs_2"))
    press(button(page, "征询"))
    [act] = cases.acts
    assert (act.step, dict(act.fields)) == (
        "ask",
        {"next": "prs_2", "asked": (ROADS.id,), "until": "三日内"},
    )


def test_an_act_that_asks_for_nothing_carries_nothing(qtbot: QtBot) -> None:
    cases = _Pageless(matter(ASK, LOSE))
    press(button(opened(qtbot, cases), "登记遗失"))
    assert [(each.step, each.fields) for each in cases.acts] == [("lose", ())]


def test_its_row_says_where_it_stands() -> None:
    one = replace(row(7, "借阅档案", phase=None), kind=None, matter=Matter("借阅档案", "待审批"))
    assert [row_mark(one, box).text for box in (Box.WAITING, Box.RUNNING)] == ["待审批", "待审批"]


def test_where_the_phase_is_out_of_sight_the_chip_is_not_empty() -> None:
    """Only one branch of it is mine, or its rules are not known to this program."""
    mine = replace(row(7, "借阅档案", phase=None), kind=None, matter=Matter("借阅档案", ""))
    assert row_mark(mine, Box.WAITING).text == "待办理"
    branch = replace(matter(ASK), matter=Matter("借阅档案", ""))
    assert view_mark(branch).text == "待办理"
    assert view_mark(replace(branch, outdated=True)).text == "需新版锦书"


def test_what_was_filled_in_for_one_matter_is_not_there_for_the_next(qtbot: QtBot) -> None:
    page = opened(qtbot, _Pageless(matter(ASK)))
    panel = inside(page, ActionPanel, lambda _panel: True)
    write(by_name(panel, QLineEdit, "归还时间"), "三日内")
    page.show_document("cas_2")
    settle()
    assert by_name(panel, QLineEdit, "归还时间").text() == ""
