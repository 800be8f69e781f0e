"""Closing the window: asked once, then as chosen; never a program that runs where nobody can reach it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from client.ui.base.catalogue import LanguageName
from client.ui.base.language import set_language
from client.ui.base.theme import ThemeChoice, current_theme
from client.ui.base.window_state import WindowState
from client.ui.settings.choices import OnClose, chosen_on_close, keep_on_close
from client.ui.window.closing_question import ClosingQuestion
from client.ui.window.main_window import MainWindow
from client.ui.window.window_host import WindowHost
from tests.support.page_checks import contrast_faults, cut_faults, name_faults
from tests.support.page_walk import THEMES, discard, settle
from tests.ui.document_hands import button, by_name, press
from tests.ui.finding import inside
from tests.ui.test_main_window import _window


@dataclass
class TrayDouble:
    """There, or not."""

    there: bool = True

    def look(self) -> bool:
        return self.there


@dataclass
class Hosted:
    """A real window, hosted, and what the host said."""

    window: MainWindow
    host: WindowHost
    tray: TrayDouble
    state: WindowState
    said: list[str] = field(default_factory=list)

    def close(self) -> None:
        self.window.close()
        settle()

    def question(self) -> ClosingQuestion:
        return inside(self.window, ClosingQuestion)

    @property
    def asks(self) -> bool:
        return any(each.isVisible() for each in self.window.findChildren(ClosingQuestion))


def hosted(state: WindowState, parent: QObject, *, hidden: bool = False, there: bool = True) -> Hosted:
    tray = TrayDouble(there)
    made = Hosted(_window(state), WindowHost(tray, state, hidden=hidden, parent=parent), tray, state)
    made.host.ended.connect(lambda: made.said.append("ended"))
    made.host.withdrawn.connect(lambda: made.said.append("withdrawn"))
    made.window.goes_on = made.host.goes_on
    made.host.host(made.window, made.window.closing, asks=True)
    settle()
    return made


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, state: WindowState) -> Iterator[Hosted]:
    made = hosted(state, qapp)
    yield made
    discard_host(made)


def discard_host(made: Hosted) -> None:
    made.window._ending = True
    discard(made.window)
    delete(made.host)


def test_the_first_time_it_is_asked_and_the_window_stays_until_it_is_answered(desk: Hosted) -> None:
    desk.close()
    assert desk.asks
    assert desk.window.isVisible()
    assert any("直到自动锁定" in label.text() for label in desk.question().findChildren(QLabel))
    QTest.keyClick(desk.question(), Qt.Key.Key_Escape)
    settle()
    assert (desk.asks, desk.window.isVisible(), desk.said) == (False, True, [])


def test_who_wants_it_to_keep_running_is_asked_once(desk: Hosted) -> None:
    desk.close()
    press(button(desk.window, "继续运行"))
    assert not desk.window.isVisible()
    assert chosen_on_close(desk.state) is OnClose.STAY
    desk.host.present()
    assert desk.window.isVisible()
    desk.close()
    assert not desk.asks
    assert not desk.window.isVisible()
    assert desk.said == ["withdrawn", "withdrawn"]


def test_an_answer_that_is_not_to_be_remembered_is_asked_for_again(desk: Hosted) -> None:
    desk.close()
    by_name(desk.question(), QCheckBox, "记住选择").click()
    press(button(desk.window, "继续运行"))
    assert chosen_on_close(desk.state) is OnClose.ASK
    desk.host.present()
    desk.close()
    assert desk.asks


def test_who_wants_to_quit_quits_and_is_not_asked_again(desk: Hosted) -> None:
    desk.close()
    press(button(desk.window, "退出"))
    assert desk.said == ["ended"]
    assert chosen_on_close(desk.state) is OnClose.END
    desk.close()
    assert not desk.asks
    assert desk.said == ["ended", "ended"]


def test_enter_keeps_it_running(desk: Hosted) -> None:
    """What destroys nothing is in hand when the question opens."""
    desk.close()
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, Qt.Key.Key_Return)
    settle()
    assert desk.said == ["withdrawn"]


def test_without_a_tray_closing_ends_it_whatever_was_chosen(desk: Hosted) -> None:
    keep_on_close(desk.state, OnClose.STAY)
    desk.tray.there = False
    desk.close()
    assert desk.said == ["ended"]


def test_the_end_of_the_session_asks_nothing(desk: Hosted) -> None:
    keep_on_close(desk.state, OnClose.STAY)
    desk.host._on_session_end(None)
    desk.close()
    assert desk.said == ["ended"]
    assert not desk.asks


def test_a_session_that_goes_on_after_all_is_as_before(desk: Hosted) -> None:
    keep_on_close(desk.state, OnClose.STAY)
    desk.host._on_session_end(None)
    desk.host.present()
    desk.close()
    assert desk.said == ["withdrawn"]


def test_a_meeting_is_asked_about_first(desk: Hosted) -> None:
    desk.window.may_close = lambda: False
    desk.close()
    assert not desk.asks
    assert desk.window.isVisible()


def test_the_page_before_the_store_is_open_asks_nothing(qapp: QApplication, state: WindowState) -> None:
    made = hosted(state, qapp)
    made.host.host(made.window, None, asks=False)
    made.close()
    assert not made.asks
    assert made.said == ["ended"]
    discard_host(made)


def test_started_hidden_it_is_seen_when_it_is_called(qapp: QApplication, state: WindowState) -> None:
    made = hosted(state, qapp, hidden=True)
    assert not made.window.isVisible()
    made.host.present()
    assert made.window.isVisible()
    discard_host(made)


def test_started_hidden_it_waits_for_the_tray_and_is_in_the_taskbar_when_none_comes(
    qapp: QApplication, state: WindowState
) -> None:
    made = hosted(state, qapp, hidden=True, there=False)
    assert made.host._timer.isActive()
    made.host.look()
    assert not made.window.isVisible()
    made.tray.there = True
    made.host.look()
    assert not made.host._timer.isActive()
    assert not made.window.isVisible()
    made.tray.there = False
    for _ in range(30):
        made.host.look()
    assert made.window.isVisible()
    assert made.window.isMinimized()
    discard_host(made)


def test_a_token_of_another_process_is_given_to_the_desktop(
    desk: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    desk.host.present("kwin-7")
    assert os.environ["XDG_ACTIVATION_TOKEN"] == "kwin-7"


@pytest.mark.parametrize("size", [(900, 560), (1280, 800)])
@pytest.mark.parametrize("name", list(LanguageName))
def test_the_question_is_well_drawn(
    qapp: QApplication, state: WindowState, size: tuple[int, int], name: LanguageName
) -> None:
    """Not by the walk: Tab goes from answer to answer in it, and a question goes when its window changes."""
    set_language(name)
    window = _window(state)
    window._ending = True
    window.show()
    settle()  # it is fitted into the screen first
    window.resize(*size)
    settle()
    question = ClosingQuestion(window)
    question.open()
    faults = []
    for theme in (*THEMES, ThemeChoice.HIGH_CONTRAST):
        current_theme().choose(theme)
        settle()
        assert question.isVisible()
        faults += [*cut_faults(question), *contrast_faults(question), *name_faults(question)]
    assert window.rect().contains(question.geometry())
    discard(window)
    assert faults == []
