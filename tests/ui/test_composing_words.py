"""What an input method is composing goes where its writer meant it, or stays there: never elsewhere, and never away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from client.documents.rows import Act
from client.ui.documents.actions import ActionPanel
from client.ui.documents.compose import ComposePage
from client.ui.documents.reason_panel import ReasonPanel
from client.ui.messaging.composer import Composer
from client.ui.widgets.buttons import Button
from client.ui.widgets.list_view import ListView
from client.ui.widgets.phrase_menu import PhraseMenu
from client.ui.widgets.text_entry import LineEntry, TextEntry
from protocol.documents.steps import Step
from protocol.text import Field
from tests.support.page_walk import settle
from tests.ui import conversation_hands, document_hands
from tests.ui.compose_hands import checked_anew, composing, title_of
from tests.ui.conversation_hands import choose, conversations_of, field_of, shown
from tests.ui.document_hands import button, by_name, click_row, opened, press, tick, write
from tests.ui.documents_double import TITLE, CirculationDouble, DraftingDouble, action, view
from tests.ui.messaging_double import DIRECT, GROUP, LONG, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    conversation_hands.discard_pages()
    document_hands.discard_pages()


@pytest.fixture
def talks() -> ConversationsDouble:
    return ConversationsDouble()


def compose(target: QWidget, text: str) -> None:
    """Type pinyin and choose nothing yet."""
    target.setFocus()
    QApplication.sendEvent(target, QInputMethodEvent(text, []))
    settle()


def composed_in(target: QWidget) -> str:
    assert isinstance(target, TextEntry | LineEntry)
    return target.composed


# Messages


def test_another_conversation_opened_meanwhile_gets_nothing_of_it(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, DIRECT)
    field = field_of(page)
    write(field, "内部：")
    compose(field, "jihua")
    page.show_conversation(LONG)  # as a notification does
    settle()
    assert (field.toPlainText(), composed_in(field)) == ("请各单位", "")
    assert talks.drafts[DIRECT] == "内部：jihua"
    page.show_conversation(DIRECT)
    settle()
    assert field.toPlainText() == "内部：jihua"


def test_a_click_on_another_conversation_leaves_it_where_it_was(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    page = shown(qtbot, talks, LONG)
    field = field_of(page)
    compose(field, "zhunbei")
    click_row(conversations_of(page), 0)
    assert talks.drafts[LONG] == "请各单位zhunbei"
    assert (field.toPlainText(), composed_in(field)) == ("", "")


def test_send_by_mouse_takes_it_along_and_leaves_the_focus(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    field = field_of(page)
    compose(field, "shoudao")
    press(button(page, "发送"))
    assert talks.acts[-1] == ("send", DIRECT, "shoudao", None)
    assert (field.toPlainText(), composed_in(field), field.hasFocus()) == ("", "", True)


def test_leaving_the_page_keeps_it_with_the_draft(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    compose(field_of(page), "mingtian")
    page.leave()
    assert talks.drafts[DIRECT] == "mingtian"


def test_hiding_the_page_keeps_it_with_the_draft(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    compose(field_of(page), "mingtian")
    page.hide()
    assert talks.drafts[DIRECT] == "mingtian"


def test_changing_a_message_puts_it_aside(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    field = field_of(page)
    compose(field, "lingwai")
    choose(page, f"msg_{GROUP}_9", "编辑")
    assert field.toPlainText() == "好的，我现在修改。"
    compose(field, "le")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert (field.toPlainText(), composed_in(field)) == ("lingwai", "")


def test_a_message_taken_back_does_not_come_into_it(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    field = field_of(page)
    compose(field, "lingwai")
    choose(page, f"msg_{GROUP}_9", "撤回")
    assert (field.toPlainText(), composed_in(field)) in (("", "lingwai"), ("lingwai", ""))


# Documents


def test_an_act_takes_the_opinion_with_what_is_being_composed(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.VET_PASS, primary=True),)))
    page = opened(qtbot, cases)
    opinion = by_name(page, QPlainTextEdit, "意见")
    write(opinion, "拟")
    compose(opinion, "tongyi")
    press(button(page, "审核通过"))
    assert cases.acts == [Act(Step.VET_PASS, "pst_clerk", opinion="拟tongyi")]
    assert (opinion.toPlainText(), composed_in(opinion)) == ("", "")


def test_an_opinion_stays_with_its_document(qtbot: QtBot) -> None:
    page = opened(qtbot, CirculationDouble(view((action(Step.VET_PASS, primary=True),))))
    opinion = by_name(page, QPlainTextEdit, "意见")
    compose(opinion, "tongyi")
    page.show_document("cas_2")
    settle()
    assert (opinion.toPlainText(), composed_in(opinion)) == ("", "")
    page.show_document("cas_1")
    settle()
    assert opinion.toPlainText() == "tongyi"


def test_a_reason_is_given_whole(qtbot: QtBot) -> None:
    cases = CirculationDouble(view((action(Step.VET_RETURN, reason=True),)))
    page = opened(qtbot, cases)
    press(button(page, "退回"))
    reason = next(panel for panel in page.findChildren(ReasonPanel) if panel.isVisible())
    compose(reason.edit, "queye")
    press(next(each for each in reason.findChildren(Button) if each.property("kind") == "primary"))
    assert cases.acts == [Act(Step.VET_RETURN, "pst_clerk", reason="queye")]


def test_a_usual_phrase_comes_behind_it(qtbot: QtBot) -> None:
    opinion = TextEntry(Field.OPINION)
    menu = PhraseMenu(opinion, ["请审示。"])
    qtbot.addWidget(opinion)
    qtbot.addWidget(menu)
    compose(opinion, "yi")
    menu.menu().actions()[0].trigger()
    assert (opinion.toPlainText(), composed_in(opinion)) == ("yi请审示。", "")


@pytest.mark.parametrize("name", ["标题", "附注", "正文"])
def test_a_draft_is_left_with_it(qtbot: QtBot, name: str) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    kind = QPlainTextEdit if name == "正文" else QLineEdit
    compose(by_name(page, kind, name), "fangxun")
    page.show_document("cas_1")
    settle()
    form = drafting.drafts["drf_1"].form
    assert {"标题": form.title, "附注": form.note, "正文": form.body_text}[name] == "fangxun"


def test_another_draft_gets_nothing_of_it(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    compose(title_of(page), "fangxun")
    page.new_document()
    settle()
    assert (title_of(page).text(), composed_in(title_of(page))) == ("", "")
    assert [drafting.drafts[name].form.title for name in ("drf_1", "drf_2")] == ["fangxun", ""]


def test_save_and_send_by_mouse_take_it_along(qtbot: QtBot) -> None:
    drafting = DraftingDouble()
    page = composing(qtbot, drafting)
    write(title_of(page), TITLE)
    tick(by_name(page, ListView, "主送机关"), 0)
    checked_anew(page)
    note = by_name(page, QLineEdit, "附注")
    compose(note, "gongkai")
    press(button(page, "保存草稿"))
    assert drafting.drafts["drf_1"].form.note == "gongkai"
    assert note.hasFocus()
    compose(note, "fabu")
    press(button(page, "送核稿"))
    assert drafting.started[0][0].note == "gongkaifabu"


# Fields


@pytest.mark.parametrize("kind", [LineEntry, TextEntry])
class TestField:
    """Qt's module for ibus drops what it composes when Qt asks it to commit, and only then tells the field of the move."""

    def test_what_is_dropped_when_the_focus_moves_is_kept(
        self, qtbot: QtBot, kind: type[LineEntry | TextEntry]
    ) -> None:
        entry = kind(Field.OPINION)
        qtbot.addWidget(entry)
        compose(entry, "nihao")
        QApplication.sendEvent(entry, QInputMethodEvent("", []))
        QApplication.sendEvent(entry, QFocusEvent(QEvent.Type.FocusAboutToChange))
        assert (entry.written, entry.composed) == ("nihao", "")

    def test_what_its_writer_gave_up_stays_given_up(
        self, qtbot: QtBot, kind: type[LineEntry | TextEntry]
    ) -> None:
        entry = kind(Field.OPINION)
        qtbot.addWidget(entry)
        compose(entry, "nihao")
        QApplication.sendEvent(entry, QInputMethodEvent("", []))  # Escape
        settle()
        QApplication.sendEvent(entry, QFocusEvent(QEvent.Type.FocusAboutToChange))
        entry.finish_composing()
        assert (entry.written, entry.composed) == ("", "")

    def test_what_was_chosen_comes_once(self, qtbot: QtBot, kind: type[LineEntry | TextEntry]) -> None:
        entry = kind(Field.OPINION)
        qtbot.addWidget(entry)
        compose(entry, "nihao")
        write(entry, "你好")
        entry.finish_composing()
        QApplication.sendEvent(entry, QFocusEvent(QEvent.Type.FocusAboutToChange))
        assert (entry.written, entry.composed) == ("你好", "")

    def test_a_text_put_in_ends_the_composing(self, qtbot: QtBot, kind: type[LineEntry | TextEntry]) -> None:
        entry = kind(Field.OPINION)
        qtbot.addWidget(entry)
        compose(entry, "nihao")
        if isinstance(entry, LineEntry):
            entry.setText("")
        else:
            entry.set_clean("")
        entry.finish_composing()
        assert (entry.written, entry.composed) == ("", "")


# The kind


def _pages(qtbot: QtBot) -> list[QWidget]:
    acts = (action(Step.VET_PASS, primary=True), action(Step.VET_RETURN, reason=True), action(Step.WITHDRAW))
    document = opened(qtbot, CirculationDouble(view(acts)))
    return [
        *shown(qtbot, ConversationsDouble(), GROUP).findChildren(Composer),
        *document.findChildren(ActionPanel),
        *composing(qtbot, DraftingDouble()).findChildren(ComposePage),
    ]


def test_no_button_beside_what_one_writes_takes_the_focus_by_mouse(qtbot: QtBot) -> None:
    found = [each for page in _pages(qtbot) for each in page.findChildren(Button)]
    assert len(found) > 10
    taking = [each.accessibleName() for each in found if each.focusPolicy() & Qt.FocusPolicy.ClickFocus]
    assert taking == []
    assert all(each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in found)
