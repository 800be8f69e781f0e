"""The lines between messages: what is new, and the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from client.ui.base.passing_time import passing_time
from client.ui.base.rows import RowContent
from client.ui.messaging.message_list import MessageList
from client.ui.messaging.message_model import MessageLook
from tests.support.page_walk import settle
from tests.ui.conversation_hands import (
    content,
    conversations_of,
    discard_pages,
    drawing,
    messages_of,
    shown,
)
from tests.ui.document_hands import names_of
from tests.ui.messaging_double import (
    DAY,
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


def test_a_line_stands_above_what_is_new_until_another_conversation_is_opened(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, GROUP)
    view = messages_of(page)
    others = [row.id for row in view.rows if not row.mine and not row.recalled]
    assert marked(view) == [others[-2]]
    assert "以下为新消息" in names_of(view)[[row.id for row in view.rows].index(others[-2])]
    # Read meanwhile, as it is in view; the line stays where it was.
    assert talks.listed[GROUP].unread_from is None
    page.refresh()
    settle()
    assert marked(view) == [others[-2]]
    page.show_conversation(DIRECT)
    settle()
    page.show_conversation(GROUP)
    settle()
    assert marked(view) == []


@pytest.mark.parametrize("unread", [99, 100, 101, 350, 1500])
def test_the_line_above_what_is_new_stands_where_it_was_however_far_back(qtbot: QtBot, unread: int) -> None:
    talks = ConversationsDouble(long_talk(2000))
    first = place_of(2000 - unread + 1)
    talks.listed[LONG] = replace(talks.listed[LONG], unread=unread, unread_from=first)
    view = messages_of(shown(qtbot, talks, LONG))
    assert marked(view) == ([f"msg_{LONG}_{2001 - unread}"] if unread <= 100 else [])
    for _ in range(16):
        view.verticalScrollBar().setValue(0)
        settle()
        if marked(view):
            break
    assert marked(view) == [f"msg_{LONG}_{2001 - unread}"]


def test_a_first_unread_message_that_turned_out_to_be_a_mark_leaves_the_line_to_the_next(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    talks.listed[DIRECT] = replace(talks.listed[DIRECT], unread_from=7)
    talks.talks[DIRECT] += [
        message(5, "请带上材料", "prs_li", conversation=DIRECT),
        message(9, "在三楼", "prs_li", conversation=DIRECT),
    ]
    view = messages_of(shown(qtbot, talks, DIRECT))
    assert marked(view) == [f"msg_{DIRECT}_9"]


def marked(view: MessageList) -> list[str]:
    """The messages above which the news begin."""
    looks = [content(view, n) for n in range(view.model().rowCount())]
    return [look.row.id for look in looks if isinstance(look, MessageLook) and look.fresh]


def test_the_line_between_days_follows_the_clock_past_midnight(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    time = [NOW]
    page = shown(qtbot, talks, GROUP, now=lambda: time[0])
    view, listed = messages_of(page), conversations_of(page)

    def days() -> list[str]:
        looks = [content(view, n) for n in range(view.model().rowCount())]
        return [look.line.split(" ")[0] for look in looks if isinstance(look, MessageLook) and look.line]

    def when() -> str:
        row = content(listed, 0)
        assert isinstance(row, RowContent)
        return row.when.split(" ")[0]

    before = days()
    drawn: list[object] = []
    assert before[-2:] == ["今天", "以下为新消息"]
    assert when() == "今天"
    time[0] += DAY
    with drawing(listed, drawn):
        passing_time().minute.emit()
        passing_time().midnight.emit()
        settle()
    assert days()[-2:] == ["昨天", "以下为新消息"]
    assert days()[-3] not in ("今天", "昨天")
    assert when() == "昨天"
    assert drawn, "the list still shows what it showed before"
