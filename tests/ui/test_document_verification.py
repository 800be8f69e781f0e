"""What the head of a document says of its verification, and in which colour."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from client.ui.documents.document_head import DocumentHead
from client.ui.widgets.text import Text, TextKind
from protocol.documents.steps import Phase
from tests.ui.documents_double import view

FACTS = {"signer": "市发展改革委 主任", "time": "2026-11-18", "body": "市发展改革委"}


@pytest.mark.parametrize(
    ("page_check", "kind", "words"),
    [
        ("page", TextKind.DONE, "内容自签发后未改动"),
        ("words", TextKind.WAITING, "仅文字相符"),
        ("none", TextKind.WAITING, "页面未核对"),
        ("something of tomorrow", TextKind.WAITING, "页面未核对"),
    ],
)
def test_a_sealed_document_is_green_only_when_its_pages_were_compared(
    qtbot: QtBot, page_check: str, kind: TextKind, words: str
) -> None:
    head = DocumentHead(QWidget())
    qtbot.addWidget(head)
    verification = ("sealed", {**FACTS, "page_check": page_check})
    head.show_view(replace(view((), phase=Phase.DISPATCHED, sealed=True), verification=verification), "")
    said = next(text for text in head.findChildren(Text) if words in text.text())
    assert said.property("kind") == kind.value
