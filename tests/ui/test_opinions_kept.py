"""An opinion half written is carried over a lock: what was typed since is not overwritten, what was given is gone."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from client.ui.documents.opinion_box import OpinionBox


@pytest.fixture
def box(qtbot: QtBot) -> OpinionBox:
    made = OpinionBox()
    qtbot.addWidget(made)
    return made


def test_all_that_is_written_and_not_given_is_carried(box: OpinionBox) -> None:
    for document, text in (("one", "拟同意"), ("two", "请补充预算"), ("three", " ")):
        box.show_document(document)
        box.edit.setPlainText(text)
    box.forget("one")
    assert box.typed == {"two": "请补充预算"}


def test_it_is_put_back_where_nothing_was_typed_since(box: OpinionBox) -> None:
    box.show_document("one")
    box.edit.setPlainText("新写的")
    box.put_back({"one": "先前的", "two": "请补充预算"})
    assert box.text() == "新写的"
    box.show_document("two")
    assert box.text() == "请补充预算"


def test_the_document_in_view_gets_its_words_at_once(box: OpinionBox) -> None:
    box.show_document("one")
    box.put_back({"one": "先前的"})
    assert box.text() == "先前的"
