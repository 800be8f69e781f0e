"""The document page and the boxes, driven by mouse and keyboard as a clerk does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from client.documents.rows import Box, DocumentView, Finding
from client.ui.base.language import tr
from client.ui.base.rows import RowRole
from client.ui.base.theme import Tone
from client.ui.documents.page import DocumentsPage
from client.ui.today.page import TodayPage
from client.ui.widgets.list_view import ListView
from client.ui.widgets.route import RouteTimeline, SealState
from protocol.cases.objects import ObjectKind
from protocol.documents.steps import Phase, Step
from protocol.errors import ErrorCode
from tests.support.page_walk import SMALLEST, settle, walk
from tests.ui.document_hands import (
    button,
    by_name,
    click_row,
    discard_pages,
    labelled,
    made,
    names_of,
    opened,
    press,
    write,
)
from tests.ui.documents_double import (
    NOW,
    RECEIPTS,
    REFUSED,
    REVIEW,
    ROUTE,
    WAITING,
    CirculationDouble,
    action,
    step,
    view,
)
from tests.ui.login_double import WAITING as MEMBER


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


# The boxes


def test_a_burst_of_news_is_read_twice_and_not_each_time(qtbot: QtBot) -> None:
    page = made()
    qtbot.addWidget(page)
    page.show()
    settle()
    read: list[object] = []
    page.today_read.connect(read.append)
    for _ in range(50):
        page.refresh()
    settle()
    assert len(read) == 2, "the first at once, all that came meanwhile together"


def test_the_boxes_have_counts_and_rows(qtbot: QtBot) -> None:
    page = made()
    counted: list[object] = []
    today: list[object] = []
    page.counted.connect(counted.append)
    page.today_read.connect(today.append)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    settle()
    boxes = by_name(page, ListView, "箱")
    assert names_of(boxes) == ["待办", "草稿", "在办", "已发", "待签收", "已收", "已作废"]
    assert boxes.model().index(0, 0).data(RowRole.CONTENT).when == "4"
    first = by_name(page, ListView, "公文列表").model().index(0, 0).data(RowRole.CONTENT)
    assert [mark.text for mark in first.marks] == ["特急", "待核稿"]
    assert first.unread
    assert counted[-1] == {Box.WAITING: 4} | dict.fromkeys(list(Box)[1:], 0)
    assert today[-1] == WAITING


def test_a_click_opens_a_row_and_escape_goes_back(qtbot: QtBot) -> None:
    cases = CirculationDouble()
    page = made(cases)
    page.resize(1280, 800)
    qtbot.addWidget(page)
    page.show()
    settle()
    listing = by_name(page, ListView, "公文列表")
    click_row(listing, 0)
    settle()
    assert by_name(page, QLabel, "文件标题").text() == cases.shown.title
    assert not listing.model().index(0, 0).data(RowRole.CONTENT).unread
    QTest.keyClick(by_name(page, QPlainTextEdit, "意见"), Qt.Key.Key_Escape)
    assert not by_name(page, QLabel, "文件标题").isVisible()
    QTest.keyClick(listing, Qt.Key.Key_Return)
    settle()
    assert by_name(page, QLabel, "文件标题").isVisible()


def test_a_search_narrows_the_rows(qtbot: QtBot) -> None:
    page = made()
    qtbot.addWidget(page)
    page.show()
    search = by_name(page, QWidget, "搜索")
    write(search, "调度会")
    QTest.keyClick(search, Qt.Key.Key_Return)
    settle()
    assert names_of(by_name(page, ListView, "公文列表")) == ["关于召开全市重点项目调度会的通知"]


# What one reads


def test_the_route_shows_who_and_whether_it_is_verified(qtbot: QtBot) -> None:
    doubtful = step(5, Step.VET_PASS, "郑伟", verified=False)
    page = opened(qtbot, CirculationDouble(view(route=(*ROUTE, doubtful))))
    route = by_name(page, RouteTimeline, "流转")
    seals = [route.model().index(n, 0).data(RowRole.CONTENT) for n in range(route.model().rowCount())]
    assert [seal.what for seal in seals] == ["拟稿", "送核稿", "核稿通过", "会签答复", "审核通过"]
    assert seals[0].who == "市发展改革委 办公室 · 王芳"
    assert seals[1].note.startswith("离线签名")
    assert seals[3].opinion == "同意：无不同意见。"
    assert [seal.state for seal in seals[3:]] == [SealState.VERIFIED, SealState.UNVERIFIED]


def test_receipts_tell_what_is_only_the_servers_word(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((), phase=Phase.DISPATCHED, receipts=RECEIPTS, sealed=True))
    page = opened(qtbot, cases)
    rows = by_name(page, ListView, "签收情况").model()
    marks = [rows.index(n, 0).data(RowRole.CONTENT).marks[0].text for n in range(rows.rowCount())]
    assert marks == ["已签收", "服务器称：已送达", "待制发", "已拒收", "已登记"]
    assert "印章有效" in by_name(page, QLabel, "核验").text()
    assert labelled(page, "目前没有需要您办理的事项。").isVisible()


def test_a_receipt_says_how_the_pages_were_compared_and_words_alone_are_not_green(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((), phase=Phase.DISPATCHED, receipts=RECEIPTS, sealed=True))
    rows = by_name(opened(qtbot, cases), ListView, "签收情况").model()
    whole, words = (rows.index(n, 0).data(RowRole.CONTENT) for n in (0, 4))
    assert (whole.detail, whole.marks[0].tone) == ("孙丽 · 页面已核对", Tone.DONE)
    assert (words.detail, words.marks[0].tone) == ("赵敏 · 仅文字相符", Tone.WAITING)


def test_pdf_and_attachments_are_saved_where_one_says(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [tmp_path / "公文.pdf", tmp_path / "附件.pdf"]
    answers = iter([str(path) for path in places])
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (next(answers), ""))
    cases = CirculationDouble(view((), phase=Phase.DISPATCHED, sealed=True))
    page = opened(qtbot, cases)
    press(button(page, "另存 PDF"))
    files = by_name(page, ListView, "附件")
    click_row(files, 0)
    QTest.keyClick(files, Qt.Key.Key_Return)
    settle()
    assert cases.saved == places


def test_pages_are_turned(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble())
    assert by_name(page, QLabel, "正文预览").accessibleDescription() == "第 1 页，共 2 页"
    press(next(b for b in page.findChildren(QPushButton) if b.accessibleName() == "下一页" and b.isVisible()))
    assert by_name(page, QLabel, "正文预览").accessibleDescription() == "第 2 页，共 2 页"


def test_a_returned_case_is_revised_as_a_draft(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.REVISE, primary=True),), phase=Phase.DRAFTING))
    page = opened(qtbot, cases)
    press(button(page, "修改"))
    assert by_name(page, QWidget, "标题").isVisible()
    assert cases.acts == []


def test_today_opens_documents(qtbot: QtBot) -> None:
    today = TodayPage(now=lambda: NOW)
    qtbot.addWidget(today)
    counted: list[int] = []
    chosen: list[str] = []
    today.counted.connect(counted.append)
    today.document_opened.connect(chosen.append)
    today.set_members((MEMBER,))
    today.set_documents(WAITING)
    today.show()
    settle()
    click_row(by_name(today, ListView, "待办公文"), 1)
    assert (counted, chosen) == ([1, 5], ["cas_2"])


# How it looks


def reading(cases: CirculationDouble) -> DocumentsPage:
    page = made(cases)
    page.show_document("cas_1")
    return page


def returning() -> DocumentsPage:
    page = reading(CirculationDouble(view(route=REFUSED)))
    page.show()
    settle()
    back = tr("Return")
    press(button(page, back))
    return page


def voiding() -> DocumentsPage:
    page = reading(CirculationDouble(view((*REVIEW, action(Step.WITHDRAW, reason=True)))))
    page.show()
    settle()
    menu = button(page, tr("More")).menu()
    assert menu is not None
    menu.actions()[0].trigger()
    settle()
    return page


def voided() -> DocumentView:
    return replace(view((), phase=Phase.VOID), copyable=True)


def stopped() -> DocumentView:
    """Kept back by a dead end, and not verified."""
    missing = Finding("seal_not_certified", "", True, {"people": "王芳"})
    offered = replace(action(Step.NUMBER, primary=True, post="pst_vice"), findings=(missing,))
    return replace(view((offered,), phase=Phase.NUMBERING), verification=("unverified", {"count": "1"}))


def unlisted() -> DocumentView:
    """Set with what the city has signed not to count."""
    shown = view(
        (action(Step.RECEIVE, primary=True), action(Step.REJECT, reason=True)),
        phase=None,
        role=ObjectKind.ISSUE,
        sealed=True,
    )
    facts = shown.verification[1] | {"page_check": "words", "listed": "no", "list": "site"}
    return replace(shown, verification=("sealed", facts))


def full_today() -> TodayPage:
    page = TodayPage(now=lambda: NOW)
    page.set_members((MEMBER,))
    page.set_documents(WAITING)
    return page


def test_the_pages_fit_the_smallest_window(qtbot: QtBot) -> None:
    issued = view((), phase=Phase.DISPATCHED, receipts=RECEIPTS, sealed=True)
    walk(made, "documents", SMALLEST)
    walk(lambda: reading(CirculationDouble()), "documents-case", SMALLEST)
    walk(lambda: reading(CirculationDouble(issued)), "documents-issued", SMALLEST)


def test_the_pages_are_well_drawn(qtbot: QtBot) -> None:
    issued = view((), phase=Phase.DISPATCHED, receipts=RECEIPTS, sealed=True)
    branch = view((action(Step.CONSULT_REPLY, primary=True), action(Step.OPINION)), role=ObjectKind.BRANCH)
    walk(made, "documents")
    walk(lambda: reading(CirculationDouble()), "documents-case")
    walk(lambda: reading(CirculationDouble(issued)), "documents-issued")
    walk(lambda: reading(CirculationDouble(branch)), "documents-branch")
    walk(voiding, "documents-voiding")
    walk(lambda: reading(CirculationDouble(voided())), "documents-void")
    walk(lambda: reading(CirculationDouble(stopped())), "documents-stopped")
    walk(lambda: reading(CirculationDouble(unlisted())), "documents-unlisted")
    walk(returning, "documents-return")
    unreadable = CirculationDouble()
    unreadable.unreadable = ErrorCode.DOCUMENTS_RECIPIENTS_MISMATCH
    walk(lambda: reading(unreadable), "documents-unreadable")
    walk(full_today, "documents-today")
