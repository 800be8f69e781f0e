"""From an empty profile to an open one, and back from a locked one."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from client.core.events import LoginState
from client.ui.login.flow import LoginFlow
from client.ui.login.passphrase import PassphrasePage
from client.ui.login.unlock import UnlockPage
from client.ui.login.waiting import WaitingPage
from client.ui.login.welcome import WelcomePage
from tests.support.page_walk import walk
from tests.ui.login_double import AtOnce, LoginDouble


def named(parent: QWidget, kind: type[QWidget], name: str) -> QWidget:
    return next(
        widget
        for widget in parent.findChildren(kind)
        if name in (widget.accessibleName(), getattr(widget, "text", str)())
    )


def press(parent: QWidget, name: str) -> None:
    button = named(parent, QAbstractButton, name)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def fill(parent: QWidget, name: str, text: str) -> None:
    field = next(
        w
        for w in parent.findChildren(QWidget)
        if w.accessibleName() == name and isinstance(w, QLineEdit | QPlainTextEdit)
    )
    field.setPlainText(text) if isinstance(field, QPlainTextEdit) else field.setText(text)


def test_the_way_from_nothing_to_an_open_profile(qtbot: QtBot) -> None:
    login = LoginDouble()
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    fill(flow, "服务器地址", "https://10.0.0.1")
    fill(flow, "登记码", "jinshu1-aaaaa")
    press(flow, "提交登记")
    # The double's CA signs at once: the waiting page goes on by itself.
    qtbot.waitUntil(lambda: login.state is LoginState.UNPROTECTED)
    qtbot.waitUntil(lambda: isinstance(flow.currentWidget(), PassphrasePage))
    fill(flow, "口令", "three springs 17")
    fill(flow, "再次输入口令", "three springs 17")
    named(flow, QCheckBox, "我已抄下恢复码").setChecked(True)  # type: ignore[attr-defined]  # found as a QCheckBox
    with qtbot.waitSignal(flow.opened):
        press(flow, "进入锦书")
    assert login.asked[-1] == ("three springs 17",)


def test_a_wrong_code_is_said_in_place(qtbot: QtBot) -> None:
    login = LoginDouble()
    page = WelcomePage(login, AtOnce())
    qtbot.addWidget(page)
    page.show()
    fill(page, "服务器地址", "https://10.0.0.1")
    fill(page, "登记码", "something else")
    press(page, "提交登记")
    qtbot.waitUntil(lambda: named(page, QAbstractButton, "提交登记").isEnabled())
    assert login.state is LoginState.NEW
    assert not login.asked


def test_passphrases_that_differ_open_nothing(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.UNPROTECTED)
    page = PassphrasePage(login, AtOnce())
    qtbot.addWidget(page)
    page.show()
    fill(page, "口令", "three springs 17")
    fill(page, "再次输入口令", "three springs 18")
    named(page, QCheckBox, "我已抄下恢复码").setChecked(True)  # type: ignore[attr-defined]  # found as a QCheckBox
    press(page, "进入锦书")
    assert not login.asked


def test_a_locked_profile_opens_with_its_passphrase_alone(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.LOCKED)
    page = UnlockPage(login, AtOnce())
    qtbot.addWidget(page)
    page.show()
    fill(page, "口令", "wrong")
    press(page, "解锁")
    qtbot.waitUntil(lambda: named(page, QAbstractButton, "解锁").isEnabled())
    assert login.state is LoginState.LOCKED
    fill(page, "口令", "right passphrase")
    with qtbot.waitSignal(page.unlocked):
        press(page, "解锁")


def test_every_login_page_is_well_drawn(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.UNPROTECTED)
    walk(lambda: WelcomePage(login, AtOnce()), "welcome")
    walk(lambda: WaitingPage(login, AtOnce()), "waiting")
    walk(lambda: PassphrasePage(login, AtOnce()), "passphrase")
    walk(lambda: UnlockPage(login, AtOnce()), "unlock")
