"""Writing, answering, changing, taking back; files; all by mouse and keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from client.core.intake import LARGEST, Picture
from client.messaging.rows import Delivery
from client.ui.messaging.words import message_words
from client.ui.widgets.file_strip import FileStrip
from protocol import text
from protocol.errors import ErrorCode
from protocol.text import Field
from tests.support.page_walk import settle
from tests.ui.conversation_hands import (
    choose,
    discard_pages,
    drop_file,
    drop_files,
    field_of,
    menu_of,
    messages_of,
    notice_text,
    rows_of,
    shown,
    words_of,
)
from tests.ui.document_hands import button, by_name, labelled, names_of, press, tick, write
from tests.ui.finding import inside
from tests.ui.messaging_double import CHANGE, DIRECT, GROUP, LONG, ConversationsDouble


@pytest.fixture(autouse=True)
def _pages_go() -> Iterator[None]:
    yield
    discard_pages()


@pytest.fixture
def talks() -> ConversationsDouble:
    return ConversationsDouble()


# Texts


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


def test_half_typed_text_is_saved_before_the_store_closes(qtbot: QtBot, talks: ConversationsDouble) -> None:
    """At once: the second after the last key would be too late."""
    page = shown(qtbot, talks, DIRECT)
    QTest.keyClicks(field_of(page), "tomorrow")
    assert DIRECT not in talks.drafts
    page.leave()
    assert talks.drafts[DIRECT] == "tomorrow"


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


def test_a_refused_change_says_what_was_not_made_and_can_be_given_up(
    qtbot: QtBot, talks: ConversationsDouble
) -> None:
    talks.talks[GROUP].append(CHANGE)
    page = shown(qtbot, talks, GROUP)
    view = messages_of(page)
    place = len(view.rows) - 1
    said = view.model().index(place, 0).data(Qt.ItemDataRole.DisplayRole)
    assert "修改未生效：好的，我明天修改。" in said
    assert words_of(menu_of(view, place)) == ["重试", "删除"]
    choose(page, CHANGE.id, "删除")
    assert talks.acts[-1] == ("discard", CHANGE.id)


def test_a_refused_recall_says_so() -> None:
    row = replace(CHANGE, text="")
    assert message_words(row) == "撤回未生效"


def test_a_message_is_copied(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, GROUP)
    choose(page, f"msg_{GROUP}_6", "复制")
    assert QGuiApplication.clipboard().text() == "同意。"


# Files


def strip_of(page: QWidget) -> FileStrip:
    return inside(page, FileStrip, lambda strip: True)


def sent_files(talks: ConversationsDouble) -> list[object]:
    return [act[2] for act in talks.acts if act[0] == "file"]


def test_a_file_may_be_dropped_anywhere(qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path) -> None:
    page = shown(qtbot, talks, DIRECT)
    path = tmp_path / "方案.docx"
    path.write_bytes(b"x")
    field, view = field_of(page), messages_of(page)
    for target in (view, view.viewport(), field, field.viewport(), button(page, "成员")):
        talks.acts.clear()
        drop_file(target, path)
        press(button(page, "确认发送"))
        assert ("file", DIRECT, path) in talks.acts, target
    assert field_of(page).toPlainText() == ""


def test_files_are_chosen_sent_and_saved(
    qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "一.docx", tmp_path / "二.docx"]
    for path in paths:
        path.write_bytes(b"x")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_asked: ([str(p) for p in paths], ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(tmp_path / "存.docx"), ""))
    page = shown(qtbot, talks, GROUP)
    press(button(page, "发送文件"))
    assert labelled(page, "发送 2 个文件？").isVisible()
    assert sent_files(talks) == []
    press(button(page, "确认发送"))
    assert sent_files(talks) == paths
    assert not strip_of(page).isVisible()
    choose(page, f"msg_{GROUP}_3", "另存文件")
    assert talks.acts[-1] == ("save", f"msg_{GROUP}_3", tmp_path / "存.docx")
    qtbot.waitUntil(lambda: "存.docx" in notice_text(page))


def test_the_files_of_a_dropped_folder_are_offered_and_can_be_left_out(
    qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path
) -> None:
    folder = tmp_path / "汛情"
    folder.mkdir()
    for name in ("一.docx", "二.docx", ".DS_Store"):
        (folder / name).write_bytes(b"x")
    page = shown(qtbot, talks, DIRECT)
    drop_file(messages_of(page), folder)
    assert labelled(page, "来自文件夹“汛情”。").isVisible()
    tick(strip_of(page).list, 1)
    assert labelled(page, "发送 1 个文件？").isVisible()
    press(button(page, "确认发送"))
    assert sent_files(talks) == [folder / "一.docx"]


def test_an_empty_file_goes_only_when_it_is_ticked(
    qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path
) -> None:
    path = tmp_path / "空.txt"
    path.touch()
    page = shown(qtbot, talks, DIRECT)
    drop_file(messages_of(page), path)
    assert not button(page, "确认发送").isEnabled()
    tick(strip_of(page).list, 0)
    press(button(page, "确认发送"))
    assert sent_files(talks) == [path]


def test_what_cannot_go_is_said_before_anything_is_sent(
    qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path
) -> None:
    pipe, large = tmp_path / "管道", tmp_path / "大.iso"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    page = shown(qtbot, talks, DIRECT)
    drop_files(messages_of(page), [pipe, large])
    assert labelled(page, "超过 2.0 GB，不能添加：大.iso。\n不是文件：管道。").isVisible()
    assert labelled(page, "没有可以添加的文件。").isVisible()
    press(button(page, "取消"))
    assert not strip_of(page).isVisible()
    assert sent_files(talks) == []


def test_a_pasted_picture_is_shown_and_goes_when_confirmed(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    image = QImage(40, 30, QImage.Format.Format_RGB32)
    image.fill(QColor("#B3282D"))
    QGuiApplication.clipboard().setImage(image)
    field = field_of(page)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert by_name(page, QLabel, "图片预览").isVisible()
    assert sent_files(talks) == []
    press(button(page, "确认发送"))
    (picture,) = sent_files(talks)
    assert isinstance(picture, Picture)
    assert picture.name.startswith("图片 ")
    assert picture.name.endswith(".png")
    again = QImage.fromData(picture.data)
    assert (again.width(), again.height(), again.pixelColor(5, 5)) == (40, 30, QColor("#B3282D"))


def test_text_copied_with_its_picture_is_pasted_as_text(qtbot: QtBot, talks: ConversationsDouble) -> None:
    page = shown(qtbot, talks, DIRECT)
    data = QMimeData()
    data.setText("东湖泵站")
    data.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    QGuiApplication.clipboard().setMimeData(data)
    field = field_of(page)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert field.toPlainText() == "东湖泵站"
    assert not strip_of(page).isVisible()


def test_files_wait_in_their_own_conversation(
    qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path
) -> None:
    path = tmp_path / "名单.xlsx"
    path.write_bytes(b"x")
    page = shown(qtbot, talks, DIRECT)
    drop_file(messages_of(page), path)
    page.show_conversation(GROUP)
    settle()
    assert not strip_of(page).isVisible()
    page.show_conversation(DIRECT)
    settle()
    assert labelled(page, "发送 1 个文件？").isVisible()
    press(button(page, "确认发送"))
    assert [act for act in talks.acts if act[0] == "file"] == [("file", DIRECT, path)]


def test_a_download_that_was_cancelled_is_not_said_to_be_saved(
    qtbot: QtBot, talks: ConversationsDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_asked: (str(tmp_path / "存.docx"), ""))
    talks.saves = False
    page = shown(qtbot, talks, GROUP)
    choose(page, f"msg_{GROUP}_3", "另存文件")
    qtbot.waitUntil(lambda: talks.acts[-1][0] == "save")
    assert notice_text(page) == ""


@pytest.mark.parametrize(
    ("sent", "offered"),
    [
        ("..\\..\\a.lnk", "_.._a.lnk"),
        ("CON.txt", "_CON.txt"),
        ("报告.", "报告"),
        ("a/b.pdf", "a_b.pdf"),
        ("通知.pdf\n.exe", "通知.pdf[U+000A].exe"),
    ],
)
def test_a_strangers_file_is_offered_under_a_safe_name(
    qtbot: QtBot,
    talks: ConversationsDouble,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sent: str,
    offered: str,
) -> None:
    asked: list[str] = []

    def answer(_parent: object, _title: str, name: str) -> tuple[str, str]:
        asked.append(name)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    row = talks.talks[GROUP][2]
    assert row.file is not None
    talks.talks[GROUP][2] = replace(row, file=replace(row.file, name=text.shown(sent, Field.FILE_NAME)))
    page = shown(qtbot, talks, GROUP)
    choose(page, row.id, "另存文件")
    assert asked == [offered]
