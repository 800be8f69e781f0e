"""From an empty profile to an open one, and back from a locked one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from client.core.events import LoginState
from client.core.tokens.rows import PinState
from client.ui.login.flow import LoginFlow
from client.ui.login.passphrase import PassphrasePage
from client.ui.login.renewal import RenewalPage
from client.ui.login.unlock import UnlockPage, _Way
from client.ui.login.waiting import WaitingPage
from client.ui.login.welcome import WelcomePage
from client.ui.widgets.text import Text
from protocol.enrolment import EnrolmentCode
from protocol.errors import ErrorCode
from protocol.invitation import Invitation
from tests.support.page_walk import LOOKS, SMALLEST, settle, walk
from tests.ui.login_double import AtOnce, LoginDouble

INVITATION = Invitation.new(
    "https://jinshu.yunjiang.gov.cn",
    EnrolmentCode(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 64))),
    site="云江市",
    person="王建国",
    post="市发展改革委 文秘科文书",
)


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
    login.token_label, login.pin_state = "发改委文书 王芳", PinState.LAST_TRY

    def by_token() -> UnlockPage:
        page = UnlockPage(login, AtOnce())
        page._by_token.click()
        return page

    walk(lambda: UnlockPage(login, AtOnce()), "unlock_with_token_slot")
    walk(by_token, "unlock_by_token")


def with_token(qtbot: QtBot) -> tuple[UnlockPage, LoginDouble]:
    login = LoginDouble(LoginState.LOCKED)
    login.token_label = "发改委文书 王芳"
    page = UnlockPage(login, AtOnce())
    qtbot.addWidget(page)
    page.show()
    return page, login


def test_a_token_is_offered_only_where_one_is_registered(qtbot: QtBot) -> None:
    page, _login = with_token(qtbot)
    assert named(page, QAbstractButton, "用 UKey 打开").isVisible()
    plain = UnlockPage(LoginDouble(LoginState.LOCKED), AtOnce())
    qtbot.addWidget(plain)
    plain.show()
    assert not plain._by_token.isVisible()


def test_a_registered_token_opens_with_its_pin(qtbot: QtBot) -> None:
    page, login = with_token(qtbot)
    press(page, "用 UKey 打开")
    press(page, "解锁")
    assert "请输入 UKey 的 PIN。" in page._rows[_Way.TOKEN].error
    assert not login.asked
    fill(page, "UKey 的 PIN", "000000")
    press(page, "解锁")
    qtbot.waitUntil(lambda: "PIN 不对" in page._rows[_Way.TOKEN].error)
    assert page._pin.text() == ""
    fill(page, "UKey 的 PIN", "654321")
    with qtbot.waitSignal(page.unlocked):
        press(page, "解锁")
    assert login.asked == [("000000",), ("654321",)]


def test_the_last_try_of_a_pin_is_spent_only_by_who_was_told(qtbot: QtBot) -> None:
    page, login = with_token(qtbot)
    press(page, "用 UKey 打开")
    login.pin_state = PinState.LAST_TRY
    fill(page, "UKey 的 PIN", "654321")
    press(page, "解锁")
    qtbot.waitUntil(lambda: "只剩一次机会" in page._rows[_Way.TOKEN].error)
    fill(page, "UKey 的 PIN", "654321")
    with qtbot.waitSignal(page.unlocked):
        press(page, "解锁")
    assert login.asked == [("654321",), ("654321", "last try")]


def test_a_token_that_is_not_there_is_said_before_a_pin_is_typed_and_the_passphrase_is_a_press_away(
    qtbot: QtBot,
) -> None:
    page, login = with_token(qtbot)
    login.token_refusal = ErrorCode.KEYS_TOKEN_ABSENT
    press(page, "用 UKey 打开")
    qtbot.waitUntil(lambda: "没有找到" in page._rows[_Way.TOKEN].error)
    press(page, "使用口令")
    fill(page, "口令", "right passphrase")
    with qtbot.waitSignal(page.unlocked):
        press(page, "解锁")


def test_at_the_start_the_keyring_opens_by_itself(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.LOCKED)
    login.has_keyring_slot = True
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    opened: list[bool] = []
    flow.opened.connect(lambda: opened.append(True))
    flow.open_by_keyring()
    qtbot.waitUntil(lambda: bool(opened))
    # A passphrase typed meanwhile must not open a second desk.
    flow.advance()
    assert opened == [True]


def test_a_keyring_that_fails_leaves_the_passphrase_and_says_so(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.LOCKED)
    login.has_keyring_slot, login.keyring_opens = True, False
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    flow.open_by_keyring()
    qtbot.waitUntil(lambda: any("密钥环" in text.text() for text in flow.findChildren(Text)))
    fill(flow, "口令", "right passphrase")
    with qtbot.waitSignal(flow.opened):
        press(flow, "解锁")


def test_a_locked_desk_does_not_open_by_itself(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.LOCKED)
    login.has_keyring_slot = True
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    settle()
    assert login.state is LoginState.LOCKED


@pytest.mark.parametrize("way", ["保存并进入", "我记得原口令，不更改"])
def test_after_the_recovery_code_a_new_passphrase_is_offered_before_the_desk(qtbot: QtBot, way: str) -> None:
    login = LoginDouble(LoginState.LOCKED)
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    opened: list[bool] = []
    flow.opened.connect(lambda: opened.append(True))
    press(flow, "使用恢复码")
    fill(flow, "恢复码", login.recovery_code())
    press(flow, "解锁")
    qtbot.waitUntil(lambda: isinstance(flow.currentWidget(), RenewalPage))
    assert not opened
    fill(flow, "口令", "four rivers 2026")
    fill(flow, "再次输入口令", "four rivers 2026")
    press(flow, way)
    qtbot.waitUntil(lambda: bool(opened))
    assert login.asked == ([("four rivers 2026",)] if way == "保存并进入" else [])


def test_who_has_a_recovery_code_gives_it_on_a_new_device(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.UNPROTECTED)
    login.recoverable = login.keyring_available = True
    page = PassphrasePage(login, AtOnce())
    qtbot.addWidget(page)
    page.show()
    fill(page, "口令", "three springs 17")
    fill(page, "再次输入口令", "three springs 17")
    fill(page, "抄下的恢复码", "wrong")
    press(page, "进入锦书")
    qtbot.waitUntil(lambda: any("恢复码不对" in text.text() for text in page.findChildren(Text)))
    assert not login.asked
    fill(page, "抄下的恢复码", login.recovery_code())
    named(page, QCheckBox, "登录本机系统后，启动锦书时自动解锁").setChecked(True)  # type: ignore[attr-defined]
    with qtbot.waitSignal(page.protected):
        press(page, "进入锦书")
    assert login.asked == [("three springs 17", "keyring", login.recovery_code())]


def test_without_the_code_at_hand_a_new_one_must_be_written_down(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.UNPROTECTED)
    login.recoverable = True
    page = PassphrasePage(login, AtOnce())
    qtbot.addWidget(page)
    page.show()
    named(page, QAbstractButton, "恢复码不在手边，生成新的").click()  # type: ignore[attr-defined]  # a button
    assert not named(page, QAbstractButton, "进入锦书").isEnabled()
    fill(page, "口令", "three springs 17")
    fill(page, "再次输入口令", "three springs 17")
    named(page, QCheckBox, "我已抄下恢复码").setChecked(True)  # type: ignore[attr-defined]  # found as a QCheckBox
    with qtbot.waitSignal(page.protected):
        press(page, "进入锦书")
    assert login.asked == [("three springs 17",)]


def test_the_pages_of_a_further_device_and_of_a_forgotten_passphrase_are_well_drawn(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.UNPROTECTED)
    login.recoverable = login.keyring_available = True

    def new_code() -> QWidget:
        page = PassphrasePage(login, AtOnce())
        page._has_none.setChecked(True)
        return page

    walk(lambda: PassphrasePage(login, AtOnce()), "passphrase_known_code")
    walk(new_code, "passphrase_new_code")
    walk(lambda: RenewalPage(login, AtOnce()), "renewal")


def test_every_page_of_an_invitation_is_well_drawn(qtbot: QtBot) -> None:
    login = LoginDouble()

    def invited() -> QWidget:
        page = WelcomePage(login, AtOnce())
        page.take(INVITATION.link())
        return page

    walk(lambda: WelcomePage(login, AtOnce()), "welcome_new")
    walk(invited, "invited", (*LOOKS, *SMALLEST))


def test_who_has_neither_secret_is_asked_before_anything_is_put_aside(qtbot: QtBot) -> None:
    login = LoginDouble(LoginState.LOCKED)
    flow = LoginFlow(login, AtOnce())
    qtbot.addWidget(flow)
    flow.show()
    press(flow, "口令和恢复码都没有")
    assert login.state is LoginState.LOCKED
    press(flow.window(), "移到一旁，重新登记")
    qtbot.waitUntil(lambda: isinstance(flow.currentWidget(), WelcomePage))
