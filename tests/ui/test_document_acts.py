"""What one may do with a document: each button sends its act, and nothing half typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
)
from pytestqt.qtbot import QtBot

from client.documents.rows import Act, Action
from client.ui.documents.actions import ActionPanel
from client.ui.documents.page import DocumentsPage
from client.ui.documents.route_list import seal_of
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.list_view import ListView
from protocol.cases.objects import ObjectKind
from protocol.documents.steps import Answer, Phase, Step
from protocol.errors import ErrorCode
from tests.support.page_walk import settle
from tests.ui.document_hands import (
    button,
    by_name,
    discard_pages,
    labelled,
    made,
    opened,
    press,
    tick,
    write,
)
from tests.ui.documents_double import (
    DEPUTY,
    FINANCE,
    REFUSED,
    REVIEW,
    ROUTE,
    TITLE,
    WAITING,
    CirculationDouble,
    action,
    step,
    view,
)


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


# What I can do now

SIMPLE = {
    Step.VET_PASS: "审核通过",
    Step.RECHECK_PASS: "复核通过",
    Step.NUMBER: "编号",
    Step.REGISTER: "登记",
    Step.CLOSE: "办结",
    Step.CONSULT_REPLY: "会签答复",
    Step.CONSULT_OPEN: "会签",
}
ASKED_ONCE = {Step.SIGN_OFF: "签发", Step.SEAL: "用印", Step.DISPATCH: "分发", Step.RECEIVE: "签收"}
WITH_REASON = {
    Step.REVIEW_RETURN: "退回",
    Step.VET_RETURN: "退回",
    Step.SIGN_RETURN: "退回",
    Step.RECHECK_RETURN: "退回",
    Step.REJECT: "拒收",
}
ENDING = {Step.WITHDRAW: "作废", Step.ANNUL: "撤销"}


@pytest.mark.parametrize(("what", "words"), SIMPLE.items())
def test_a_button_sends_its_act(qtbot: QtBot, what: Step, words: str) -> None:
    cases = CirculationDouble(view((action(what, primary=True),)))
    page = opened(qtbot, cases)
    press(button(page, words))
    assert cases.acts == [Act(what, "pst_clerk")]


@pytest.mark.parametrize(("what", "words"), ASKED_ONCE.items())
def test_what_cannot_be_undone_asks_once(qtbot: QtBot, what: Step, words: str) -> None:
    cases = CirculationDouble(view((action(what, primary=True),)))
    page = opened(qtbot, cases)
    press(button(page, words))
    assert cases.acts == []
    question = page.findChildren(ConfirmPopover)[-1]
    press(button(question, "确认"))
    assert cases.acts == [Act(what, "pst_clerk")]


@pytest.mark.parametrize(("what", "words"), WITH_REASON.items())
def test_a_return_wants_a_reason(qtbot: QtBot, what: Step, words: str) -> None:
    cases = CirculationDouble(view((action(what, reason=True),)))
    page = opened(qtbot, cases)
    press(button(page, words))
    _give_reason(page, words, cases)
    assert cases.acts == [Act(what, "pst_clerk", reason="附件二缺页")]


def _give_reason(page: DocumentsPage, words: str, cases: CirculationDouble) -> None:
    press(button(page, f"确认{words}"))
    assert cases.acts == []
    assert labelled(page, "请写明理由：理由将随公文签名留存。").isVisible()
    write(by_name(page, QPlainTextEdit, f"{words}理由"), "附件二缺页")
    press(button(page, f"确认{words}"))


@pytest.mark.parametrize(("what", "words"), ENDING.items())
def test_what_ends_a_document_lies_under_more_and_says_what_it_ends(
    qtbot: QtBot, what: Step, words: str
) -> None:
    cases = CirculationDouble(view((*REVIEW, action(what, reason=True))))
    page = opened(qtbot, cases)
    shown = {each.accessibleName() for each in page.findChildren(QPushButton) if each.isVisible()}
    assert words not in shown
    menu = button(page, "更多").menu()
    assert menu is not None
    assert [entry.text() for entry in menu.actions()] == [f"{words}…"]
    press(button(page, "退回"))
    menu.actions()[0].trigger()
    settle()
    assert not by_name(page, QPlainTextEdit, "退回理由").isVisible()
    consequence = {"作废": "可复制为新稿", "撤销": "自始无效"}[words]
    assert any(consequence in label.text() for label in page.findChildren(QLabel) if label.isVisible())
    _give_reason(page, words, cases)
    assert cases.acts == [Act(what, "pst_clerk", reason="附件二缺页")]


def test_a_reason_begun_for_one_act_is_not_given_for_another(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble(view((*REVIEW, action(Step.WITHDRAW, reason=True)))))
    press(button(page, "退回"))
    write(by_name(page, QPlainTextEdit, "退回理由"), "附件二缺页")
    menu = button(page, "更多").menu()
    assert menu is not None
    menu.actions()[0].trigger()
    settle()
    assert by_name(page, QPlainTextEdit, "作废理由").toPlainText() == ""


def test_what_ended_is_begun_again_as_a_copy(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble(replace(view((), phase=Phase.VOID), copyable=True)))
    press(button(page, "复制为新稿"))
    assert by_name(page, QLineEdit, "标题").text() == TITLE


# What is signed is what is seen


def test_the_button_says_in_which_post_one_acts(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble(view((action(Step.SIGN_OFF, primary=True, post="pst_vice"),))))
    assert button(page, "签发").text() == "以“办公室副主任”身份签发"


def test_the_post_that_is_shown_is_the_post_that_signs(qtbot: QtBot) -> None:
    """A remark may be left in either post, signing off is one's alone: the way forward's post stands there first."""
    offered = (
        action(Step.SIGN_OFF, primary=True, post="pst_vice"),
        action(Step.OPINION),
        action(Step.OPINION, post="pst_vice"),
    )
    page = opened(qtbot, CirculationDouble(view(offered)))
    posts = by_name(page, QComboBox, "办理岗位")
    assert posts.currentText() == "办公室副主任"
    QTest.keyClick(posts, Qt.Key.Key_Down)
    settle()
    shown = {each.accessibleName() for each in page.findChildren(QPushButton) if each.isVisible()}
    assert "签发" not in shown
    assert "留言" in shown


def test_a_post_chosen_for_one_act_does_not_hide_the_next(qtbot: QtBot) -> None:
    """Whoever vets in one post may have to sign in the other: the way forward's post stands first again."""
    remarks = (action(Step.OPINION), action(Step.OPINION, post="pst_vice"))
    panel = ActionPanel()
    qtbot.addWidget(panel)
    panel.show_actions("cas_x", (action(Step.VET_PASS, primary=True), *remarks))
    panel.show_actions("cas_x", (action(Step.SIGN_OFF, primary=True, post="pst_vice"), *remarks))
    panel.show()
    assert by_name(panel, QComboBox, "办理岗位").currentText() == "办公室副主任"
    assert button(panel, "签发").isVisible()


