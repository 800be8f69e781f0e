"""However much a message says, its row is no higher than a screen, and the whole of it is one click away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from client.messaging.rows import MessageKind
from client.ui.messaging.message_delegate import MessageDelegate
from client.ui.messaging.message_layout import MessageLayout
from client.ui.messaging.message_model import looks_of
from client.ui.messaging.whole_text import WholeText
from client.ui.messaging.words import folded, found_content, is_folded, spoken
from protocol import text
from protocol.text import Field
from tests.support.page_walk import settle
from tests.ui.conversation_hands import choose, discard_pages, menu_of, messages_of, shown, words_of
from tests.ui.document_hands import button, press
from tests.ui.messaging_double import DIRECT, GROUP, ConversationsDouble, message

BOMBS = {
    "line ends": "\n" * 20_000,
    "line separators": "\u2028" * 20_000,
    "letters": "字" * 20_000,
    "marks": "e" + "\u0301" * 19_999,
    "tags": "".join(chr(0xE0020 + n % 90) for n in range(20_000)),
    "fillers": "\u3164" * 20_000,
    "wide ligatures": "\ufdfd" * 20_000,
    "isolates": "\u2067" * 20_000,
    "joiners": "👨\u200d" * 10_000,
}


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_no_message_is_higher_in_its_row_than_a_screen(name: str, qapp: object) -> None:
    said = text.shown(BOMBS[name], Field.MESSAGE)
    look = looks_of([message(1, said)], 0, group=True)[0]
    assert MessageLayout().place(look, 700).height < 1_500
    assert len(spoken(look.row, group=True)) < 1_500
    assert len(found_content(look.row, "字", "工作组", 0).title) < 300


@pytest.mark.parametrize("name", sorted(BOMBS))
@pytest.mark.parametrize("field", [Field.GROUP_NAME, Field.NAME, Field.TITLE, Field.FILE_NAME])
def test_no_name_is_longer_than_its_field(name: str, field: Field) -> None:
    seen = text.shown(BOMBS[name], field)
    assert len(seen) <= text.RULES[field].most + 2
    assert "\n" not in seen


def test_an_ordinary_message_is_shown_whole() -> None:
    said = "第一段\n" * 24
    assert folded(said.strip()) == said.strip()
    assert not is_folded(message(1, said.strip()))
    assert is_folded(message(1, "第一段\n" * 25))
    assert not is_folded(message(1, "字" * 2_000, recalled=True))


def open_windows(page: QWidget) -> list[WholeText]:
    return [each for each in page.findChildren(WholeText) if each.isVisible()]


def test_the_whole_is_opened_by_its_words_copied_and_closed_with_the_conversation(qtbot: QtBot) -> None:
    talks = ConversationsDouble()
    whole = "\n".join(f"第{n}条" for n in range(2_000))
    talks.talks[DIRECT].append(message(2, whole, "prs_li", conversation=DIRECT, id="msg_long"))
    page = shown(qtbot, talks, DIRECT)
    view = messages_of(page)
    index = view.model().index(1, 0)
    delegate = view.itemDelegate()
    assert isinstance(delegate, MessageDelegate)
    placed = delegate.placed(index)
    assert placed is not None
    assert placed.link_words == "全文"
    view.scrollToBottom()
    settle()
    place = view.visualRect(index).topLeft() + placed.link.center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    (window,) = open_windows(page)
    assert window.findChildren(QPlainTextEdit)[0].toPlainText() == whole
    press(button(window, "复制全文"))
    assert QGuiApplication.clipboard().text() == whole
    page.show_conversation(GROUP)
    settle()
    assert open_windows(page) == []


def test_the_menu_offers_the_whole_only_where_there_is_more(qtbot: QtBot) -> None:
    talks = ConversationsDouble()
    talks.talks[DIRECT].append(message(2, "字" * 3_000, "prs_li", conversation=DIRECT, id="msg_long"))
    page = shown(qtbot, talks, DIRECT)
    assert "全文" not in words_of(menu_of(messages_of(page), 0))
    choose(page, "msg_long", "全文")
    (window,) = open_windows(page)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    settle()
    assert open_windows(page) == []


def test_a_message_of_nothing_says_so() -> None:
    row = message(1, "", kind=MessageKind.TEXT)
    assert "（空消息）" in spoken(row, group=False)
