"""How the page of conversations looks: walked in each state, size, theme and language."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from client.ui.base.language import tr
from client.ui.messaging.message_list import MessageList
from client.ui.messaging.page import MessagesPage
from client.ui.widgets.list_view import ListView
from client.ui.widgets.search_field import SearchField
from tests.support.page_walk import SMALLEST, settle, walk
from tests.ui.conversation_hands import choose, discard_pages, made
from tests.ui.document_hands import button, by_name, click_row, press, tick, write
from tests.ui.messaging_double import GROUP, LONG, ConversationsDouble, long_talk


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def open_page(conversation: str = "", talks: ConversationsDouble | None = None) -> MessagesPage:
    page = made(talks)
    page.resize(1280, 800)
    page.show()
    if conversation:
        page.show_conversation(conversation)
    settle()
    return page


def searching() -> MessagesPage:
    page = open_page(GROUP, ConversationsDouble(long_talk(300)))
    search = by_name(page, SearchField, tr("Search"))
    write(search, "班")
    search.search_now()
    settle()
    return page


def writing() -> MessagesPage:
    page = open_page(LONG, ConversationsDouble(long_talk(300)))
    bar = by_name(page, MessageList, tr("Messages")).verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    choose(page, f"msg_{LONG}_300", tr("Reply"))
    bar.setValue(bar.maximum() // 2)
    write(by_name(page, QPlainTextEdit, tr("Type a message")), "\n".join(["收到，按要求落实。"] * 4))
    return page


def beginning() -> MessagesPage:
    page = open_page()
    page.new_conversation()
    settle()
    people = by_name(page, ListView, tr("Choose people"))
    tick(people, 0)
    tick(people, 2)
    return page


def with_members() -> MessagesPage:
    page = open_page(GROUP)
    press(button(page, tr("Members")))
    click_row(by_name(page, ListView, tr("Members")), 2)
    return page


def comparing() -> MessagesPage:
    page = with_members()
    press(button(page, tr("Compare")))
    press(button(page, tr("They differ")))
    return page


def test_the_pages_fit_the_smallest_window(qtbot: QtBot) -> None:
    walk(lambda: open_page(GROUP), "messages-group", SMALLEST)
    walk(writing, "messages-long", SMALLEST)
    walk(with_members, "messages-members", SMALLEST)
    walk(comparing, "messages-compare", SMALLEST)


def test_the_pages_are_well_drawn(qtbot: QtBot) -> None:
    walk(made, "messages")
    walk(lambda: open_page(GROUP), "messages-group")
    walk(writing, "messages-long")
    walk(searching, "messages-search")
    walk(beginning, "messages-new")
    walk(with_members, "messages-members")
    walk(comparing, "messages-compare")