def test_a_review_hands_on_with_opinion_and_consultation(qtbot: QtBot) -> None:
    cases = CirculationDouble()
    page = opened(qtbot, cases)
    write(by_name(page, QPlainTextEdit, "意见"), "拟同意。")
    tick(by_name(page, ListView, "会签单位"), 0)
    QTest.keyClick(by_name(page, QComboBox, "下一步交给"), Qt.Key.Key_Down)
    press(button(page, "核稿通过"))
    assert cases.acts == [
        Act(Step.REVIEW_PASS, "pst_clerk", opinion="拟同意。", next=DEPUTY.id, consult=(FINANCE.id,))
    ]
    assert by_name(page, QPlainTextEdit, "意见").toPlainText() == ""


def test_a_remark_needs_words(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.OPINION),)))
    page = opened(qtbot, cases)
    assert not by_name(page, QComboBox, "下一步交给").isVisible()
    assert not by_name(page, ListView, "会签单位").isVisible()
    press(button(page, "留言"))
    assert cases.acts == []
    write(by_name(page, QPlainTextEdit, "意见"), "请附预算表")
    press(button(page, "留言"))
    assert cases.acts == [Act(Step.OPINION, "pst_clerk", opinion="请附预算表")]


def test_an_objection_needs_words(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.CONSULT_REPLY, primary=True),), role=ObjectKind.BRANCH))
    page = opened(qtbot, cases)
    QTest.keyClick(by_name(page, QComboBox, "会签意见"), Qt.Key.Key_End)
    press(button(page, "会签答复"))
    assert cases.acts == []
    write(by_name(page, QPlainTextEdit, "意见"), "经费未落实")
    press(button(page, "会签答复"))
    assert cases.acts == [Act(Step.CONSULT_REPLY, "pst_clerk", opinion="经费未落实", answer=Answer.DISAGREE)]


def test_whoever_holds_two_posts_chooses_one(qtbot: QtBot) -> None:
    both = (action(Step.CLOSE, primary=True), action(Step.CLOSE, primary=True, post="pst_vice"))
    cases = CirculationDouble(view(both))
    page = opened(qtbot, cases)
    QTest.keyClick(by_name(page, QComboBox, "办理岗位"), Qt.Key.Key_Down)
    press(button(page, "办结"))
    assert cases.acts == [Act(Step.CLOSE, "pst_vice")]


def test_an_act_for_other_people_shows_them_first(qtbot: QtBot) -> None:
    consult: Action = action(Step.CONSULT_OPEN, targets=(DEPUTY,))
    cases = CirculationDouble(view((*REVIEW, consult)))
    page = opened(qtbot, cases)
    press(button(page, "会签"))
    assert cases.acts == []
    assert by_name(page, QComboBox, "下一步交给").count() == 1
    press(button(page, "会签"))
    assert cases.acts == [Act(Step.CONSULT_OPEN, "pst_clerk", next=DEPUTY.id)]


def test_usual_phrases_are_written_into_the_opinion(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble())
    menu = button(page, "常用语").menu()
    assert menu is not None
    menu.actions()[0].trigger()
    assert by_name(page, QPlainTextEdit, "意见").toPlainText() == "同意。"


