"""What is pasted and composed is made clean before its writer's eyes, and what cannot go is said at the field (C43)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from client.ui.documents.opinion_box import OpinionBox
from client.ui.documents.reason_panel import ReasonPanel
from client.ui.documents.words import reason_words
from client.ui.messaging.start_page import StartPage
from client.ui.widgets.text_entry import LineEntry, TextEntry
from protocol.documents.steps import Step
from protocol.text import Field
from tests.support.page_walk import settle
from tests.ui.conversation_hands import discard_pages, field_of, shown
from tests.ui.document_hands import button, press
from tests.ui.messaging_double import DIRECT, PEOPLE, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.fixture
def talks() -> ConversationsDouble:
    return ConversationsDouble()


def paste(field: QPlainTextEdit, text: str) -> None:
    data = QMimeData()
    data.setText(text)
    field.insertFromMimeData(data)
    settle()


def said_in(page: QWidget) -> str:
    return " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def sent_by(talks: ConversationsDouble) -> list[tuple[object, ...]]:
    return [act for act in talks.acts if act[0] in ("send", "send as a file")]


def send_button(page: QWidget) -> QPushButton:
    return button(page, "发送")


def test_a_path_and_a_table_are_clean_as_soon_as_they_are_pasted_and_undone_at_once(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, DIRECT)
    field = field_of(page)
    paste(field, "\u202aD:\\共享\\值班表.xlsx\r\n东湖泵站\t2025\t100 ")
    assert field.toPlainText() == "D:\\共享\\值班表.xlsx\n东湖泵站 2025 100 "
    field.undo()
    assert field.toPlainText() == ""


def test_an_input_methods_private_character_becomes_the_one_everybody_has(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, DIRECT)
    field = field_of(page)
    composed = QInputMethodEvent()
    composed.setCommitString("王\ue863")
    QApplication.sendEvent(field, composed)
    assert field.toPlainText() == "王䶮"
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert talks.acts[-1] == ("send", DIRECT, "王䶮", None)


def test_a_character_nobody_else_sees_is_named_at_the_field_and_holds_the_message_back(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, DIRECT)
    field = field_of(page)
    paste(field, "名单里的王\ue000")
    assert "“名单里的王”之后的字符（U+E000）" in said_in(page)
    assert not send_button(page).isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert not sent_by(talks)
    assert field.toPlainText() == "名单里的王\ue000"
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    settle()
    assert "U+E000" not in said_in(page)
    assert send_button(page).isEnabled()


def test_too_long_a_message_is_counted_while_it_is_typed_and_can_go_as_a_file(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, DIRECT)
    field = field_of(page)
    paste(field, "字" * 19_000)
    assert "最多 20,000 字" not in said_in(page)
    paste(field, "字" * 1_000)
    assert "已有 20,000 字，最多 20,000 字" in said_in(page)
    assert send_button(page).isEnabled()
    paste(field, "多")
    assert "已有 20,001 字，最多 20,000 字" in said_in(page)
    assert not send_button(page).isEnabled()
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert not sent_by(talks)
    press(button(page, "作为文件发送"))
    settle()
    assert sent_by(talks) == [("send as a file", DIRECT, "字" * 20_000 + "多")]
    assert field.toPlainText() == ""
    assert "20,001" not in said_in(page)


def test_only_marks_nobody_sees_are_no_message(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    paste(field_of(page), "\u200e\u200b\u2060")
    assert not send_button(page).isEnabled()


def test_a_groups_name_is_clean_and_too_long_a_one_is_not_cut_but_said(qtbot: QtBot) -> None:
    page = StartPage()
    qtbot.addWidget(page)
    page.set_people(PEOPLE)
    page.begin()
    page.show()
    settle()
    for place in range(2):
        model = page.picker.field.model()
        model.setData(model.index(place, 0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    settle()
    name = next(field for field in page.findChildren(QLineEdit) if isinstance(field, LineEntry))
    name.insert("工作组\u2068一\u2069\t组")
    assert name.text() == "工作组一 组"
    name.insert("长" * 60)
    assert "最多 60 字" in said_in(page)
    assert not button(page, "开始会话").isEnabled()
    name.setText("工作组")
    assert "最多 60 字" not in said_in(page)
    with qtbot.waitSignal(page.asked) as asked:
        press(button(page, "开始会话"))
    assert asked.args is not None
    assert asked.args[1] == "工作组"


def test_the_cursor_stays_behind_the_character_it_was_behind(qtbot: QtBot) -> None:
    field = LineEntry(Field.TITLE)
    qtbot.addWidget(field)
    field.setText("关于通知")
    field.setCursorPosition(2)
    field.insert("\u200e防汛\t工作")
    assert (field.text(), field.cursorPosition()) == ("关于防汛 工作通知", 7)


def test_a_draft_of_an_older_version_is_clean_in_the_field(qtbot: QtBot) -> None:
    field = TextEntry(Field.OPINION)
    qtbot.addWidget(field)
    field.set_clean("同意\u202a\t王\ue863\r\n办理")
    assert field.toPlainText() == "同意 王䶮\n办理"


def test_an_opinion_that_cannot_be_signed_says_so_and_goes_nowhere(qtbot: QtBot) -> None:
    box = OpinionBox()
    qtbot.addWidget(box)
    box.show()
    box.show_document("cas_1")
    paste(box.edit, "拟同意，请王\ue000阅")
    assert "U+E000" in said_in(box)
    assert box.has_fault()
    box.edit.setPlainText("拟同意，请王\ue863阅\t")
    assert "U+E000" not in said_in(box)
    assert not box.has_fault()
    assert box.text() == "拟同意，请王䶮阅"
    box.edit.setPlainText("字" * 2_001)
    assert box.has_fault()


def test_a_reason_that_cannot_be_signed_is_not_given(qtbot: QtBot) -> None:
    panel = ReasonPanel(ends=False)
    qtbot.addWidget(panel)
    words = reason_words(Step.REVIEW_RETURN)
    panel.ask(words)
    given: list[str] = []
    panel.given.connect(given.append)
    paste(panel.edit, "缺少\ue000附件")
    press(button(panel, words.confirm))
    assert given == []
    assert "U+E000" in said_in(panel)
    panel.edit.setPlainText("\u200e缺少附件")
    press(button(panel, words.confirm))
    assert given == ["缺少附件"]
