"""用印 with a key in a UKey: its PIN is asked for each time, in place, and what stands in the way is said there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from client.core.tokens.rows import PinState, TokenPin
from client.documents.rows import Act, SealToken
from client.ui.documents.page import DocumentsPage
from client.ui.documents.pin_panel import PinPanel
from client.ui.widgets.confirm import ConfirmPopover
from protocol.documents.steps import Step
from protocol.errors import ErrorCode
from tests.support.page_walk import settle, walk
from tests.ui.document_hands import button, by_name, discard_pages, opened, press
from tests.ui.documents_double import CirculationDouble, action, view
from tests.ui.finding import inside

UKEY = SealToken("发改委印章", PinState.FINE)
SEALED = Act(Step.SEAL, "pst_clerk")


@pytest.fixture(autouse=True)
def _no_page_left() -> Iterator[None]:
    yield
    discard_pages()


def sealing(qtbot: QtBot, place: SealToken | ErrorCode | None) -> tuple[DocumentsPage, CirculationDouble]:
    """A page on which 用印 has been pressed and confirmed."""
    cases = CirculationDouble(view((action(Step.SEAL, primary=True),)))
    cases.seal_place = place
    page = opened(qtbot, cases)
    confirm(page)
    return page, cases


def confirm(page: DocumentsPage) -> None:
    press(button(page, "用印"))
    press(button(page.window().findChildren(ConfirmPopover)[-1], "确认"))
    settle()


def panel(page: DocumentsPage) -> PinPanel:
    return inside(page, PinPanel)


def give(page: DocumentsPage, pin: str) -> None:
    field = by_name(panel(page), QLineEdit, "UKey 的 PIN")
    field.setText(pin)
    press(button(panel(page), "用 UKey 用印"))


def error_of(page: DocumentsPage) -> str:
    return panel(page)._row.error


def test_a_key_on_this_computer_asks_for_nothing(qtbot: QtBot) -> None:
    page, cases = sealing(qtbot, None)
    assert cases.acts == [SEALED]
    assert not panel(page).isVisible()


def test_the_pin_goes_with_the_act_and_stays_nowhere(qtbot: QtBot) -> None:
    page, cases = sealing(qtbot, UKEY)
    assert cases.acts == []
    assert panel(page).isVisible()
    assert by_name(panel(page), QLineEdit, "UKey 的 PIN").hasFocus()
    give(page, "654321")
    assert cases.acts == [SEALED]
    assert cases.acts[0].pin == TokenPin("654321")
    assert not panel(page).isVisible()
    assert all(not each.text() for each in panel(page).findChildren(QLineEdit))


def test_without_a_pin_nothing_is_done_and_enter_gives_it(qtbot: QtBot) -> None:
    page, cases = sealing(qtbot, UKEY)
    give(page, "")
    assert error_of(page) == "请输入 UKey 的 PIN。"
    assert cases.acts == []
    field = by_name(panel(page), QLineEdit, "UKey 的 PIN")
    field.setText("654321")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert cases.acts == [SEALED]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (ErrorCode.KEYS_TOKEN_WRONG_PIN, "PIN 不对"),
        (ErrorCode.KEYS_TOKEN_LAST_TRY, "只剩一次机会"),
        (ErrorCode.KEYS_TOKEN_PIN_LOCKED, "已锁定"),
    ],
)
def test_a_pin_that_is_refused_is_asked_for_again_at_its_place(
    qtbot: QtBot, code: ErrorCode, words: str
) -> None:
    page, cases = sealing(qtbot, UKEY)
    cases.refusing = code
    give(page, "000000")
    assert panel(page).isVisible()
    assert words in error_of(page)
    assert by_name(panel(page), QLineEdit, "UKey 的 PIN").text() == ""
    cases.refusing = None
    give(page, "654321")
    # Whoever was told of the last try means it.
    assert cases.acts[-1].pin == TokenPin("654321", last_try=code is ErrorCode.KEYS_TOKEN_LAST_TRY)


def test_the_last_try_is_told_before_the_pin_is_typed(qtbot: QtBot) -> None:
    page, cases = sealing(qtbot, replace(UKEY, pin=PinState.LAST_TRY))
    assert "只剩一次机会" in error_of(page)
    give(page, "654321")
    assert cases.acts[0].pin == TokenPin("654321", last_try=True)


def test_a_locked_pin_is_told_before_it_is_typed(qtbot: QtBot) -> None:
    page, _cases = sealing(qtbot, replace(UKEY, pin=PinState.LOCKED))
    assert "已锁定" in error_of(page)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (ErrorCode.KEYS_TOKEN_ABSENT, "没有找到所用的 UKey"),
        (ErrorCode.KEYS_TOKEN_OTHER, "不是登记的 UKey“发改委印章”"),
        (ErrorCode.KEYS_SEAL_KEY_DAMAGED, "印章密钥信息已损坏"),
    ],
)
def test_a_ukey_that_is_not_there_is_told_and_no_pin_is_asked_for(
    qtbot: QtBot, code: ErrorCode, words: str
) -> None:
    page, cases = sealing(qtbot, code)
    assert not panel(page).isVisible()
    assert any(words in each for each in read(page))
    assert cases.acts == []
    cases.seal_place = UKEY
    confirm(page)
    assert panel(page).isVisible()


def test_a_ukey_pulled_out_in_the_middle_is_told_and_the_page_is_as_before(qtbot: QtBot) -> None:
    page, cases = sealing(qtbot, UKEY)
    cases.refusing = ErrorCode.KEYS_TOKEN_ABSENT
    give(page, "654321")
    assert any("没有找到所用的 UKey" in each for each in read(page))
    assert not panel(page).isVisible()
    assert button(page, "用印").isEnabled()


def test_the_question_for_a_pin_goes_with_its_document_and_with_its_act(qtbot: QtBot) -> None:
    page, cases = sealing(qtbot, UKEY)
    page.show_document("cas_2")
    settle()
    assert not panel(page).isVisible()
    confirm(page)
    assert panel(page).isVisible()
    QTest.keyClick(panel(page), Qt.Key.Key_Escape)
    assert not panel(page).isVisible()
    confirm(page)
    cases.shown = replace(cases.shown, actions=())
    page.refresh()
    settle()
    assert not panel(page).isVisible()
    assert cases.acts == []


def test_the_question_for_a_pin_is_well_drawn(qtbot: QtBot) -> None:
    def made() -> DocumentsPage:
        page = opened(qtbot, CirculationDouble(view((action(Step.SEAL, primary=True),))))
        panel(page).ask(replace(UKEY, pin=PinState.LAST_TRY))
        return page

    walk(made, "seal_pin")


def read(page: DocumentsPage) -> list[str]:
    return [each.text() for each in page.findChildren(QLabel) if each.isVisible()]
