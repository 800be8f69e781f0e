"""The list of conversations and their messages, driven by mouse and keyboard as a clerk does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from client.messaging.rows import Delivery, ReplyRow
from client.ui.base.rows import RowContent
from client.ui.base.window_state import WindowState
from client.ui.messaging.history import MOST
from client.ui.messaging.message_delegate import MessageDelegate
from client.ui.messaging.message_list import tooltip
from client.ui.messaging.message_model import MessageLook
from client.ui.messaging.page import MessagesPage
from client.ui.messaging.words import excerpt
from client.ui.widgets.list_view import ListView
from protocol.errors import ErrorCode
from tests.support.page_walk import discard, settle
from tests.ui.conversation_hands import (
    content,
    conversations_of,
    discard_pages,
    field_of,
    made,
    messages_of,
    rows_of,
    shown,
)
from tests.ui.core_thread import CoreThread
from tests.ui.document_hands import button, by_name, click_row, labelled, names_of, press, write
from tests.ui.messaging_double import DIRECT, GROUP, LONG, ME, NOW, ConversationsDouble, long_talk, message


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.fixture
def talks() -> ConversationsDouble:
    return ConversationsDouble()


# The list


def test_conversations_have_unread_drafts_and_standing(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = made(talks)
    counted: list[int] = []
    page.counted.connect(counted.append)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    settle()
    view = conversations_of(page)
    assert names_of(view) == ["农村公路养护征求意见", "李强", "全市政务值班群"]
    first, last = content(view, 0), content(view, 2)
    assert isinstance(first, RowContent)
    assert isinstance(last, RowContent)
    assert first.unread
    assert first.deadline is not None
    assert first.deadline.text == "2 条未读"
    assert [mark.text for mark in first.marks] == ["未发送"]
    assert (last.unread, last.detail) == (False, "草稿：请各单位")
    assert counted[-1] == 3


def test_a_last_message_that_was_recalled_leaves_no_empty_line(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    talks.listed[DIRECT] = replace(talks.listed[DIRECT], preview="", recalled=True)
    page = shown(qtbot, talks)
    row = content(conversations_of(page), 1)
    assert isinstance(row, RowContent)
    assert row.detail == "已撤回一条消息"


def test_what_a_doubtful_device_wrote_is_marked(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    view = messages_of(page)
    doubtful = [n for n, row in enumerate(view.rows) if row.unvouched]
    delegate = view.itemDelegate()
    assert isinstance(delegate, MessageDelegate)
    for place, row in enumerate(view.rows):
        placed = delegate.placed(view.model().index(place, 0))
        assert placed is not None
        said = view.model().index(place, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        marked = "来自仅有证书机构认证的设备"
        assert (marked in placed.foot_words, marked in said) == (row.unvouched, row.unvouched)
        assert ("当面核实" in tooltip(row)) == row.unvouched
    assert len(doubtful) == 1


def test_opening_a_conversation_reads_it(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks)
    counted: list[int] = []
    page.counted.connect(counted.append)
    click_row(conversations_of(page), 1)
    settle()
    assert [row.text for row in rows_of(page)] == ["下午三点开会，请带上材料。"]
    assert ("read", DIRECT) in talks.acts
    assert counted[-1] == 2


def test_news_while_scrolled_away_is_not_read_yet(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(300))
    page = shown(qtbot, talks, LONG)
    bar = messages_of(page).verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    settle()
    talks.arrive("新的值班安排", conversation=LONG)
    page.refresh()
    settle()
    assert ("read", LONG) not in talks.acts
    press(button(page, "回到最新消息"))
    assert rows_of(page)[-1].text == "新的值班安排"
    assert ("read", LONG) in talks.acts
    assert not button(page, "回到最新消息").isVisible()


def test_what_comes_while_one_is_elsewhere_is_not_read_yet(
    qtbot: QtBot, qapp: QApplication, talks: ConversationsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Qt.ApplicationState.ApplicationInactive
    with monkeypatch.context() as patch:
        patch.setattr(QGuiApplication, "applicationState", lambda: elsewhere)
        shown(qtbot, talks, DIRECT)
        assert ("read", DIRECT) not in talks.acts
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    settle()
    assert ("read", DIRECT) in talks.acts


def test_the_last_conversation_comes_back(
    qtbot: QtBot, talks: ConversationsDouble, state: WindowState
) -> None:
    first = shown(qtbot, talks, DIRECT, state)
    first.hide()
    again = shown(qtbot, talks, "", state)
    assert [row.conversation for row in rows_of(again)] == [DIRECT]


def test_a_search_finds_names_and_messages_and_goes_there(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(5000))
    page = shown(qtbot, talks)
    search = by_name(page, QWidget, "搜索")
    write(search, "第77条")
    QTest.keyClick(search, Qt.Key.Key_Return)
    settle()
    assert names_of(conversations_of(page)) == []
    found = by_name(page, ListView, "找到的消息")
    assert names_of(found)[0].startswith("第77条")
    assert excerpt("第77条：值班正常，无突发情况。", "突发") == "…正常，无突发情况。"
    told = content(found, 0)
    assert isinstance(told, RowContent)
    assert told.detail == "李强 · 全市政务值班群"
    click_row(found, 0)
    view = messages_of(page)
    assert view.current_row().n == 77
    assert view.viewport().rect().intersects(view.visualRect(view.currentIndex()))
    QTest.keyClick(search, Qt.Key.Key_Escape)
    settle()
    assert conversations_of(page).current_row().id == LONG
    assert len(names_of(conversations_of(page))) == 3


def test_what_arrives_leaves_the_keyboard_in_the_list_alone(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    view = conversations_of(page)
    QTest.keyClick(field_of(page), Qt.Key.Key_Escape)
    QTest.keyClick(view, Qt.Key.Key_Down)
    talks.arrive("新消息")
    page.refresh()
    settle()
    assert view.current_row().id == DIRECT
    QTest.keyClick(view, Qt.Key.Key_Return)
    settle()
    assert [row.conversation for row in rows_of(page)] == [DIRECT]


def test_a_search_never_marks_another_conversation(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    search = by_name(page, QWidget, "搜索")
    write(search, "值班")
    QTest.keyClick(search, Qt.Key.Key_Return)
    settle()
    view = conversations_of(page)
    assert names_of(view) == ["全市政务值班群"]
    assert view.selectedIndexes() == []


# Messages


def test_messages_say_who_how_far_and_since_when(qtbot: QtBot, talks: ConversationsDouble) -> None:
    view = messages_of(shown(qtbot, talks, GROUP))
    looks = [content(view, n) for n in range(view.model().rowCount())]
    assert all(isinstance(look, MessageLook) for look in looks)
    days = [look.line for look in looks if isinstance(look, MessageLook) and look.line]
    assert len(days) == 4
    assert days[3] == "以下为新消息"
    assert days[1].startswith("昨天")
    assert days[2].startswith("今天")
    said = names_of(view)
    assert said[3].endswith("已读 3 人 " + said[3].split()[-1])
    assert "回复我" in said[4]
    assert "李强撤回了一条消息" in said[6]
    assert "此消息无法阅读" in said[7]
    assert "已送达" in said[8]
    assert "发送中" in said[9]
    assert "未发送" in said[10]


def test_a_line_stands_above_what_is_new_until_another_conversation_is_opened(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    talks.listed[GROUP] = replace(talks.listed[GROUP], unread=2)
    page = shown(qtbot, talks, GROUP)
    view = messages_of(page)

    def marked() -> list[str]:
        looks = [content(view, n) for n in range(view.model().rowCount())]
        return [look.row.id for look in looks if isinstance(look, MessageLook) and look.fresh]

    others = [row.id for row in view.rows if not row.mine and not row.recalled]
    assert marked() == [others[-2]]
    assert "以下为新消息" in names_of(view)[[row.id for row in view.rows].index(others[-2])]
    # Read meanwhile, as it is in view; the line stays where it was.
    talks.listed[GROUP] = replace(talks.listed[GROUP], unread=0)
    page.refresh()
    settle()
    assert marked() == [others[-2]]
    page.show_conversation(DIRECT)
    settle()
    page.show_conversation(GROUP)
    settle()
    assert marked() == []


def test_mine_are_bubbles_and_others_are_plain(qtbot: QtBot, talks: ConversationsDouble) -> None:
    view = messages_of(shown(qtbot, talks, GROUP))
    delegate = view.itemDelegate()
    for place, row in enumerate(view.rows):
        placed = delegate.placed(view.model().index(place, 0))  # type: ignore[attr-defined]
        assert placed.bubble.isEmpty() is not row.mine
        assert placed.bubble.right() < view.viewport().width()
        if row.mine:
            assert placed.foot_words


def test_a_hundred_thousand_messages_are_read_in_pages(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(100_000))
    page = shown(qtbot, talks, LONG)
    view = messages_of(page)
    assert [row.n for row in rows_of(page)] == list(range(99_901, 100_001))
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    for _ in range(12):
        bar.setValue(0)
        settle()
        seen = view.indexAt(view.viewport().rect().topLeft())
        assert seen.isValid()
    numbers = [row.n for row in rows_of(page)]
    assert numbers[0] is not None
    assert numbers[0] <= 99_901 - 1200
    assert numbers == list(range(numbers[0], numbers[0] + MOST))
    assert talks.most <= MOST
    assert talks.given < 5000
    for _ in range(20):
        bar.setValue(bar.maximum())
        settle()
    assert rows_of(page)[-1].n == 100_000
    assert len(rows_of(page)) <= MOST


def test_what_one_reads_stays_in_place_when_more_comes(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(1000))
    page = shown(qtbot, talks, LONG)
    view = messages_of(page)
    view.verticalScrollBar().setValue(0)
    settle()
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    settle()
    seen = view.indexAt(view.viewport().rect().center())
    before = (view.rows[seen.row()].id, view.visualRect(seen).top())
    talks.arrive("打断一下", conversation=LONG)
    page.refresh()
    settle()
    view.verticalScrollBar().setValue(view.verticalScrollBar().value())
    seen = view.indexAt(view.viewport().rect().center())
    assert (view.rows[seen.row()].id, view.visualRect(seen).top()) == before


def test_a_pending_message_finds_its_place(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    mine = message(None, "收到", ME, conversation=DIRECT, id="msg_x", delivery=Delivery.PENDING)
    talks.talks[DIRECT].append(mine)
    page.refresh()
    settle()
    later = message(2, "再加一份材料", "prs_li", conversation=DIRECT)
    talks.talks[DIRECT][1:] = [later, replace(mine, n=3, delivery=Delivery.SENT)]
    page.refresh()
    settle()
    assert [row.n for row in rows_of(page)] == [1, 2, 3]
    assert "已发送" in names_of(messages_of(page))[2]


def test_a_quotation_is_followed_however_far_back(qtbot: QtBot) -> None:
    rows = list(long_talk(3000))
    rows[-1] = replace(rows[-1], reply=ReplyRow(rows[39].id, "王芳", rows[39].text))
    page = shown(qtbot, ConversationsDouble(tuple(rows)), LONG)
    view = messages_of(page)
    index = view.model().index(view.model().rowCount() - 1, 0)
    place = view.visualRect(index).topLeft() + view.itemDelegate().placed(index).quote.center()  # type: ignore[attr-defined]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert view.current_row().n == 40
    assert view.viewport().rect().intersects(view.visualRect(view.currentIndex()))


def test_what_cannot_be_read_is_told_and_opens_later(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks)
    talks.closed = ErrorCode.CLOCK_SKEW
    page.show_conversation(DIRECT)
    settle()
    assert labelled(page, "无法打开会话").isVisible()
    talks.closed = None
    page.refresh()
    settle()
    assert [row.conversation for row in rows_of(page)] == [DIRECT]


def test_a_late_answer_does_not_come_into_another_conversation(qtbot: QtBot) -> None:
    core = CoreThread()
    talks = ConversationsDouble()
    talks.slow = asyncio.Event()
    page = MessagesPage(talks, core, None, now=lambda: NOW)
    page.resize(1280, 800)
    page.show()
    try:
        page.show_conversation(GROUP)
        field_of(page).setPlainText("先写着")
        page.show_conversation(DIRECT)
        qtbot.waitUntil(lambda: [row.conversation for row in rows_of(page)] == [DIRECT])
        core.loop.call_soon_threadsafe(talks.slow.set)
        page.refresh()
        qtbot.waitUntil(lambda: talks.drafts.get(GROUP) == "先写着")
        qtbot.waitUntil(lambda: len(names_of(conversations_of(page))) == 3)
        assert [row.conversation for row in rows_of(page)] == [DIRECT]
        page.show_conversation(GROUP)
        qtbot.waitUntil(lambda: len(rows_of(page)) == 11)
        assert field_of(page).toPlainText() == "先写着"
    finally:
        discard(page)
        core.stop()
