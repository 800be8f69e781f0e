"""What a newer program is needed to read says so where it would stand, and what would build on it is not offered (C41)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from client.documents.rows import Box
from client.meetings.rows import MeetingStanding
from client.messaging.rows import MessageRow
from client.ui.base.language import error_text
from client.ui.documents.words import row_mark, step_words
from client.ui.meetings.words import meeting_content
from client.ui.messaging.words import message_words
from client.ui.widgets.outdated_note import OutdatedNote
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.ui.document_hands import discard_pages, opened
from tests.ui.documents_double import ROUTE, WAITING, CirculationDouble, view
from tests.ui.meetings_double import MEETINGS
from tests.ui.messaging_double import TALK

OUTDATED = ErrorCode.CLIENT_OUTDATED.value


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def test_a_document_says_it_above_what_one_could_do(qtbot: QtBot) -> None:
    later = replace(ROUTE[-1], entry_id=b"later", step=Step.LATER, verified=False, refusal=OUTDATED)
    shown = replace(view(()), outdated=True, route=(*ROUTE, later))
    page = opened(qtbot, CirculationDouble(shown))
    [note] = page.findChildren(OutdatedNote)
    assert note.isVisible()
    assert note.text().startswith("需要新版锦书才能阅读。")
    assert step_words(Step.LATER) == "新版本的办理步骤"
    page = opened(qtbot, CirculationDouble(view()))
    assert not any(each.isVisible() for each in page.findChildren(OutdatedNote))


def test_rows_of_lists_say_it() -> None:
    row = replace(WAITING[0], outdated=True)
    assert row_mark(row, Box.WAITING).text == "需新版锦书"
    meeting = replace(MEETINGS[0], later=True, standing=MeetingStanding.NOW)
    assert [mark.text for mark in meeting_content(meeting, 0).marks] == ["需新版锦书"]


def test_a_message_says_it_in_its_place() -> None:
    found: MessageRow = replace(TALK[0], text="", unreadable=OUTDATED)
    assert error_text(OUTDATED).what in message_words(found)
