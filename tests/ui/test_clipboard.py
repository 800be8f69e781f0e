"""What was copied out of Jinshu leaves the clipboard, and what others put there never does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from client.ui.base.clipboard import SECRET, copy_text
from client.ui.base.window_state import WindowState
from client.ui.desktop.clipboard_watch import ClipboardWatch
from client.ui.login.passphrase import PassphrasePage
from client.ui.settings.choices import chosen_clipboard_minutes
from client.ui.widgets.code_display import CodeDisplay
from tests.ui.document_hands import button, press
from tests.ui.finding import inside
from tests.ui.login_double import AtOnce, LoginDouble

MINUTE = 60_000


@dataclass
class Desk:
    """The offscreen clipboard does not know whose its content is: the test says so."""

    minutes: int = 5
    ours: bool = True

    def __post_init__(self) -> None:
        self.watch = ClipboardWatch(lambda: self.minutes, None, lambda: self.ours)

    def running(self) -> int:
        """For how long it may stay, in ms; 0: for ever."""
        return self.watch._timer.interval() if self.watch._timer.isActive() else 0

    def expire(self) -> None:
        self.watch._timer.timeout.emit()


@pytest.fixture
def desk(qapp: QApplication) -> Iterator[Desk]:
    QGuiApplication.clipboard().clear()
    made = Desk()
    yield made
    delete(made.watch)
    QGuiApplication.clipboard().clear()


def held() -> str:
    return QGuiApplication.clipboard().text()


def test_a_copy_goes_when_its_time_is_up(desk: Desk) -> None:
    copy_text("请于周五前报送")
    assert desk.running() == 5 * MINUTE
    desk.expire()
    assert held() == ""
    assert desk.running() == 0


def test_what_another_program_copied_meanwhile_stays(desk: Desk) -> None:
    copy_text("请于周五前报送")
    desk.ours = False
    QGuiApplication.clipboard().setText("别处的文字")
    assert desk.running() == 0
    desk.expire()
    desk.watch.forget()
    assert held() == "别处的文字"


def test_a_second_copy_has_its_whole_time(desk: Desk) -> None:
    copy_text("一")
    desk.minutes = 1
    copy_text("二")
    assert desk.running() == MINUTE


def test_it_goes_when_the_store_closes(desk: Desk) -> None:
    copy_text("请于周五前报送")
    desk.watch.forget()
    assert held() == ""


def test_who_wants_it_to_stay_keeps_it_but_no_secret(desk: Desk) -> None:
    desk.minutes = 0
    copy_text("请于周五前报送")
    assert desk.running() == 0
    desk.watch.forget()
    assert held() == "请于周五前报送"
    copy_text("gijtc-ayn3q", secret=True)
    assert desk.running() == MINUTE
    desk.watch.forget()
    assert held() == ""


def test_a_recovery_code_is_marked_for_those_who_keep_copies(desk: Desk, qtbot: QtBot) -> None:
    page = PassphrasePage(LoginDouble(), AtOnce())
    qtbot.addWidget(page)
    page.show()
    press(button(inside(page, CodeDisplay), "复制恢复码"))
    data = QGuiApplication.clipboard().mimeData()
    assert data.text() == inside(page, CodeDisplay).text()
    assert bytes(data.data(SECRET).data()) == b"secret"
    assert desk.running() == MINUTE


def test_an_ordinary_copy_is_not_marked(desk: Desk) -> None:
    copy_text("请于周五前报送")
    assert not QGuiApplication.clipboard().mimeData().hasFormat(SECRET)


def test_a_quarter_of_an_hour_until_something_else_is_chosen(state: WindowState) -> None:
    assert chosen_clipboard_minutes(state) == 15
    state.set_value("clipboard_minutes", "seven")
    assert chosen_clipboard_minutes(state) == 15
