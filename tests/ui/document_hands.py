"""Finds what a clerk would by its name, and does what hands do to it."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListView, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from client.ui.documents.page import DocumentsPage
from client.ui.today.page import TodayPage
from tests.support.page_walk import discard, settle
from tests.ui.documents_double import NOW, BoxesDouble, CirculationDouble, DraftingDouble
from tests.ui.finding import inside
from tests.ui.login_double import AtOnce

W = TypeVar("W", bound=QWidget)


def by_name(page: QWidget, kind: type[W], name: str) -> W:
    """The widget of that accessible name; the visible one where there are several."""
    found = [widget for widget in page.findChildren(kind) if widget.accessibleName() == name]
    assert found, f"no {kind.__name__} named {name}"
    return next((widget for widget in found if widget.isVisible()), found[0])


def button(page: QWidget, name: str) -> QPushButton:
    return by_name(page, QPushButton, name)


def labelled(page: QWidget, text: str) -> QLabel:
    return inside(page, QLabel, lambda label: label.text() == text)


def press(target: QPushButton) -> None:
    assert target.isEnabled()
    QTest.mouseClick(target, Qt.MouseButton.LeftButton)
    settle()


def click_row(view: QListView, row: int) -> None:
    place = view.visualRect(view.model().index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()


def tick(view: QListView, row: int) -> None:
    rect = view.visualRect(view.model().index(row, 0))
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(rect.left() + 20, rect.center().y())
    )
    settle()


def names_of(view: QListView) -> list[str]:
    return [view.model().index(row, 0).data() for row in range(view.model().rowCount())]


def write(target: QWidget, text: str) -> None:
    """Type as an input method does: the words arrive whole."""
    target.setFocus()
    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(target, event)
    settle()


def discard_pages() -> None:
    """Delete what a test has shown: pages left over are restyled with every theme, at some later test's expense."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, DocumentsPage | TodayPage):
            discard(widget)


def made(shown: CirculationDouble | None = None) -> DocumentsPage:
    boxes, drafting = BoxesDouble(), DraftingDouble()
    boxes.drafts = drafting
    circulating = shown or CirculationDouble()
    page = DocumentsPage(boxes, drafting, circulating, circulating, AtOnce(), None, now=lambda: NOW)
    page.refresh()
    return page


def opened(qtbot: QtBot, cases: CirculationDouble) -> DocumentsPage:
    page = made(cases)
    page.resize(1280, 800)
    qtbot.addWidget(page)
    page.show()
    page.show_document("cas_1")
    settle()
    return page
