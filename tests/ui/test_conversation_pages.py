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

from client.messaging.rows import NewsRow, QuoteStanding, ReplyRow
from client.ui.base.announcement import Announcement
from client.ui.base.rows import RowContent
from client.ui.base.window_state import WindowState
from client.ui.messaging.message_delegate import MessageDelegate
from client.ui.messaging.message_list import tooltip
from client.ui.messaging.message_model import MessageLook
from client.ui.messaging.page import MessagesPage
from client.ui.messaging.words import excerpt, quote_words
from client.ui.widgets.list_view import ListView
from protocol.errors import ErrorCode
from tests.support.page_walk import discard, settle
from tests.ui.conversation_hands import (
    choose,
    content,
    conversations_of,
    discard_pages,
    field_of,
    made,
    messages_of,
    rows_of,
    seen_in,
    shown,
)
from tests.ui.core_thread import CoreThread
from tests.ui.document_hands import button, by_name, click_row, labelled, names_of, press, write
from tests.ui.messaging_double import (
    DIRECT,
    GROUP,
    LONG,
    NOW,
    ConversationsDouble,
    long_talk,
    message,
    place_of,
)


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


def test_what_cannot_be_read_is_said_where_it_is_new(qtbot: QtBot, talks: ConversationsDouble) -> None:
    news = NewsRow(4, "李强", "", unreadable=True)
    talks.listed[DIRECT] = replace(talks.listed[DIRECT], preview="", unreadable=True, news=news)
    page = made(talks)
    qtbot.addWidget(page)
    told: list[tuple[Announcement, ...]] = []
    page.news_came.connect(told.append)
    page.show()
    settle()
    row = content(conversations_of(page), 1)
    assert isinstance(row, RowContent)
    assert row.detail == "一条暂时无法阅读的消息"
    talks.listed[DIRECT] = replace(talks.listed[DIRECT], unread=2, news=replace(news, n=5))
    page.refresh()
    settle()
    assert [(each.sender, each.text) for each in told[-1]] == [("李强", "一条暂时无法阅读的消息")]


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
    assert excerpt("前方路段施工，请注意限速40km/h。", "40 km/h") == "…注意限速40km/h。"
    told = content(found, 0)
    assert isinstance(told, RowContent)
    assert told.detail == "李强 · 全市政务值班群"
    click_row(found, 0)
    view = messages_of(page)
    assert view.current_row().n == place_of(77)
    assert seen_in(view, view.currentIndex())
    QTest.keyClick(search, Qt.Key.Key_Escape)
    settle()
    assert conversations_of(page).current_row().id == LONG
    assert len(names_of(conversations_of(page))) == 3


def test_while_the_index_is_made_anew_a_search_says_that_more_will_be_found(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, GROUP)
    search = by_name(page, QWidget, "搜索")
    write(search, "限速40")
    QTest.keyClick(search, Qt.Key.Key_Return)
    page.set_indexing(on=True)
    settle()
    assert labelled(page, "暂未找到").isVisible()
    talks.arrive("此段限速40，请减速")
    page.set_indexing(on=True)
    settle()
    assert names_of(by_name(page, ListView, "找到的消息")) == ["此段限速40，请减速"]
    assert labelled(page, "找到的消息（较早的稍后列出）").isVisible()
    page.set_indexing(on=False)
    settle()
    assert labelled(page, "找到的消息").isVisible()


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


def test_a_reply_to_what_was_taken_back_says_so(qtbot: QtBot, talks: ConversationsDouble) -> None:
    answered = {
        QuoteStanding.RECALLED: "王芳：（已撤回）",
        QuoteStanding.UNREADABLE: "王芳：（无法阅读）",
        QuoteStanding.ABSENT: "本机没有的消息",
    }
    talks.talks[DIRECT] += [
        message(
            3 * place,
            "同意",
            "prs_li",
            conversation=DIRECT,
            reply=ReplyRow("msg_x", "" if standing is QuoteStanding.ABSENT else "王芳", "", standing),
        )
        for place, standing in enumerate(answered, 1)
    ]
    view = messages_of(shown(qtbot, talks, DIRECT))
    delegate = view.itemDelegate()
    assert isinstance(delegate, MessageDelegate)
    for place, words in enumerate(answered.values(), 1):
        reply = view.rows[place].reply
        assert reply is not None
        assert quote_words(reply) == words
        assert f"回复{words} 同意" in names_of(view)[place]
        placed = delegate.placed(view.model().index(place, 0))
        assert placed is not None
        assert placed.quote.width() > view.fontMetrics().horizontalAdvance(words)


def test_what_is_being_answered_is_followed_when_it_is_taken_back(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, GROUP)
    choose(page, f"msg_{GROUP}_6", "回复")
    assert labelled(page, "回复李强：同意。").isVisible()
    talks.talks[GROUP][5] = replace(talks.talks[GROUP][5], text="", recalled=True)
    page.refresh()
    settle()
    assert labelled(page, "回复李强：李强撤回了一条消息").isVisible()


def test_mine_are_bubbles_and_others_are_plain(qtbot: QtBot, talks: ConversationsDouble) -> None:
    view = messages_of(shown(qtbot, talks, GROUP))
    delegate = view.itemDelegate()
    for place, row in enumerate(view.rows):
        placed = delegate.placed(view.model().index(place, 0))  # type: ignore[attr-defined]
        assert placed.bubble.isEmpty() is not row.mine
        assert placed.bubble.right() < view.viewport().width()
        if row.mine:
            assert placed.foot_words


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


def test_a_burst_is_read_once_and_only_what_changed(qtbot: QtBot) -> None:
    core = CoreThread()
    talks = ConversationsDouble()
    page = MessagesPage(talks, core, None, now=lambda: NOW)
    page.resize(1280, 800)
    page.show()
    try:
        page.refresh()
        page.show_conversation(GROUP)
        qtbot.waitUntil(lambda: len(names_of(conversations_of(page))) == 3 and bool(rows_of(page)))
        # It was read, and its row anew after that.
        qtbot.waitUntil(lambda: talks.lists[-1:] == [frozenset({GROUP})])
        talks.lists.clear()
        talks.listing = asyncio.Event()
        page.refresh_changed((LONG,))
        qtbot.waitUntil(lambda: bool(talks.lists))
        pages = talks.pages
        for number in range(300):
            talks.arrive(f"第{number}条", "prs_li", DIRECT)
            page.refresh_changed((DIRECT,))
            page.refresh_changed((LONG, DIRECT))
        core.loop.call_soon_threadsafe(talks.listing.set)
        qtbot.waitUntil(lambda: told(page, 0).detail == "第299条")
        assert talks.lists == [frozenset({LONG}), frozenset({DIRECT, LONG})]
        assert talks.pages == pages, "the conversation in view has not changed"
        assert told(page, 0).title == "李强"
        page.refresh_changed((GROUP,))
        qtbot.waitUntil(lambda: talks.pages > pages)
    finally:
        discard(page)
        core.stop()


def test_a_conversation_i_have_left_goes_out_of_the_list(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks)
    del talks.listed[DIRECT]
    page.refresh_changed((GROUP,))
    settle()
    assert len(names_of(conversations_of(page))) == 3, "only what changed was read"
    page.refresh_changed((DIRECT,))
    settle()
    assert names_of(conversations_of(page)) == ["农村公路养护征求意见", "全市政务值班群"]


def told(page: QWidget, row: int) -> RowContent:
    """What a line of the list of conversations says."""
    found = content(conversations_of(page), row)
    assert isinstance(found, RowContent)
    return found


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
