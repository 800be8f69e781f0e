"""The pages of official documents, driven by mouse and keyboard as a clerk does."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from client.ui.documents.page import DocumentsPage
from protocol.documents.steps import Phase
from tests.support.page_walk import walk
from tests.ui.documents_double import NOW, RECEIPTS, BoxesDouble, CirculatingDouble, DraftingDouble, view
from tests.ui.login_double import AtOnce


def made(shown: CirculatingDouble | None = None) -> DocumentsPage:
    boxes, drafting = BoxesDouble(), DraftingDouble()
    boxes.drafts = drafting
    page = DocumentsPage(boxes, drafting, shown or CirculatingDouble(), AtOnce(), None, now=lambda: NOW)
    page.refresh()
    return page


def composing() -> DocumentsPage:
    page = made()
    page.new_document()
    return page


def reading() -> DocumentsPage:
    page = made()
    page.show_document("cas_1")
    return page


def issued() -> DocumentsPage:
    page = made(CirculatingDouble(view((), phase=Phase.DISPATCHED, receipts=RECEIPTS, sealed=True)))
    page.show_document("cas_1")
    return page


def test_the_pages_are_well_drawn(qtbot: QtBot) -> None:
    walk(made, "documents")
    walk(composing, "documents-compose")
    walk(reading, "documents-case")
    walk(issued, "documents-issued")
