"""Keys in tooltips stand in the brackets of the language."""

from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QWidget

from client.ui.base.catalogue import LanguageName
from client.ui.base.language import set_language, with_keys
from client.ui.meetings.meeting_list import MeetingList
from client.ui.messaging.conversation_list import ConversationList
from client.ui.window.status_line import StatusLine
from tests.support.page_walk import discard


@pytest.mark.parametrize(
    ("name", "said"), [(LanguageName.CHINESE, "静音（Ctrl+D）"), (LanguageName.ENGLISH, "静音 (Ctrl+D)")]
)
def test_keys_stand_in_the_brackets_of_the_language(name: LanguageName, said: str) -> None:
    set_language(name)
    assert with_keys("静音", "Ctrl+D") == said


@pytest.mark.parametrize(("name", "wrong"), [(LanguageName.CHINESE, r"\("), (LanguageName.ENGLISH, "（")])
def test_no_tooltip_has_the_brackets_of_the_other_language(
    name: LanguageName, wrong: str, qapp: object
) -> None:
    set_language(name)
    parts: list[QWidget] = [MeetingList(lambda: 0), ConversationList(lambda: 0), StatusLine()]
    tips = [child.toolTip() for part in parts for child in part.findChildren(QWidget)]
    for part in parts:
        discard(part)
    assert sum("Ctrl+" in tip for tip in tips) >= 3
    assert [tip for tip in tips if re.search(wrong, tip)] == []
