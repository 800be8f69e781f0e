"""A conversation far back: pages up and down, bursts, and quotations that are followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from client.messaging.rows import Delivery, QuoteStanding, ReplyRow
from client.ui.messaging.history import MOST
from tests.support.page_walk import settle
from tests.ui.conversation_hands import (
    discard_pages,
    messages_of,
    notice_text,
    numbers_of,
    pane_of,
    rows_of,
    seen_in,
    shown,
)
from tests.ui.document_hands import button, names_of, press
from tests.ui.messaging_double import (
    DIRECT,
    LONG,
    ME,
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


def test_a_hundred_thousand_messages_are_read_in_pages(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(100_000))
    page = shown(qtbot, talks, LONG)
    view = messages_of(page)
    assert numbers_of(page) == list(range(99_901, 100_001))
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    for _ in range(12):
        bar.setValue(0)
        settle()
        seen = view.indexAt(view.viewport().rect().topLeft())
        assert seen.isValid()
    numbers = numbers_of(page)
    assert numbers[0] <= 99_901 - 1200
    assert numbers == list(range(numbers[0], numbers[0] + MOST))
    assert talks.most <= MOST
    assert talks.given < 5000
    for _ in range(20):
        bar.setValue(bar.maximum())
        settle()
        numbers = numbers_of(page)
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), "a page was left out"
    assert numbers[-1] == 100_000
    assert len(numbers) <= MOST


def test_paging_down_from_far_back_leaves_nothing_out(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(10_000))
    page = shown(qtbot, talks, LONG)
    pane_of(page).go_to(f"msg_{LONG}_60")
    settle()
    bar = messages_of(page).verticalScrollBar()
    seen = set(numbers_of(page))
    for _ in range(14):
        bar.setValue(bar.maximum())
        settle()
        seen |= set(numbers_of(page))
    assert seen == set(range(10, max(seen) + 1))
    assert 1000 < max(seen) < 3000, "the reader was carried to the end"


def test_whoever_reads_far_back_stays_there_whatever_arrives(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(50_000))
    page = shown(qtbot, talks, LONG)
    view = messages_of(page)
    pane_of(page).go_to(f"msg_{LONG}_20000")
    settle()
    top = view.visualRect(view.currentIndex()).top()
    for number in range(3):
        talks.arrive(f"打断{number}", conversation=LONG)
        page.refresh()
        settle()
    assert view.current_row().n == place_of(20_000)
    assert view.visualRect(view.currentIndex()).top() == top
    assert not view.at_end
    assert ("read", LONG) not in talks.acts
    assert button(page, "回到最新消息").isVisible()
    press(button(page, "回到最新消息"))
    assert rows_of(page)[-1].text == "打断2"
    assert view.at_end


def test_the_end_of_a_page_far_back_is_no_place_to_stick_to(qtbot: QtBot) -> None:
    page = shown(qtbot, ConversationsDouble(long_talk(50_000)), LONG)
    view = messages_of(page)
    pane_of(page).go_to(f"msg_{LONG}_300")
    settle()
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum())
    settle()
    assert not view.at_end
    # The next page came in below; what was last in view is still there.
    assert bar.value() < bar.maximum()
    assert numbers_of(page)[-1] < 1000


def test_a_burst_leaves_whoever_reads_just_above_the_end_where_he_is(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(300))
    page = shown(qtbot, talks, LONG)
    view = messages_of(page)
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() - view.viewport().height())
    settle()
    seen = view.indexAt(view.viewport().rect().center())
    before = (view.rows[seen.row()].id, view.visualRect(seen).top())
    for number in range(700):
        talks.arrive(f"第{number}条新消息", conversation=LONG)
    page.refresh()
    settle()
    seen = view.indexAt(view.viewport().rect().center())
    assert (view.rows[seen.row()].id, view.visualRect(seen).top()) == before
    assert len(rows_of(page)) <= MOST
    press(button(page, "回到最新消息"))
    assert rows_of(page)[-1].text == "第699条新消息"


def test_a_burst_longer_than_a_window_ends_at_its_newest(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(300))
    page = shown(qtbot, talks, LONG)
    for number in range(700):
        talks.arrive(f"第{number}条新消息", conversation=LONG)
    page.refresh()
    settle()
    assert rows_of(page)[-1].text == "第699条新消息"
    assert messages_of(page).at_end
    texts = [row.text for row in rows_of(page)]
    assert texts == [f"第{number}条新消息" for number in range(700 - len(texts), 700)]


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
    rows = list(long_talk(30_000))
    rows[-1] = replace(rows[-1], reply=ReplyRow(rows[39].id, "王芳", rows[39].text))
    page = shown(qtbot, ConversationsDouble(tuple(rows)), LONG)
    view = messages_of(page)
    index = view.model().index(view.model().rowCount() - 1, 0)
    place = view.visualRect(index).topLeft() + view.itemDelegate().placed(index).quote.center()  # type: ignore[attr-defined]
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    assert view.current_row().n == place_of(40)
    assert seen_in(view, view.currentIndex())


def test_a_quotation_of_what_is_not_here_says_so(qtbot: QtBot) -> None:
    rows = list(long_talk(30))
    rows[-1] = replace(rows[-1], reply=ReplyRow("msg_before", "", "", QuoteStanding.ABSENT))
    page = shown(qtbot, ConversationsDouble(tuple(rows)), LONG)
    before = rows_of(page)
    pane_of(page).go_to("msg_before")
    settle()
    assert notice_text(page) == "本机没有这条消息。"
    assert rows_of(page) == before
