"""Beginning a conversation and changing who is in it, by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from client.ui.base.rows import RowContent
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.list_view import ListView
from tests.support.page_walk import settle
from tests.ui.conversation_hands import (
    content,
    conversations_of,
    discard_pages,
    field_of,
    shown,
)
from tests.ui.document_hands import button, by_name, click_row, labelled, names_of, press, tick, write
from tests.ui.finding import inside
from tests.ui.messaging_double import DIRECT, GROUP, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.fixture
def talks() -> ConversationsDouble:
    return ConversationsDouble()


def test_a_conversation_with_one_person_is_begun(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks)
    press(button(page, "发起会话"))
    assert not button(page, "开始会话").isEnabled()
    write(by_name(page, QLineEdit, "查找人员"), "财政局")
    people = by_name(page, ListView, "选择人员")
    assert [people.isRowHidden(n) for n in range(4)] == [True, True, False, True]
    tick(people, 2)
    press(button(page, "开始会话"))
    assert ("start", ("prs_zhao",), "") in talks.acts
    assert by_name(page, QLabel, "会话").text() == "赵敏"
    assert labelled(page, "还没有消息").isVisible()


def test_a_group_has_a_name(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks)
    QTest.keyClick(page, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    settle()
    people = by_name(page, ListView, "选择人员")
    tick(people, 0)
    tick(people, 1)
    write(by_name(page, QLineEdit, "会话名称"), "专班")
    press(button(page, "开始会话"))
    assert ("start", ("prs_wang", "prs_li"), "专班") in talks.acts
    assert names_of(conversations_of(page))[0] == "专班"


def test_escape_gives_a_new_conversation_up(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    press(button(page, "发起会话"))
    QTest.keyClick(by_name(page, QLineEdit, "查找人员"), Qt.Key.Key_Escape)
    settle()
    assert field_of(page).isVisible()
    QTest.keyClick(field_of(page), Qt.Key.Key_Escape)
    assert conversations_of(page).hasFocus()


# Members


def members_shown(qtbot: QtBot, talks: ConversationsDouble) -> QWidget:
    page = shown(qtbot, talks, GROUP)
    press(button(page, "成员"))
    return page


def test_members_are_listed_and_folded_away(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = members_shown(qtbot, talks)
    members = by_name(page, ListView, "成员")
    assert names_of(members) == ["周正（我）", "王芳", "李强", "赵敏"]
    second = content(members, 1)
    assert isinstance(second, RowContent)
    assert [mark.text for mark in second.marks] == ["已核对"]
    press(button(page, "成员"))
    assert not members.isVisible()


def test_members_are_added_and_taken_out(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = members_shown(qtbot, talks)
    press(button(page, "添加成员"))
    people = by_name(page, ListView, "选择人员")
    assert names_of(people) == ["钱进"]
    tick(people, 0)
    press(button(page, "添加"))
    assert ("add", GROUP, ("prs_qian",)) in talks.acts
    members = by_name(page, ListView, "成员")
    assert names_of(members)[-1] == "钱进"
    assert not button(page, "移出").isEnabled()
    click_row(members, 2)
    press(button(page, "移出"))
    press(button(inside(page.window(), ConfirmPopover), "确认移出"))
    assert talks.acts[-1] == ("remove", GROUP, "prs_li")
    assert "李强" not in names_of(members)


def test_a_direct_conversation_has_nobody_to_take_out(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    press(button(page, "成员"))
    for name in ("添加成员", "移出", "退出会话"):
        assert not button(page, name).isVisible()
    assert button(page, "核对").isVisible()


def test_keys_are_compared_in_pictures_and_words(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = members_shown(qtbot, talks)
    click_row(by_name(page, ListView, "成员"), 2)
    press(button(page, "核对"))
    for word in ("狗", "月亮", "钥匙", "吉他", "苹果", "火车", "雨伞"):
        assert labelled(page, word).isVisible()
    press(button(page, "不一致"))
    assert not button(page, "确认一致").isEnabled()
    press(button(page, "关闭"))
    press(button(page, "核对"))
    press(button(page, "确认一致"))
    assert ("confirm", "prs_li") in talks.acts
    third = content(by_name(page, ListView, "成员"), 2)
    assert isinstance(third, RowContent)
    assert [mark.text for mark in third.marks] == ["已核对", "1 台未确认"]


def test_a_conversation_is_renamed_and_left(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = members_shown(qtbot, talks)
    name = by_name(page, QLineEdit, "会话名称")
    name.selectAll()
    write(name, "农村公路专班")
    press(button(page, "修改名称"))
    assert by_name(page, QLabel, "会话").text() == "农村公路专班"
    press(button(page, "退出会话"))
    press(button(inside(page.window(), ConfirmPopover), "确认退出"))
    assert ("leave", GROUP) in talks.acts
    assert names_of(conversations_of(page)) == ["李强", "全市政务值班群"]
    assert labelled(page, "请选择一个会话").isVisible()
