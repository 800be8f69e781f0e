"""取回 opens what was sent for another look; a case of the site's own procedure reads and acts in the site's words (C42)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QMenu, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from client.cases.rows import FieldKind, HeadField, Matter, Target
from client.documents.rows import FIRST_NUMBER, Act, Action, Beginning, Box, DocumentView
from client.ui.documents import document
from client.ui.documents.actions import ActionPanel
from client.ui.documents.begin_page import BeginPage
from client.ui.documents.check_list import CheckList
from client.ui.documents.page import DocumentsPage
from client.ui.documents.route_list import RouteList, seal_of
from client.ui.documents.words import row_mark, view_mark
from client.ui.widgets.buttons import PrimaryButton
from client.ui.widgets.notice_strip import NoticeStrip
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.support.page_walk import SMALLEST, settle, walk
from tests.ui.document_hands import button, by_name, discard_pages, made, opened, press, write
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
    wish = replace(step(1, Step.OPINION, "王芳"), step="wish", called="申请借阅")
    seals = (replace(wish, facts=(("出借单位", "云江市财政局"), ("归还时间", "三日内"))),)
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


def test_its_route_says_what_each_step_has_decided(qtbot: QtBot) -> None:
    page = opened(qtbot, _Pageless(matter(ASK)))
    route = inside(page, RouteList, lambda _list: True)
    assert "出借单位：云江市财政局\n归还时间：三日内" in seal_of(matter(ASK).route[0]).spoken()
    assert route.model().rowCount() == 1


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


def test_a_figure_is_written_in_digits_or_said_at_its_field_to_be_wrong(qtbot: QtBot) -> None:
    first = HeadField(FIRST_NUMBER, "", FieldKind.FIGURE, optional=True)
    register = replace(LOSE, primary=True, step=Step.REGISTER, called="", fields=(first,))
    cases = CirculationDouble(view((register,), phase=Phase.DISPATCHED))
    page = opened(qtbot, cases)
    panel = inside(page, ActionPanel, lambda _panel: True)
    field = by_name(panel, QLineEdit, "首个收文号（接续纸质登记，可不填）")
    write(field, "三十七")
    press(inside(panel, PrimaryButton, lambda each: each.isVisible()))
    assert not cases.acts
    assert inside(panel, QLabel, lambda label: label.text() == "请填写整数。").isVisible()
    field.clear()
    write(field, "37")
    press(inside(panel, PrimaryButton, lambda each: each.isVisible()))
    assert [dict(act.fields) for act in cases.acts] == [{FIRST_NUMBER: "37"}]


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


# Beginning one

LENDER = HeadField("lender", "出借单位", FieldKind.ONE, (FINANCE, ROADS))
BEGIN = Beginning(
    b"loan",
    "借阅档案",
    (
        Action(
            "wish",
            "pst_clerk",
            "市发展改革委 文秘科文书",
            True,
            False,
            (),
            (),
            called="申请借阅",
            fields=(LENDER,),
        ),
        Action(
            "wish",
            "pst_office",
            "市发展改革委 办公室主任",
            True,
            False,
            (),
            (),
            called="申请借阅",
            fields=(LENDER,),
        ),
    ),
)
RENT = Beginning(
    b"room",
    "会议室使用",
    (replace(BEGIN.actions[0], step="book", called="申请使用", fields=(), needs_reason=True),),
)


def offering(*beginnings: Beginning) -> _Pageless:
    cases = _Pageless(matter(ASK))
    cases.offered = beginnings
    return cases


def chooses(page: DocumentsPage, words: str) -> None:
    """Press 新建 and choose a line of its menu."""
    press(button(page, "新建"))
    [menu] = [each for each in page.findChildren(QMenu) if each.isVisible()]
    [line] = [each for each in menu.actions() if each.text() == words]
    line.trigger()
    menu.close()
    settle()


def test_a_matter_of_the_sites_own_begins_beside_the_draft(qtbot: QtBot) -> None:
    cases = offering(BEGIN, RENT)
    page = opened(qtbot, cases)
    chooses(page, "借阅档案")
    begin = inside(page, BeginPage, lambda _page: True)
    assert inside(begin, QLabel, lambda label: label.text() == "新办：借阅档案").isVisible()
    lender, post = by_name(begin, QComboBox, "出借单位"), by_name(begin, QComboBox, "办理岗位")
    lender.setCurrentIndex(lender.findData(ROADS.id))
    post.setCurrentIndex(post.findData("pst_office"))
    assert lender.isVisible()
    assert by_name(begin, QComboBox, "出借单位").currentData() == ROADS.id
    write(by_name(begin, QPlainTextEdit, "附言"), "编史用")
    press(button(begin, "申请借阅"))
    [(procedure, act)] = cases.begun
    assert (procedure, act.step, act.post, dict(act.fields), act.opinion) == (
        b"loan",
        "wish",
        "pst_office",
        {"lender": ROADS.id},
        "编史用",
    )
    assert not begin.isVisible()  # the matter itself is in view


def test_where_the_site_defines_nothing_the_button_begins_a_draft_at_once(qtbot: QtBot) -> None:
    page = opened(qtbot, offering())
    press(button(page, "拟稿"))
    assert by_name(page, QLineEdit, "标题").isVisible()


def test_a_draft_is_one_of_the_things_to_begin(qtbot: QtBot) -> None:
    page = opened(qtbot, offering(BEGIN))
    chooses(page, "公文")
    assert by_name(page, QLineEdit, "标题").isVisible()


def test_what_must_be_said_is_asked_for_in_place(qtbot: QtBot) -> None:
    cases = offering(RENT)
    page = opened(qtbot, cases)
    chooses(page, "会议室使用")
    begin = inside(page, BeginPage, lambda _page: True)
    press(button(begin, "申请使用"))
    assert not cases.begun
    assert inside(begin, QLabel, lambda label: label.text() == "请填写。").isVisible()
    write(by_name(begin, QPlainTextEdit, "理由"), "季度例会")
    press(button(begin, "申请使用"))
    assert [act.reason for _, act in cases.begun] == ["季度例会"]


def test_what_cannot_begin_stays_filled_in_and_says_why(qtbot: QtBot) -> None:
    cases = offering(BEGIN)
    cases.refusing = ErrorCode.CASES_PROCEDURE_NOT_IN_FORCE
    page = opened(qtbot, cases)
    chooses(page, "借阅档案")
    begin = inside(page, BeginPage, lambda _page: True)
    write(by_name(begin, QPlainTextEdit, "附言"), "编史用")
    press(button(begin, "申请借阅"))
    assert begin.isVisible()
    assert by_name(begin, QPlainTextEdit, "附言").toPlainText() == "编史用"
    assert inside(begin, NoticeStrip, lambda _strip: True).isVisible()


def test_a_matter_can_be_begun_and_its_proof_exported_in_every_look(qapp: QApplication) -> None:
    del qapp

    def beginning() -> DocumentsPage:
        page = made(offering(BEGIN, RENT))
        page.new_matter(BEGIN)
        return page

    def shown() -> DocumentsPage:
        page = made(offering(BEGIN))
        page.show_document("cas_1")
        return page

    for factory, name in ((beginning, "matter-begin"), (shown, "matter")):
        walk(factory, name)
        walk(factory, f"{name}-smallest", SMALLEST)


def test_its_proof_is_saved_where_the_user_wants_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def where(_parent: QWidget, _title: str, name: str) -> Path:
        asked.append(name)
        return tmp_path / name

    monkeypatch.setattr(document, "ask_where", where)
    cases = _Pageless(matter(ASK))
    press(button(opened(qtbot, cases), "导出证明"))
    assert asked == ["借阅档案办理证明.jinshu-record"]
    assert cases.saved == [tmp_path / asked[0]]
