"""The page of conversations, driven by mouse and keyboard as a clerk does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from client.messaging.rows import Delivery
from client.ui.base.rows import RowContent
from client.ui.base.window_state import WindowState
from client.ui.messaging.history import MOST
from client.ui.messaging.message_model import MessageLook
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.list_view import ListView
from protocol.errors import ErrorCode
from tests.support.page_walk import settle
from tests.ui.conversation_hands import (
    choose,
    content,
    conversations_of,
    discard_pages,
    drop_file,
    field_of,
    made,
    menu_of,
    messages_of,
    rows_of,
    shown,
    words_of,
)
from tests.ui.document_hands import button, by_name, click_row, labelled, names_of, press, tick, write
from tests.ui.finding import inside
from tests.ui.messaging_double import DIRECT, GROUP, LONG, ME, ConversationsDouble, long_talk, message


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.fixture
def talks() -> ConversationsDouble:
    return ConversationsDouble()


# The list


def test_conversations_have_unread_drafts_and_standing(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = made(talks)
    counted: list[int] = []
    page.counted.connect(counted.append)
    qtbot.addWidget(page)
    page.show()
    page.refresh()
    settle()
    view = conversations_of(page)
    assert names_of(view) == ["农村公路养护征求意见", "李强", "全市政务值班群"]
    first, last = content(view, 0), content(view, 2)
    assert isinstance(first, RowContent)
    assert isinstance(last, RowContent)
    assert first.unread
    assert first.deadline is not None
    assert first.deadline.text == "2 条未读"
    assert [mark.text for mark in first.marks] == ["未发送"]
    assert (last.unread, last.detail) == (False, "草稿：请各单位")
    assert counted[-1] == 3


def test_opening_a_conversation_reads_it(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks)
    counted: list[int] = []
    page.counted.connect(counted.append)
    click_row(conversations_of(page), 1)
    settle()
    assert [row.text for row in rows_of(page)] == ["下午三点开会，请带上材料。"]
    assert ("read", DIRECT) in talks.acts
    assert counted[-1] == 2


def test_news_while_scrolled_away_is_not_read_yet(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(300))
    page = shown(qtbot, talks, LONG)
    bar = messages_of(page).verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    settle()
    talks.arrive("新的值班安排", conversation=LONG)
    page.refresh()
    settle()
    assert ("read", LONG) not in talks.acts
    press(button(page, "回到最新消息"))
    assert rows_of(page)[-1].text == "新的值班安排"
    assert ("read", LONG) in talks.acts
    assert not button(page, "回到最新消息").isVisible()


def test_the_last_conversation_comes_back(
    qtbot: QtBot, talks: ConversationsDouble, state: WindowState
) -> None:
    first = shown(qtbot, talks, DIRECT, state)
    first.hide()
    again = shown(qtbot, talks, "", state)
    assert [row.conversation for row in rows_of(again)] == [DIRECT]


def test_a_search_finds_names_and_messages_and_goes_there(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(5000))
    page = shown(qtbot, talks)
    search = by_name(page, QWidget, "搜索")
    write(search, "第77条")
    QTest.keyClick(search, Qt.Key.Key_Return)
    settle()
    assert names_of(conversations_of(page)) == []
    found = by_name(page, ListView, "找到的消息")
    assert names_of(found)[0].startswith("第77条")
    click_row(found, 0)
    view = messages_of(page)
    assert view.current_row().n == 77
    assert view.viewport().rect().intersects(view.visualRect(view.currentIndex()))
    QTest.keyClick(search, Qt.Key.Key_Escape)
    settle()
    assert len(names_of(conversations_of(page))) == 3


# Messages


def test_messages_say_who_how_far_and_since_when(qtbot: QtBot, talks: ConversationsDouble) -> None:
    view = messages_of(shown(qtbot, talks, GROUP))
    looks = [content(view, n) for n in range(view.model().rowCount())]
    assert all(isinstance(look, MessageLook) for look in looks)
    days = [look.day for look in looks if isinstance(look, MessageLook) and look.day]
    assert len(days) == 3
    assert days[1].startswith("昨天")
    assert days[2].startswith("今天")
    said = names_of(view)
    assert said[3].endswith("已读 3 人 " + said[3].split()[-1])
    assert "回复我" in said[4]
    assert "李强撤回了一条消息" in said[6]
    assert "此消息无法阅读" in said[7]
    assert "已送达" in said[8]
    assert "发送中" in said[9]
    assert "未发送" in said[10]


def test_mine_are_bubbles_and_others_are_plain(qtbot: QtBot, talks: ConversationsDouble) -> None:
    view = messages_of(shown(qtbot, talks, GROUP))
    delegate = view.itemDelegate()
    for place, row in enumerate(view.rows):
        placed = delegate.placed(view.model().index(place, 0))  # type: ignore[attr-defined]
        assert placed.bubble.isEmpty() is not row.mine
        assert placed.bubble.right() < view.viewport().width()
        if row.mine:
            assert placed.foot_words


def test_a_hundred_thousand_messages_are_read_in_pages(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(100_000))
    page = shown(qtbot, talks, LONG)
    view = messages_of(page)
    assert [row.n for row in rows_of(page)] == list(range(99_901, 100_001))
    bar = view.verticalScrollBar()
    assert bar.value() == bar.maximum()
    for _ in range(12):
        bar.setValue(0)
        settle()
        seen = view.indexAt(view.viewport().rect().topLeft())
        assert seen.isValid()
    numbers = [row.n for row in rows_of(page)]
    assert numbers[0] is not None
    assert numbers[0] <= 99_901 - 1200
    assert numbers == list(range(numbers[0], numbers[0] + MOST))
    assert talks.most <= MOST
    assert talks.given < 5000
    for _ in range(20):
        bar.setValue(bar.maximum())
        settle()
    assert rows_of(page)[-1].n == 100_000
    assert len(rows_of(page)) <= MOST


def test_what_one_reads_stays_in_place_when_more_comes(qtbot: QtBot) -> None:
    talks = ConversationsDouble(long_talk(1000))
    page = shown(qtbot, talks, LONG)
    view = messages_of(page)
    view.verticalScrollBar().setValue(0)
    settle()
    bar = view.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    settle()
    seen = view.indexAt(view.viewport().rect().center())
    before = (view.rows[seen.row()].id, view.visualRect(seen).top())
    talks.arrive("打断一下", conversation=LONG)
    page.refresh()
    settle()
    view.verticalScrollBar().setValue(view.verticalScrollBar().value())
    seen = view.indexAt(view.viewport().rect().center())
    assert (view.rows[seen.row()].id, view.visualRect(seen).top()) == before


# Writing


def test_enter_sends_and_control_enter_begins_a_line(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    field = field_of(page)
    assert not button(page, "发送").isEnabled()
    write(field, "收到")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    write(field, "马上到")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert talks.acts[-1] == ("send", DIRECT, "收到\n马上到", None)
    assert field.toPlainText() == ""
    assert rows_of(page)[-1].delivery is Delivery.PENDING


def test_the_field_grows_to_six_lines(qtbot: QtBot, talks: ConversationsDouble) -> None:
    field = field_of(shown(qtbot, talks, DIRECT))
    heights = []
    for _ in range(9):
        heights.append(field.height())
        QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        settle()
    assert heights[:6] == sorted(set(heights))
    assert heights[5:] == [heights[5]] * 4


def test_what_could_not_be_sent_comes_back(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    talks.refusing = ErrorCode.CLOCK_SKEW
    field = field_of(page)
    write(field, "收到")
    press(button(page, "发送"))
    assert field.toPlainText() == "收到"
    assert inside(page, QPushButton, lambda b: b.text() == ErrorCode.CLOCK_SKEW.value).isVisible()


def test_half_typed_text_survives_switching_and_refreshing(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    field = field_of(page)
    write(field, "第三部分我再")
    page.refresh()
    settle()
    assert field.toPlainText() == "第三部分我再"
    page.show_conversation(LONG)
    settle()
    assert field.toPlainText() == "请各单位"
    assert talks.drafts[GROUP] == "第三部分我再"
    page.show_conversation(GROUP)
    settle()
    assert field.toPlainText() == "第三部分我再"


def test_an_answer_names_what_it_answers(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    choose(page, f"msg_{GROUP}_2", "回复")
    assert labelled(page, "回复王芳：各位上午好，征求意见稿已经发到群里，请今天下班前反馈意见。").isVisible()
    field = field_of(page)
    QTest.keyClick(field, Qt.Key.Key_Escape)
    choose(page, f"msg_{GROUP}_5", "回复")
    write(field, "同意")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert talks.acts[-1] == ("send", GROUP, "同意", f"msg_{GROUP}_5")


def test_a_message_is_edited_and_the_draft_comes_back(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    field = field_of(page)
    write(field, "另外")
    choose(page, f"msg_{GROUP}_9", "编辑")
    assert field.toPlainText() == "好的，我现在修改。"
    page.refresh()
    settle()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.toPlainText() == "另外"
    choose(page, f"msg_{GROUP}_9", "编辑")
    write(field, "下午发出。")
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()
    assert ("edit", f"msg_{GROUP}_9", "好的，我现在修改。下午发出。") in talks.acts
    assert field.toPlainText() == "另外"


def test_a_recalled_message_may_be_worded_anew(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    choose(page, f"msg_{GROUP}_9", "撤回")
    assert ("recall", f"msg_{GROUP}_9") in talks.acts
    assert "您撤回了一条消息" in names_of(messages_of(page))[8]
    assert field_of(page).toPlainText() == "好的，我现在修改。"


def test_menus_offer_only_what_can_be_done(qtbot: QtBot, talks: ConversationsDouble) -> None:
    view = messages_of(shown(qtbot, talks, GROUP))
    assert words_of(menu_of(view, 1)) == ["回复", "复制"]
    assert words_of(menu_of(view, 2)) == ["回复", "另存文件"]
    assert words_of(menu_of(view, 3)) == ["回复", "复制", "编辑", "撤回"]
    assert words_of(menu_of(view, 9)) == ["取消"]
    assert words_of(menu_of(view, 10)) == ["重试", "复制", "删除"]


def test_a_refused_message_stays_and_is_tried_again(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    view = messages_of(page)
    place = view.model().index(10, 0)
    placed = view.itemDelegate().placed(place)  # type: ignore[attr-defined]
    where = view.visualRect(place).topLeft() + placed.link.center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    settle()
    assert talks.acts[-1] == ("retry", "msg_refused")
    assert "发送中" in names_of(view)[10]


def test_a_refused_message_can_be_deleted(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    choose(page, "msg_refused", "删除")
    assert ("discard", "msg_refused") in talks.acts
    assert "msg_refused" not in [row.id for row in rows_of(page)]


def test_a_message_is_copied(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    choose(page, f"msg_{GROUP}_6", "复制")
    assert QGuiApplication.clipboard().text() == "同意。"


# Files


def test_a_file_may_be_dropped_anywhere(qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path) -> None:
    page = shown(qtbot, talks, DIRECT)
    path = tmp_path / "方案.docx"
    path.write_bytes(b"x")
    for target in (messages_of(page).viewport(), field_of(page).viewport(), button(page, "成员")):
        talks.acts.clear()
        drop_file(target, path)
        assert ("file", DIRECT, path) in talks.acts, target
    assert field_of(page).toPlainText() == ""


def test_files_are_chosen_sent_and_saved(
    qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "一.docx", tmp_path / "二.docx"]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_asked: ([str(p) for p in paths], ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(tmp_path / "存.docx"), ""))
    page = shown(qtbot, talks, GROUP)
    press(button(page, "发送文件"))
    assert [act for act in talks.acts if act[0] == "file"] == [("file", GROUP, path) for path in paths]
    choose(page, f"msg_{GROUP}_3", "另存文件")
    assert talks.acts[-1] == ("save", f"msg_{GROUP}_3", tmp_path / "存.docx")


# Conversations


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
    assert conversations_of(page).hasFocus() or not page.isActiveWindow()


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
    assert [mark.text for mark in third.marks] == ["已核对"]


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


def test_a_pending_message_finds_its_place(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    mine = message(None, "收到", ME, conversation=DIRECT, id="msg_x", delivery=Delivery.PENDING)
    talks.talks[DIRECT].append(mine)
    page.refresh()
    settle()
    later = message(2, "再加一份材料", "prs_li", conversation=DIRECT)
    talks.talks[DIRECT][1:] = [later, replace(mine, n=3, delivery=Delivery.SENT)]
    page.refresh()
    settle()
    assert [row.n for row in rows_of(page)] == [1, 2, 3]
    assert "已发送" in names_of(messages_of(page))[2]
