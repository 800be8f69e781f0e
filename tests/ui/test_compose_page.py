"""拟稿: what is typed is kept, checked, set in type, sent to review or deleted."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
)
from pytestqt.qtbot import QtBot

from client.documents.rows import DraftRow
from client.ui.documents.body_edit import BodyEdit
from client.ui.documents.compose import ComposePage
from client.ui.documents.page import DocumentsPage
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.list_view import ListView
from protocol.documents.kinds import Kind
from tests.support.page_walk import settle, walk
from tests.ui.compose_hands import TYPED, WHOLE, checked_anew, composing, page_of, title_of
from tests.ui.conversation_hands import drop_file
from tests.ui.document_hands import (
    button,
    by_name,
    click_row,
    discard_pages,
    labelled,
    names_of,
    press,
    tick,
    write,
)
from tests.ui.documents_double import (
    EMPTY,
    FINANCE,
    NOW,
    ROADS,
    TITLE,
    BoxesDouble,
    CirculationDouble,
    DraftingDouble,
)
from tests.ui.login_double import AtOnce

T = TypeVar("T")


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


def test_a_draft_is_written_saved_and_sent(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    write(title_of(page), TITLE)
    tick(by_name(page, ListView, "主送机关"), 0)
    write(by_name(page, QPlainTextEdit, "正文"), "现将有关事项通知如下。")
    tick(by_name(page, ListView, "抄送机关"), 1)
    press(button(page, "保存草稿"))
    form = replace(
        EMPTY,
        title=TITLE,
        body_text="现将有关事项通知如下。",
        main_recipients=(FINANCE.id,),
        copy_recipients=(ROADS.id,),
    )
    assert drafting.drafts["drf_1"].form == form
    assert names_of(by_name(page, ListView, "公文列表")) == [TITLE]
    checked_anew(page)
    QTest.keyClick(by_name(page, QComboBox, "核稿人"), Qt.Key.Key_Down)
    press(button(page, "送核稿"))
    assert drafting.started == [(form, "pst_vice")]
    assert by_name(page, QLabel, "文件标题").isVisible()


def test_what_is_typed_last_goes_along(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    write(title_of(page), TITLE)
    tick(by_name(page, ListView, "主送机关"), 0)
    checked_anew(page)
    write(by_name(page, QLineEdit, "附注"), "此件公开发布")
    press(button(page, "送核稿"))
    assert drafting.started[0][0].note == "此件公开发布"


def test_hard_findings_stand_in_the_way_and_say_why(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    assert not button(page, "送核稿").isEnabled()
    assert labelled(page, "送核稿前须修改：缺少标题。请至少选择一个主送机关。").isVisible()
    assert labelled(page, "缺少标题。（《条例》第9条第6项）").isVisible()
    write(title_of(page), TITLE)
    tick(by_name(page, ListView, "主送机关"), 0)
    QTest.keyClick(by_name(page, QComboBox, "紧急程度"), Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: button(page, "送核稿").isEnabled())
    settle()
    assert labelled(page, "紧急公文应当写明办理时限。（《条例》第24条第4项）").isVisible()
    assert [label.text() for label in page.findChildren(QLabel) if label.accessibleName() == "程度"] == [
        "建议"
    ]


def test_it_saves_itself_and_on_leaving(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    write(title_of(page), "甲")
    assert drafting.saves == 0
    assert labelled(page, "尚未保存").isVisible()
    qtbot.waitUntil(lambda: drafting.drafts["drf_1"].form.title == "甲")
    write(title_of(page), "乙")
    QTest.keyClick(title_of(page), Qt.Key.Key_Escape)
    settle()
    assert drafting.drafts["drf_1"].form.title == "甲乙"
    assert drafting.saves == 2


def test_turning_to_another_draft_keeps_both(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    other = DraftRow("drf_0", replace(EMPTY, title="另一件", kind=Kind.LETTER), (), NOW)
    drafting.drafts["drf_0"] = other
    page = composing(qtbot, drafting)
    write(title_of(page), "甲")
    click_row(by_name(page, ListView, "公文列表"), 0)
    assert title_of(page).text() == "另一件"
    assert by_name(page, QComboBox, "文种").currentText() == "函"
    assert drafting.drafts["drf_2"].form.title == "甲"
    assert drafting.drafts["drf_0"] == other


def test_all_kinds_are_there_with_the_commonest_first(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    combo = by_name(page, QComboBox, "文种")
    kinds = [combo.itemText(number) for number in range(combo.count())]
    assert kinds[0] == "通知"
    assert sorted(kinds) == sorted(kind.chinese for kind in Kind)


def test_a_reason_is_asked_for_what_is_not_published(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    reason = by_name(page, QLineEdit, "公开理由")
    assert not reason.isVisible()
    QTest.keyClick(by_name(page, QComboBox, "公开属性"), Qt.Key.Key_End)
    assert reason.isVisible()
    write(reason, "内部事务信息")
    press(button(page, "保存草稿"))
    form = drafting.drafts["drf_1"].form
    assert (form.publicity, form.publicity_reason) == ("withheld", "内部事务信息")


def test_a_deadline_is_kept_only_when_set(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    when = by_name(page, QDateTimeEdit, "办理时限")
    assert not when.isEnabled()
    tick_box = next(box for box in page.findChildren(QCheckBox) if box.text() == "设定时限")
    QTest.keyClick(tick_box, Qt.Key.Key_Space)
    when.setFocus()
    QTest.keyClick(when, Qt.Key.Key_Tab)
    assert not when.hasFocus(), "Tab goes on, not from year to month"
    press(button(page, "保存草稿"))
    assert drafting.drafts["drf_1"].form.deadline == when.dateTime().toMSecsSinceEpoch()
    assert when.dateTime().toMSecsSinceEpoch() > NOW


def test_files_are_dropped_chosen_and_removed(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped, chosen = tmp_path / "方案.pdf", tmp_path / "名单.xlsx"
    for path in (dropped, chosen):
        path.write_bytes(b"1")
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    files = by_name(page, ListView, "附件")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(dropped))])
    place, copy = QPoint(5, 5), Qt.DropAction.CopyAction
    hands = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(files, QDragEnterEvent(place, copy, data, *hands))
    QApplication.sendEvent(files, QDropEvent(place, copy, data, *hands))
    settle()
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_asked: ([str(chosen)], ""))
    press(button(page, "添加附件"))
    assert names_of(files) == ["方案.pdf", "名单.xlsx"]
    assert not button(page, "移除附件（Del）").isEnabled()
    click_row(files, 0)
    press(button(page, "移除附件（Del）"))
    assert [file.name for file in drafting.drafts["drf_1"].attachments] == ["名单.xlsx"]


def test_files_are_renamed_and_moved(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    asyncio.run(drafting.attach("drf_1", Path("方案.pdf")))
    row = asyncio.run(drafting.attach("drf_1", Path("名单.xlsx")))
    page.findChildren(ComposePage)[0].show_draft(row)
    settle()
    files = by_name(page, ListView, "附件")
    click_row(files, 1)
    assert not button(page, "附件下移（Alt+↓）").isEnabled()
    press(button(page, "附件上移（Alt+↑）"))
    assert names_of(files) == ["名单.xlsx", "方案.pdf"]
    click_row(files, 0)
    QTest.keyClick(files, Qt.Key.Key_F2)
    field = by_name(page, QLineEdit, "附件的新名称")
    assert field.text() == "名单"
    QTest.keyClicks(field, "list")
    press(button(page, "改名"))
    assert names_of(files) == ["list.xlsx", "方案.pdf"]
    assert not field.isVisible()


def test_a_file_may_be_dropped_anywhere_on_a_draft(qtbot: QtBot, tmp_path: Path) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    body, title = by_name(page, QPlainTextEdit, "正文"), by_name(page, QLineEdit, "标题")
    for target in (body.viewport(), title, button(page, "保存草稿"), page.findChildren(ComposePage)[0]):
        path = tmp_path / f"{len(drafting.drafts['drf_1'].attachments)}.pdf"
        path.write_bytes(b"1")
        drop_file(target, path)
        assert drafting.drafts["drf_1"].attachments[-1].name == path.name, target
    assert (body.toPlainText(), title.text()) == ("", "")


def test_the_preview_follows_the_writing(qtbot: QtBot) -> None:
    page = composing(qtbot, DraftingDouble())
    picture = by_name(page, QLabel, "正文预览")
    before = picture.pixmap().toImage()
    write(title_of(page), "关于放假的通知")
    qtbot.waitUntil(lambda: picture.pixmap().toImage() != before)


def test_deleting_asks_once(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    write(title_of(page), "不要了")
    press(button(page, "删除草稿"))
    question = page.findChildren(ConfirmPopover)[-1]
    assert "不能恢复" in question.accessibleName()
    assert drafting.drafts
    press(button(question, "确认"))
    assert drafting.drafts == {}
    assert not title_of(page).isVisible()
    assert names_of(by_name(page, ListView, "公文列表")) == []


class Held(AtOnce):
    """A slow computer: while `holding`, nothing submitted is done until `release`."""

    def __init__(self) -> None:
        self.holding = False
        self._waiting: list[Callable[[], None]] = []

    def submit(self, work: Coroutine[Any, Any, T], /) -> concurrent.futures.Future[T]:
        if not self.holding:
            return super().submit(work)
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._waiting.append(lambda: future.set_result(super(Held, self).submit(work).result()))
        return future

    def release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for work in waiting:
            work()
        settle()


def test_nothing_can_be_typed_before_the_draft_is_there(qtbot: QtBot) -> None:
    drafting, runner = DraftingDouble(), Held()
    drafting.drafts["drf_0"] = DraftRow("drf_0", replace(EMPTY, title="早先写的"), (), NOW)
    shown = CirculationDouble()
    page = DocumentsPage(BoxesDouble(), drafting, shown, shown, runner, None, now=lambda: NOW)
    qtbot.addWidget(page)
    page.show()
    page.new_document()
    settle()
    runner.holding = True
    page.new_document()
    runner.release()  # the draft is there, its recipients are not
    assert not title_of(page).isEnabled()
    runner.release()
    assert title_of(page).isEnabled()
    assert title_of(page).hasFocus()
    runner.release()


def test_ctrl_n_begins_a_draft(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = page_of(drafting)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    settle()
    QTest.keyClick(by_name(page, ListView, "公文列表"), Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert list(drafting.drafts) == ["drf_1"]
    assert title_of(page).hasFocus()


def drawn(drafting: DraftingDouble) -> DocumentsPage:
    page = page_of(drafting)
    page.new_document()
    return page


def pasted() -> DocumentsPage:
    page = drawn(DraftingDouble())
    settle()
    body = page.findChildren(BodyEdit)[0]
    data = QMimeData()
    data.setText(WHOLE + "\n" + TYPED)
    body.insertFromMimeData(data)
    return page


def test_the_page_is_well_drawn(qtbot: QtBot) -> None:
    walk(lambda: drawn(DraftingDouble()), "documents-compose")
    walk(pasted, "documents-compose-pasted")
