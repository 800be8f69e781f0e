"""What input methods are told of a field: where its caret is, and whether they may take part at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from client.ui.login.welcome import WelcomePage
from client.ui.widgets.panes import ScrollPane
from client.ui.widgets.search_field import SearchField
from client.ui.widgets.secret_entry import SecretEntry
from client.ui.widgets.text_entry import LineEntry, PlainLine, TextEntry
from protocol.text import Field
from tests.support.page_walk import settle
from tests.ui.document_hands import by_name
from tests.ui.login_double import AtOnce, LoginDouble

Entry = PlainLine | TextEntry


MAKERS: dict[str, Callable[[], Entry]] = {
    "text": lambda: TextEntry(Field.OPINION),
    "line": lambda: LineEntry(Field.TITLE),
    "search": lambda: SearchField("会话名称"),
}


def told() -> QRect:
    """Where in the window input methods put their candidates."""
    return QGuiApplication.inputMethod().cursorRectangle().toRect()


def drawn(entry: Entry) -> QRect:
    """Where in the window the caret is."""
    inside = entry.viewport() if isinstance(entry, TextEntry) else entry
    return entry.cursorRect().translated(inside.mapTo(entry.window(), QPoint()))


def allowed(entry: QWidget) -> bool:
    return bool(entry.inputMethodQuery(Qt.InputMethodQuery.ImEnabled))


@pytest.fixture(params=MAKERS)
def entry(request: pytest.FixtureRequest, qapp: QApplication) -> Entry:
    return MAKERS[request.param]()


def test_the_candidates_come_where_the_caret_is_drawn(qtbot: QtBot, entry: Entry) -> None:
    qtbot.addWidget(entry)
    entry.show()
    entry.setFocus()
    settle()
    assert told() == drawn(entry)


def test_they_follow_when_the_page_is_scrolled_under_the_caret(qtbot: QtBot, entry: Entry) -> None:
    page = QWidget()
    column = QVBoxLayout(page)
    column.addSpacing(400)
    column.addWidget(entry)
    column.addSpacing(2000)
    pane = ScrollPane(page)
    qtbot.addWidget(pane)
    pane.resize(600, 500)
    pane.show()
    entry.setFocus()
    settle()
    before = told()
    pane.verticalScrollBar().setValue(300)
    settle()
    assert (before.top() - told().top(), told()) == (300, drawn(entry))


def test_they_follow_when_what_the_field_stands_in_moves(qtbot: QtBot, entry: Entry) -> None:
    window = QWidget()
    frame = QWidget(window)
    entry.setParent(frame)
    entry.resize(200, 60)
    frame.resize(300, 100)
    qtbot.addWidget(window)
    window.resize(600, 500)
    window.show()
    entry.setFocus()
    settle()
    frame.move(50, 200)
    settle()
    assert told() == drawn(entry)


def test_nothing_is_written_under_what_is_being_composed(qtbot: QtBot) -> None:
    with_words, without = TextEntry(Field.MESSAGE), TextEntry(Field.MESSAGE)
    with_words.setPlaceholderText("输入消息，按回车键发送")
    for each in (with_words, without):
        qtbot.addWidget(each)
        each.resize(300, 60)
        QApplication.sendEvent(each, QInputMethodEvent("ni hao", []))
    assert with_words.grab().toImage() == without.grab().toImage()
    with_words.set_clean("")  # what was being composed is dropped
    QApplication.sendEvent(without, QInputMethodEvent())
    assert with_words.grab().toImage() != without.grab().toImage()


def test_a_secret_lets_an_input_method_in_only_while_it_is_shown(qtbot: QtBot) -> None:
    """Its candidates would show what is hidden, and what is typed blindly would become another passphrase."""
    secret = SecretEntry("口令")
    qtbot.addWidget(secret)
    secret.show()
    hints = Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
    found = []
    for shown in (False, True, False):
        secret._reveal.setChecked(shown)
        assert secret.field.inputMethodHints() & hints == hints
        found.append(allowed(secret.field))
    assert found == [False, True, False]


def test_an_address_and_a_code_are_typed_as_they_are(qtbot: QtBot) -> None:
    """An input method would write `https：／／`."""
    page = WelcomePage(LoginDouble(), AtOnce())
    qtbot.addWidget(page)
    address = by_name(page, QLineEdit, "服务器地址")
    code = by_name(page, QPlainTextEdit, "登记码")
    device = by_name(page, QLineEdit, "设备名称")
    assert [allowed(each) for each in (address, code, device)] == [False, False, True]
