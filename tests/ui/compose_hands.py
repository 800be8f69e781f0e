"""Opens a draft on the page, and finds and does in it what a clerk would."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from client.ui.documents.page import DocumentsPage
from tests.support.page_walk import settle
from tests.ui.document_hands import (
    button,
    by_name,
    press,
)
from tests.ui.documents_double import (
    NOW,
    BoxesDouble,
    CirculationDouble,
    DraftingDouble,
)
from tests.ui.login_double import AtOnce

WHOLE = """关于做好公路养护的通知
云江市财政局、云江市交通运输局：
现就做好养护工作通知如下。
云江市发展和改革委员会
2026年11月18日
（此件公开发布）"""
TYPED = """关于做好冬季公路养护的通知
各县(市、区)人民政府:
为做好今年冬季公路养护工作,现通知如下.
一、落实责任
1、各单位要明确责任人."""


def page_of(drafting: DraftingDouble) -> DocumentsPage:
    boxes = BoxesDouble()
    boxes.drafts = drafting
    shown = CirculationDouble()
    return DocumentsPage(boxes, drafting, shown, shown, AtOnce(), None, now=lambda: NOW)


def composing(qtbot: QtBot, drafting: DraftingDouble) -> DocumentsPage:
    page = page_of(drafting)
    page.resize(1280, 800)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    settle()
    press(button(page, "拟稿"))
    return page


def title_of(page: QWidget) -> QLineEdit:
    return by_name(page, QLineEdit, "标题")


def checked_anew(page: QWidget) -> None:
    """Do not wait for the typing to settle."""
    press(button(page, "预览"))


def paste(page: QWidget, text: str) -> QPlainTextEdit:
    """Paste into the body."""
    QGuiApplication.clipboard().setText(text)
    body = by_name(page, QPlainTextEdit, "正文")
    body.setFocus()
    QTest.keyClick(body, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settle()
    return body
