"""Whoever searches for signs alone reads that those are not looked for, wherever he searches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

import client.ui
from client.ui.documents.box_list import BoxList
from client.ui.meetings.meeting_list import MeetingList
from client.ui.messaging.conversation_list import ConversationList
from client.ui.messaging.people_picker import PeoplePicker
from client.ui.widgets.search_field import SearchField
from tests.support.page_walk import settle
from tests.ui.messaging_double import PEOPLE

SAID = "单独的符号查不到"


def _conversations() -> QWidget:
    made = ConversationList(lambda: 0)
    made.searched.connect(lambda _words: made.set_rows(()))
    made.set_indexing(on=True)  # what is still to come would not be found either
    return made


def _boxes() -> QWidget:
    made = BoxList(lambda: 0)
    _field(made).searched.connect(lambda _words: made.set_rows(()))
    return made


def _meetings() -> QWidget:
    made = MeetingList(lambda: 0)
    _field(made).searched.connect(lambda _words: made.set_rows(()))
    return made


def _people() -> QWidget:
    made = PeoplePicker()
    made.set_people(PEOPLE)
    return made


def _field(page: QWidget) -> SearchField:
    found = page.findChild(SearchField)
    assert isinstance(found, SearchField)
    return found


def _said(page: QWidget) -> str:
    settle()
    return " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


@pytest.mark.parametrize("make", [_conversations, _boxes, _meetings, _people])
def test_signs_alone_are_said_to_be_looked_for_by_nobody(qtbot: QtBot, make: Callable[[], QWidget]) -> None:
    page = make()
    qtbot.addWidget(page)
    page.resize(360, 480)
    page.show()
    line = page.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    for query, signs_alone in (("😀", True), ("% —", True), ("没有的词x", False)):
        line.setText(query)
        if isinstance(line, SearchField):
            line.search_now()
        assert (SAID in _said(page)) == signs_alone, query


def test_every_search_that_finds_nothing_says_so_by_the_one_sentence() -> None:
    """A page with words of its own would not say it."""
    folder = Path(client.ui.__file__).parent
    using = [
        path.name for path in folder.rglob("*.py") if '"Nothing found"' in path.read_text(encoding="utf-8")
    ]
    assert using == ["nothing_found.py"]
    searching = {
        path
        for path in folder.rglob("*.py")
        if "SearchField(" in path.read_text(encoding="utf-8") and path.parent.name != "widgets"
    }
    assert searching
    for path in searching:
        assert "nothing_found(" in path.read_text(encoding="utf-8"), path.name
