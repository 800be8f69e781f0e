"""What waits before it is signed: what is not verified or not in view, dead ends, and one question at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QLabel,
)
from pytestqt.qtbot import QtBot

from client.documents.rows import Finding
from client.ui.documents.findings import finding_words
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.page_view import PageView
from protocol.cases.objects import ObjectKind
from protocol.documents.dispatch import TABLE
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.support.page_walk import settle
from tests.ui.document_hands import (
    button,
    by_name,
    discard_pages,
    labelled,
    opened,
    press,
)
from tests.ui.documents_double import (
    CirculationDouble,
    action,
    picture,
    view,
)


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def test_nothing_is_signed_before_it_is_verified(qtbot: QtBot) -> None:
    both = (action(Step.RECEIVE, primary=True), action(Step.REJECT, reason=True))
    cases = CirculationDouble(
        replace(view(both, phase=None, role=ObjectKind.ISSUE), verification=("unverified", {"count": "1"}))
    )
    page = opened(qtbot, cases)
    assert not button(page, "签收").isEnabled()
    assert by_name(page, QLabel, "暂不能办理的原因").text() == "有 1 步尚未能核验，正在补取所缺内容。"
    assert button(page, "拒收").isEnabled()
    refused = {"page_check": "words", "listed": "no", "list": "site"}
    cases.shown = replace(cases.shown, verification=("sealed", refused))
    page.refresh()
    settle()
    assert not button(page, "签收").isEnabled()
    assert "不在本市认可的清单之内" in by_name(page, QLabel, "暂不能办理的原因").text()
    assert button(page, "拒收").isEnabled()
    cases.shown = replace(cases.shown, verification=("sealed", {"page_check": "page"}))
    page.refresh()
    settle()
    assert button(page, "签收").isEnabled()
    assert not by_name(page, QLabel, "暂不能办理的原因").isVisible()


@pytest.mark.parametrize("fault", ["changed", "broken", "seal_broken"])
def test_what_is_not_genuine_can_be_returned_and_not_signed(qtbot: QtBot, fault: str) -> None:
    both = (action(Step.SIGN_OFF, primary=True), action(Step.SIGN_RETURN, reason=True))
    page = opened(qtbot, CirculationDouble(replace(view(both), verification=(fault, {}))))
    assert not button(page, "签发").isEnabled()
    assert button(page, "退回").isEnabled()


def test_old_pages_are_dimmed_and_hold_up_what_signs_them(qtbot: QtBot) -> None:
    """The document changes while one looks: until the new pages stand there nobody signs, and an open question goes."""
    cases = CirculationDouble(view((action(Step.DISPATCH, primary=True),), sealed=True))
    page = opened(qtbot, cases)
    press(button(page, "分发"))
    question = ConfirmPopover.asked()
    assert question is not None
    picture = by_name(page, QLabel, "正文预览")
    before = picture.pixmap().toImage()
    cases.no_pages = ErrorCode.NETWORK_UNREACHABLE
    cases.shown = replace(cases.shown, number="云发改〔2026〕13号")
    page.refresh()
    settle()
    assert ConfirmPopover.asked() is None
    assert not button(page, "分发").isEnabled()
    assert "版面无法显示" in by_name(page, QLabel, "暂不能办理的原因").text()
    cases.no_pages = None
    page.refresh()
    settle()
    assert button(page, "分发").isEnabled()
    assert picture.pixmap().toImage() == before


def test_a_page_that_is_being_set_anew_says_so(qtbot: QtBot) -> None:
    pages = PageView("版面预览")
    qtbot.addWidget(pages)
    pages.resize(400, 600)
    pages.show()
    pages.set_page(0, picture("通知"), 2)
    before = _picture(pages)
    pages.set_outdated(True)
    assert _picture(pages) != before
    assert labelled(pages, "第 1 页，共 2 页 · 正在更新").isVisible()
    pages.set_outdated(False)
    assert _picture(pages) == before


def _picture(pages: PageView) -> QImage:
    return by_name(pages, QLabel, "版面预览").pixmap().toImage()


# Dead ends


def test_a_dead_end_stops_the_act_and_says_who_must_do_what(qtbot: QtBot) -> None:
    number = replace(
        action(Step.NUMBER, primary=True),
        findings=(Finding("seal_not_certified", "", True, {"people": "王芳"}),),
    )
    cases = CirculationDouble(view((number, action(Step.OPINION))))
    page = opened(qtbot, cases)
    assert not button(page, "编号").isEnabled()
    assert by_name(page, QLabel, "暂不能办理的原因").text().startswith("印章保管人王芳尚无印章证书")
    assert button(page, "留言").isEnabled()


def test_what_waits_for_a_recipient_is_said_in_the_question(qtbot: QtBot) -> None:
    waiting = Finding("recipient_without_clerk", "", False, {"bodies": "市文物局"})
    sent = replace(action(Step.DISPATCH, primary=True), findings=(waiting,))
    page = opened(qtbot, CirculationDouble(view((sent,))))
    press(button(page, "分发"))
    question = ConfirmPopover.asked()
    assert question is not None
    assert "市文物局暂无可签收的文书" in question.accessibleName()


@pytest.mark.parametrize(
    "rule",
    [
        *(f"no_post_to_{row.next_duty}" for row in TABLE.values() if row.next_duty),
        "post_unheld",
        "post_not_enrolled",
        "seal_missing",
        "seal_unkept",
        "seal_not_certified",
        "recipient_without_clerk",
        "key_wanted",
        "reseal_wanted",
        "attachment_unprintable",
    ],
)
def test_every_standstill_has_its_sentence(rule: str) -> None:
    assert finding_words(Finding(rule, "", True, {})) != finding_words(
        Finding("of another version", "", True, {})
    )


# One question at a time


def test_a_question_goes_with_its_document(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.SEAL, primary=True),)))
    page = opened(qtbot, cases)
    press(button(page, "用印"))
    assert ConfirmPopover.asked() is not None
    page.show_document("cas_2")
    settle()
    assert ConfirmPopover.asked() is None


def test_a_question_goes_when_its_act_can_no_longer_be_taken(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.SEAL, primary=True),)))
    page = opened(qtbot, cases)
    press(button(page, "用印"))
    cases.shown = replace(cases.shown, actions=())
    page.refresh()
    settle()
    assert ConfirmPopover.asked() is None


def test_a_question_goes_when_one_leaves_the_page(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble(view((action(Step.SEAL, primary=True),))))
    press(button(page, "用印"))
    page.new_document()
    settle()
    assert ConfirmPopover.asked() is None


# In which post