def test_urging_wants_a_reason_and_says_what_comes_of_it(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.OPINION), action(Step.URGE, reason=True))))
    page = opened(qtbot, cases)
    press(button(page, "催办"))
    assert labelled(page, "承办人会看到您的话，公文不移动。").isVisible()
    press(button(page, "确认催办"))
    assert cases.acts == []
    write(by_name(page, QPlainTextEdit, "催办事由"), "后天开会要用")
    press(button(page, "确认催办"))
    assert cases.acts == [Act(Step.URGE, "pst_clerk", reason="后天开会要用")]


def test_the_route_says_that_somebody_urged_and_why() -> None:
    seal = seal_of(step(5, Step.URGE, "王芳", "后天开会要用"))
    assert (seal.what, seal.opinion) == ("催办", "后天开会要用")


# Nothing is lost


def test_a_half_typed_opinion_survives_urging_and_does_not_go_with_it(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((*REVIEW, action(Step.URGE, reason=True))))
    page = opened(qtbot, cases)
    opinion = by_name(page, QPlainTextEdit, "意见")
    write(opinion, "第三条时限")
    press(button(page, "催办"))
    write(by_name(page, QPlainTextEdit, "催办事由"), "后天开会要用")
    press(button(page, "确认催办"))
    assert cases.acts == [Act(Step.URGE, "pst_clerk", reason="后天开会要用")]
    assert opinion.toPlainText() == "第三条时限"


def test_a_half_typed_opinion_survives_news(qtbot: QtBot) -> None:
    cases = CirculationDouble()
    page = opened(qtbot, cases)
    opinion = by_name(page, QPlainTextEdit, "意见")
    write(opinion, "第三条时限")
    tick(by_name(page, ListView, "会签单位"), 1)
    cases.shown = replace(cases.shown, phase=Phase.VETTING, actions=REVIEW[:2], route=ROUTE[:3])
    page.refresh()
    settle()
    assert opinion.toPlainText() == "第三条时限"
    assert "已选 1 个：云江市交通运输局" in {label.text() for label in page.findChildren(QLabel)}
    assert by_name(page, QLabel, "状态").text() == "待审核"
    page.show_document("cas_2")
    settle()
    assert opinion.toPlainText() == ""
    page.show_document("cas_1")
    settle()
    assert opinion.toPlainText() == "第三条时限"


def test_an_act_that_fails_says_so_and_keeps_the_words(qtbot: QtBot) -> None:
    cases = CirculationDouble()
    cases.refusing = ErrorCode.DOCUMENTS_STALE_HEAD
    page = opened(qtbot, cases)
    write(by_name(page, QPlainTextEdit, "意见"), "拟同意。")
    press(button(page, "核稿通过"))
    press(button(page, "详情"))
    assert button(page, "复制代码 documents.stale_head").isVisible()
    assert by_name(page, QPlainTextEdit, "意见").toPlainText() == "拟同意。"
    assert button(page, "核稿通过").isEnabled()


def test_a_refused_act_can_be_tried_again_or_taken_back(qtbot: QtBot) -> None:
    cases = CirculationDouble(view(route=REFUSED))
    page = opened(qtbot, cases)
    assert labelled(page, "服务器拒绝了“核稿通过”").isVisible()
    press(button(page, "重试"))
    press(button(page, "撤下"))
    assert cases.asked == ["retry", "withdraw"]
    assert not button(page, "重试").isVisible()


def test_a_second_press_does_nothing_twice(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.CLOSE, primary=True),)))
    page = opened(qtbot, cases)
    close = button(page, "办结")
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    settle()
    assert len(cases.acts) == 1


def test_what_cannot_be_read_shows_nothing_of_the_document_before(qtbot: QtBot) -> None:
    cases = CirculationDouble()
    page = opened(qtbot, cases)
    cases.unreadable = ErrorCode.DOCUMENTS_UNKNOWN
    page.show_document("cas_2")
    settle()
    press(button(page, "详情"))
    assert button(page, "复制代码 documents.unknown").isVisible()
    assert not by_name(page, QLabel, "文件标题").isVisible()
    assert not button(page, "核稿通过").isVisible()
    cases.unreadable = None
    page.refresh()
    settle()
    assert button(page, "核稿通过").isVisible()


def test_escape_takes_the_question_for_a_reason_away(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble())
    press(button(page, "退回"))
    reason = by_name(page, QPlainTextEdit, "退回理由")
    assert reason.hasFocus()
    QTest.keyClick(reason, Qt.Key.Key_Escape)
    assert not reason.isVisible()
    assert by_name(page, QLabel, "文件标题").isVisible()


def test_right_click_offers_what_may_be_done_with_a_row(qtbot: QtBot) -> None:
    page = made()
    qtbot.addWidget(page)
    page.show()
    settle()
    listing = by_name(page, ListView, "公文列表")
    assert listing.menu_for is not None
    entries = listing.menu_for(WAITING[2])
    assert [entry.text for entry in entries] == ["打开", "复制标题"]
    entries[1].act()
    assert QGuiApplication.clipboard().text() == WAITING[2].title
