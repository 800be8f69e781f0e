"""What is pasted into a draft: proposed changes, tables, rare characters, files and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from client.ui.documents.compose import ComposePage
from client.ui.documents.tidy_panel import TidyPanel
from client.ui.widgets.list_view import ListView
from tests.support.page_walk import settle
from tests.ui.compose_hands import TYPED, WHOLE, checked_anew, composing, paste, title_of
from tests.ui.conversation_hands import drop_file, notice_text
from tests.ui.document_hands import (
    button,
    by_name,
    discard_pages,
    labelled,
    names_of,
    press,
    tick,
    write,
)
from tests.ui.documents_double import (
    FINANCE,
    ROADS,
    DraftingDouble,
)


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def undo(body: QPlainTextEdit) -> None:
    QTest.keyClick(body, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle()


def redo(body: QPlainTextEdit) -> None:
    QTest.keyClick(
        body, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    settle()


def panel_of(page: QWidget) -> TidyPanel:
    return page.findChildren(TidyPanel)[0]


def test_a_pasted_text_stays_until_the_proposed_changes_are_taken(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    body = paste(page, TYPED)
    assert body.toPlainText() == TYPED
    assert panel_of(page).isVisible()
    press(button(page, "采纳所选"))
    assert title_of(page).text() == "关于做好冬季公路养护的通知"
    assert body.toPlainText().splitlines() == [
        "各县（市、区）人民政府：",
        "为做好今年冬季公路养护工作，现通知如下。",
        "一、落实责任",
        "1.各单位要明确责任人。",
    ]
    assert not panel_of(page).isVisible()


def test_one_undo_takes_back_all_that_was_tidied(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    body = paste(page, WHOLE)
    recipients = by_name(page, ListView, "主送机关")
    tidied = body.toPlainText()
    press(button(page, "采纳所选"))
    assert (title_of(page).text(), by_name(page, QLineEdit, "附注").text()) == (
        "关于做好公路养护的通知",
        "此件公开发布",
    )
    assert [name for row, name in enumerate(names_of(recipients)) if is_ticked(recipients, row)] == [
        FINANCE.name,
        ROADS.name,
    ]
    assert body.toPlainText() == "现就做好养护工作通知如下。"
    assert body.hasFocus()
    undo(body)
    assert body.toPlainText() == tidied
    assert (title_of(page).text(), by_name(page, QLineEdit, "附注").text()) == ("", "")
    assert not any(is_ticked(recipients, row) for row in range(3))
    redo(body)
    assert body.toPlainText() == "现就做好养护工作通知如下。"
    assert title_of(page).text() == "关于做好公路养护的通知"


def is_ticked(view: ListView, row: int) -> bool:
    state = view.model().index(row, 0).data(Qt.ItemDataRole.CheckStateRole)
    return Qt.CheckState(state) is Qt.CheckState.Checked


def test_what_is_not_ticked_stays(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    write(by_name(page, QPlainTextEdit, "正文"), "请各县,各部门照办.")
    press(button(page, "整理"))
    panel = panel_of(page)
    assert names_of(panel.list) == ["请各县,各部门 → 请各县，各部门", "门照办. → 门照办。"]
    tick(panel.list, 0)
    press(button(page, "采纳所选"))
    assert by_name(page, QPlainTextEdit, "正文").toPlainText() == "请各县,各部门照办。"


def test_a_whole_rule_is_ticked_and_unticked_at_once(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    write(by_name(page, QPlainTextEdit, "正文"), "甲方,乙方,丙方照办.")
    press(button(page, "整理"))
    panel = panel_of(page)
    rule = next(box for box in panel.findChildren(QCheckBox) if box.text() == "全角标点（2）")
    QTest.keyClick(rule, Qt.Key.Key_Space)
    assert [is_ticked(panel.list, row) for row in range(3)] == [False, False, True]
    tick(panel.list, 0)
    assert rule.checkState() is Qt.CheckState.PartiallyChecked
    QTest.keyClick(rule, Qt.Key.Key_Space)
    assert all(is_ticked(panel.list, row) for row in range(3))


def test_a_text_in_order_is_said_to_be_so(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    write(by_name(page, QPlainTextEdit, "正文"), "请各县照办。")
    press(button(page, "整理"))
    assert labelled(page, "没有需要整理之处。").isVisible()
    press(button(page, "保持原样"))
    assert not panel_of(page).isVisible()


def test_the_proposal_goes_when_the_text_is_edited(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    body = paste(page, TYPED)
    assert panel_of(page).isVisible()
    write(body, "补充")
    assert not panel_of(page).isVisible()


def test_a_pasted_table_keeps_its_columns_and_its_writer_is_told(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    body = paste(page, "东湖泵站\t2025\t100")
    assert body.toPlainText() == "东湖泵站 2025 100"
    assert "2 个制表符已改为空格" in notice_text(page)


def test_a_private_character_becomes_its_standard_form_and_others_are_named(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    body = paste(page, "任命王\ue863同志。")
    assert body.toPlainText() == "任命王䶮同志。"
    assert "自造字已改为标准字：䶮" in notice_text(page)
    body.clear()
    paste(page, "任命王\ue000同志。")
    named = "“任命王”之后的字符（U+E000）只有个别字体认识，别人看不到，请换一种写法。"
    assert labelled(page, named).isVisible(), "at the field, as it is typed"
    checked_anew(page)
    assert not button(page, "送核稿").isEnabled()


def test_pasted_files_and_pictures_are_attachments(qtbot: QtBot, tmp_path: Path) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    (tmp_path / "方案.pdf").write_bytes(b"1")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "方案.pdf"))])
    QGuiApplication.clipboard().setMimeData(data)
    body = by_name(page, QPlainTextEdit, "正文")
    body.setFocus()
    QTest.keyClick(body, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settle()
    QGuiApplication.clipboard().setImage(QImage(8, 8, QImage.Format.Format_RGB32))
    QTest.keyClick(body, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert body.toPlainText() == ""
    assert labelled(page, "添加 1 个附件？").isVisible()
    press(button(page, "添加"))
    files = drafting.drafts["drf_1"].attachments
    first, second = files[0].name, files[1].name
    assert first == "方案.pdf"
    assert second.startswith("图片 ")


def test_a_dropped_folder_and_an_empty_file_are_asked_about(qtbot: QtBot, tmp_path: Path) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    folder = tmp_path / "附件"
    folder.mkdir()
    (folder / "一.pdf").write_bytes(b"1")
    (folder / "二.pdf").touch()
    drop_file(page.findChildren(ComposePage)[0], folder)
    assert not names_of(by_name(page, ListView, "附件"))
    assert labelled(page, "添加 1 个附件？").isVisible()
    press(button(page, "添加"))
    assert [file.name for file in drafting.drafts["drf_1"].attachments] == ["一.pdf"]
