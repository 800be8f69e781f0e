"""Widgets one types into or chooses from: search, secrets, forms, phrases, attachments, confirmation."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from client.ui.widgets.attachments import AttachmentItem, AttachmentList
from client.ui.widgets.buttons import Button, DangerButton, PrimaryButton, SecondaryButton
from client.ui.widgets.code_display import CodeDisplay
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.form import Form
from client.ui.widgets.menu import MenuEntry, pop_up
from client.ui.widgets.phrase_menu import PhraseMenu
from client.ui.widgets.search_field import SearchField
from client.ui.widgets.secret_entry import SecretEntry, strength
from client.ui.widgets.text_entry import TextEntry
from protocol.text import Field
from tests.support.page_checks import visible_widgets
from tests.support.page_walk import settle
from tests.ui.finding import inside


def test_control_k_brings_the_cursor_to_the_search(qtbot: QtBot) -> None:
    page = QWidget()
    qtbot.addWidget(page)
    column = QVBoxLayout(page)
    other, search = QLineEdit(), SearchField("按标题搜索")
    column.addWidget(other)
    column.addWidget(search)
    page.show()
    page.activateWindow()
    settle()
    other.setFocus()
    QTest.keyClick(other, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert search.hasFocus()


def test_a_menu_that_goes_with_its_list_does_no_harm_to_a_search(qtbot: QtBot) -> None:
    """The focus was told of by an argument, and a menu on its way out ended the process."""
    search = SearchField("按标题搜索")
    qtbot.addWidget(search)
    search.show()
    for _time in range(5):
        owner = QWidget()
        owner.show()
        settle()
        menu = pop_up([MenuEntry("打开", lambda: None)], owner, owner.mapToGlobal(owner.rect().center()))
        assert menu is not None
        assert menu.isVisible()
        del menu, owner  # deleted while it is open
        settle()


def test_the_search_settles_before_it_is_told(qtbot: QtBot) -> None:
    search = SearchField("按标题搜索")
    qtbot.addWidget(search)
    told: list[str] = []
    search.searched.connect(told.append)
    with qtbot.waitSignal(search.searched):
        for word in ("通", "通知", " 通知 "):
            search.setText(word)
    assert told == ["通知"]


def test_enter_searches_at_once_and_escape_empties(qtbot: QtBot) -> None:
    search = SearchField("按标题搜索")
    qtbot.addWidget(search)
    told: list[str] = []
    search.searched.connect(told.append)
    search.setText("通知")
    QTest.keyClick(search, Qt.Key.Key_Return)
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert told == ["通知", ""]


@pytest.mark.parametrize(
    ("secret", "steps"),
    [
        ("", 0),
        ("short", 0),
        ("aaaaaaaa", 1),
        ("password", 1),
        ("12345678", 1),
        ("Passwort9", 2),
        ("Tr0ub4dor&3", 3),
        ("correct horse battery staple", 4),
        ("锦书云中谁寄来雁字回时月满西楼", 4),
    ],
)
def test_strength_of_secrets(secret: str, steps: int) -> None:
    assert strength(secret) == steps


def test_a_secret_is_hidden_until_revealed(qtbot: QtBot) -> None:
    entry = SecretEntry("口令", show_strength=True)
    qtbot.addWidget(entry)
    entry.show()
    reveal = inside(entry, Button)
    assert reveal.accessibleName() == "显示口令"
    assert entry.field.echoMode() is QLineEdit.EchoMode.Password
    QTest.mouseClick(reveal, Qt.MouseButton.LeftButton)
    assert entry.field.echoMode() is QLineEdit.EchoMode.Normal
    assert reveal.accessibleName() == "隐藏口令"
    entry.clear()
    assert entry.field.echoMode() is QLineEdit.EchoMode.Password


def test_enter_in_a_secret_submits_it(qtbot: QtBot) -> None:
    entry = SecretEntry("口令")
    qtbot.addWidget(entry)
    with qtbot.waitSignal(entry.submitted):
        QTest.keyClick(entry.field, Qt.Key.Key_Return)


def test_a_field_is_named_by_its_label_and_says_its_error_in_place(qtbot: QtBot) -> None:
    form = Form()
    qtbot.addWidget(form)
    secret = SecretEntry("口令")
    row = form.add("新口令", secret, hint="至少八个字符")
    assert secret.field.accessibleName() == "新口令"
    row.set_error("太短")
    assert row.error == "太短"
    assert secret.field.property("wrong")
    form.clear_errors()
    assert row.error == ""
    assert not secret.field.property("wrong")


def test_a_phrase_goes_where_the_cursor_is(qtbot: QtBot) -> None:
    opinion = TextEntry(Field.OPINION)
    opinion.setPlainText("请  处理。")
    menu = PhraseMenu(opinion, ["拟同意。", "市财政局"])
    qtbot.addWidget(opinion)
    qtbot.addWidget(menu)
    cursor = opinion.textCursor()
    cursor.setPosition(2)
    opinion.setTextCursor(cursor)
    menu.menu().actions()[1].trigger()
    assert opinion.toPlainText() == "请 市财政局 处理。"


@pytest.mark.parametrize("on_viewport", [True, False])
def test_dropped_files_and_folders_are_told(qtbot: QtBot, tmp_path: Path, on_viewport: bool) -> None:
    (tmp_path / "方案.pdf").write_bytes(b"%PDF")
    files = AttachmentList("附件")
    qtbot.addWidget(files)
    target = files.viewport() if on_viewport else files
    told: list[list[Path]] = []
    files.files_dropped.connect(told.append)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl.fromLocalFile(str(tmp_path / "方案.pdf"))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        target, QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    )
    QApplication.sendEvent(target, QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    assert told == [[tmp_path, tmp_path / "方案.pdf"]]


def test_delete_removes_the_chosen_file_when_it_may_be_removed(qtbot: QtBot) -> None:
    files = AttachmentList("附件")
    qtbot.addWidget(files)
    files.set_files((AttachmentItem("甲.pdf", 10), AttachmentItem("乙.pdf", 2048, removable=False)))
    removed: list[str] = []
    files.removed.connect(removed.append)
    for name in ("甲.pdf", "乙.pdf"):
        files.choose(name)
        QTest.keyClick(files, Qt.Key.Key_Delete)
    assert removed == ["甲.pdf"]


def test_enter_opens_the_chosen_file(qtbot: QtBot) -> None:
    files = AttachmentList("附件", accepts_files=False)
    qtbot.addWidget(files)
    files.set_files((AttachmentItem("甲.pdf", 10),))
    files.choose("甲.pdf")
    with qtbot.waitSignal(files.opened_file, check_params_cb=lambda name: name == "甲.pdf"):
        QTest.keyClick(files, Qt.Key.Key_Return)


def test_a_code_is_copied(qtbot: QtBot) -> None:
    code = CodeDisplay("恢复码")
    qtbot.addWidget(code)
    code.set_code("jr1-7k2m")
    QTest.mouseClick(inside(code, Button), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "jr1-7k2m"
    assert code.label.accessibleName() == "恢复码"


def test_the_consequence_is_asked_once_and_enter_alone_destroys_nothing(qtbot: QtBot) -> None:
    anchor = SecondaryButton("撤回")
    qtbot.addWidget(anchor)
    anchor.show()
    told: list[bool] = []
    popover = ConfirmPopover(anchor, "撤回后，收件机关将看到此件已作废。", "撤回")
    popover.confirmed.connect(lambda: told.append(True))
    popover.open()
    buttons = {b.text(): b for b in visible_widgets(popover) if isinstance(b, Button)}
    assert isinstance(buttons["撤回"], DangerButton)
    QTest.keyClick(buttons["取消"], Qt.Key.Key_Return)
    settle()  # the offscreen platform hands the focus back to the anchor's window, which must still be there
    assert told == []


def test_confirming_tells_it(qtbot: QtBot) -> None:
    anchor = PrimaryButton("分发")
    qtbot.addWidget(anchor)
    anchor.show()
    popover = ConfirmPopover(anchor, "分发后不能更改。", "分发", danger=False)
    popover.open()
    yes = next(b for b in popover.findChildren(PrimaryButton) if b.text() == "分发")
    with qtbot.waitSignal(popover.confirmed):
        QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
    settle()


def test_enter_presses_a_button(qtbot: QtBot) -> None:
    button = PrimaryButton("签发")
    qtbot.addWidget(button)
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, Qt.Key.Key_Return)
