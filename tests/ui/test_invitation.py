"""Joining with an invitation: from outside, by a button, dropped, pasted or scanned; and all that is none."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from client.core.events import LoginState
from client.ui.login.flow import LoginFlow
from client.ui.login.passphrase import PassphrasePage
from client.ui.login.welcome import WelcomePage
from client.ui.widgets.text import Text
from protocol.invitation import MAX_LENGTH, Invitation
from tests.ui.login_double import AtOnce, LoginDouble
from tests.ui.test_login_pages import INVITATION, fill, named, press

NAMES = ["云江市", "王建国", "市发展改革委 文秘科文书", "https://jinshu.yunjiang.gov.cn:8443"]


def welcome(qtbot: QtBot, login: LoginDouble | None = None) -> WelcomePage:
    page = WelcomePage(login or LoginDouble(), AtOnce())
    qtbot.addWidget(page)
    page.show()
    return page


def said(page: QWidget) -> str:
    return "\n".join(text.text() for text in page.findChildren(Text) if text.isVisible())


def field(page: QWidget, name: str) -> QWidget:
    return next(
        each
        for each in page.findChildren(QWidget)
        if each.accessibleName() == name and isinstance(each, QLineEdit | QPlainTextEdit)
    )


def drop(page: QWidget, data: QMimeData) -> bool:
    """Drop in the middle of the code field, as a hand would; returns whether the page takes it."""
    under = named(page, QPlainTextEdit, "登记码")
    assert not under.acceptDrops()
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(page, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(page, QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    return True


def of_file(path: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return data


def of_text(text: str) -> QMimeData:
    data = QMimeData()
    data.setText(text)
    return data


@pytest.fixture
def invitation_file(tmp_path: Path) -> Path:
    path = tmp_path / "王建国.jinshu"
    path.write_bytes(INVITATION.file())
    return path


def test_the_newcomer_presses_one_button_and_types_a_passphrase(qtbot: QtBot) -> None:
    login = LoginDouble()
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    flow.take(INVITATION.link())
    assert all(name in said(flow) for name in NAMES)
    press(flow, "加入")
    qtbot.waitUntil(lambda: isinstance(flow.currentWidget(), PassphrasePage))
    assert login.asked[0][:2] == (INVITATION.server, INVITATION.code.text())
    fill(flow, "口令", "three springs 17")
    fill(flow, "再次输入口令", "three springs 17")
    named(flow, QWidget, "我已抄下恢复码").setChecked(True)  # type: ignore[attr-defined]  # a box
    with qtbot.waitSignal(flow.opened):
        press(flow, "进入锦书")


def test_nothing_is_asked_before_the_button_is_pressed(qtbot: QtBot) -> None:
    login = LoginDouble()
    page = welcome(qtbot, login)
    page.take(INVITATION.link())
    assert login.asked == []
    assert login.state is LoginState.NEW


def test_a_file_is_opened_by_the_button(
    qtbot: QtBot, invitation_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = welcome(qtbot)
    # The desktop's own dialog cannot be driven from here.
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(invitation_file), ""))
    press(page, "打开邀请文件")
    qtbot.waitUntil(lambda: page.invitation == INVITATION)


def test_a_file_and_a_link_are_dropped_anywhere(qtbot: QtBot, invitation_file: Path) -> None:
    for data in (of_file(invitation_file), of_text(INVITATION.link())):
        page = welcome(qtbot)
        assert drop(page, data)
        qtbot.waitUntil(lambda page=page: page.invitation == INVITATION)  # type: ignore[misc]  # this turn's page
        assert all(name in said(page) for name in NAMES)


def test_other_text_is_not_taken_by_the_page(qtbot: QtBot) -> None:
    assert not drop(welcome(qtbot), of_text("王建国"))


@pytest.mark.parametrize("name", ["登记码", "服务器地址"])
def test_a_link_pasted_into_a_field_fills_all(qtbot: QtBot, name: str) -> None:
    page = welcome(qtbot)
    into = field(page, name)
    into.setFocus()
    QApplication.clipboard().setText(f"  {INVITATION.link()}\n")
    QTest.keyClick(into, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert page.invitation == INVITATION
    press(page, "改为手工填写")
    assert page.invitation is None
    left = field(page, name)
    assert (left.text() if isinstance(left, QLineEdit) else left.toPlainText()) == ""


def test_a_scanner_types_it_and_its_last_enter_agrees_to_nothing(qtbot: QtBot) -> None:
    login = LoginDouble()
    page = welcome(qtbot, login)
    code = field(page, "登记码")
    code.setFocus()
    QTest.keyClicks(code, INVITATION.link())
    assert page.invitation == INVITATION
    QTest.keyClick(QApplication.focusWidget() or page, Qt.Key.Key_Return)
    assert login.asked == []


def test_a_link_that_was_cut_off_is_said_at_its_field(qtbot: QtBot) -> None:
    page = welcome(qtbot)
    fill(page, "登记码", INVITATION.link()[:-9])
    assert page.invitation is None
    press(page, "提交登记")
    assert "登记码" in said(page)
    assert page._code_row.error


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "不完整"),
        (b"\xff\xfe\x00", "不完整"),
        (b"<html>", "不完整"),
        (INVITATION.file() + b" " * MAX_LENGTH, "不完整"),
        (INVITATION.link().replace("/1?", "/2?").encode(), "新版"),
        (INVITATION.link().replace("jinshu1a", "jinshu1b").encode(), "抄错"),
    ],
)
def test_what_is_no_invitation_is_said_and_changes_nothing(
    qtbot: QtBot, tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "x.jinshu"
    path.write_bytes(content)
    page = welcome(qtbot)
    fill(page, "服务器地址", "https://typed")
    page.take_file(path)
    qtbot.waitUntil(lambda: words in said(page))
    assert page.invitation is None
    assert field(page, "服务器地址").property("text") == "https://typed"


def _missing(folder: Path) -> Path:
    return folder / "gone.jinshu"


def _folder(folder: Path) -> Path:
    return folder


@pytest.mark.parametrize("made", [_missing, _folder])
def test_what_cannot_be_read_is_said(qtbot: QtBot, tmp_path: Path, made: Callable[[Path], Path]) -> None:
    page = welcome(qtbot)
    page.take_file(made(tmp_path))
    qtbot.waitUntil(lambda: "邀请" in page._notice._what.text())


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders there")
def test_a_pipe_without_writer_holds_nothing_up(qtbot: QtBot, tmp_path: Path) -> None:
    import os  # only where there are pipes

    os.mkfifo(tmp_path / "pipe.jinshu")
    page = welcome(qtbot)
    page.take_file(tmp_path / "pipe.jinshu")
    qtbot.waitUntil(lambda: "邀请" in page._notice._what.text())


def test_the_second_invitation_takes_the_place_of_the_first(qtbot: QtBot) -> None:
    page = welcome(qtbot)
    page.take(INVITATION.link())
    other = Invitation.new("https://other", INVITATION.code, site="云江市", person="李明")
    page.take(other.link())
    assert page.invitation == other
    assert "王建国" not in said(page)


@pytest.mark.parametrize("state", [LoginState.LOCKED, LoginState.UNPROTECTED])
def test_a_computer_that_is_enrolled_says_so(qtbot: QtBot, state: LoginState) -> None:
    flow = LoginFlow(LoginDouble(state), AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    flow.take(INVITATION.link())
    assert "本机已经登记" in said(flow)


def test_a_request_of_an_earlier_start_is_taken_up_with_the_same_invitation(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.WAITING)
    login.needs_code = True
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    flow.take(INVITATION.link())
    press(flow, "加入")
    assert login.asked[-1][1] == INVITATION.code.text()
