"""What is pasted arrives, or its writer is told that nothing could: tables without plain text, pictures with words, other forms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from client.ui.base.errors import Notice
from client.ui.documents.body_edit import BodyEdit
from client.ui.messaging.message_edit import MessageEdit
from client.ui.widgets.dropped import holds_picture, text_in
from client.ui.widgets.html_text import words_of
from client.ui.widgets.text_entry import LineEntry, TextEntry
from protocol.text import Field, clean_piece
from tests.support.page_walk import settle

TABLE = (
    "<html><head><style>td {color: red}</style></head><body><!--StartFragment--><table>"
    "<tr><td>东湖泵站</td><td><p>2025</p></td><td></td></tr>\r\n<tr><th>a&lt;b<th> 1 000 </tr></table></body></html>"
)
NO_TEXT = "剪贴板里没有可用的文字。"


def html(source: str) -> QMimeData:
    data = QMimeData()
    data.setHtml(source)
    return data


def rich_text() -> QMimeData:
    data = QMimeData()
    data.setData("text/rtf", b"{\\rtf1 words}")
    return data


def picture(source: str = "") -> QMimeData:
    data = html(source) if source else QMimeData()
    data.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    return data


class Page(QWidget):
    """A page with a field, that says what it is told to."""

    def __init__(self, field: QWidget) -> None:
        super().__init__()
        self.said: list[str] = []
        QVBoxLayout(self).addWidget(field)

    def show_notice(self, notice: Notice) -> None:
        self.said.append(notice.what)

    def clear_notice(self) -> None:
        self.said.clear()


@pytest.fixture
def page(qtbot: QtBot, request: pytest.FixtureRequest) -> Page:
    made = Page(request.param())
    qtbot.addWidget(made)
    return made


FIELDS = pytest.mark.parametrize(
    "page",
    [lambda: TextEntry(Field.OPINION), BodyEdit, MessageEdit],
    ids=["opinion", "body", "message"],
    indirect=True,
)


def field_in(page: Page) -> TextEntry:
    found = page.findChild(TextEntry)
    assert isinstance(found, TextEntry)
    return found


@FIELDS
def test_a_table_that_comes_as_html_alone_is_pasted_cell_by_cell(page: Page) -> None:
    field = field_in(page)
    assert field.canInsertFromMimeData(html(TABLE))
    field.insertFromMimeData(html(TABLE))
    assert field.toPlainText() == "东湖泵站 2025 \na<b 1 000"
    field.undo()
    assert field.toPlainText() == ""
    assert page.said == []


@FIELDS
def test_what_has_no_text_is_said_on_the_page(page: Page) -> None:
    for nothing in (rich_text(), html("<img src='file:///etc/passwd'>"), QMimeData()):
        page.said.clear()
        field_in(page).insertFromMimeData(nothing)
        assert field_in(page).toPlainText() == ""
        assert page.said == [NO_TEXT]


@pytest.mark.parametrize("page", [lambda: TextEntry(Field.OPINION)], ids=["opinion"], indirect=True)
def test_the_path_of_a_file_is_no_words_of_an_opinion(page: Page) -> None:
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile("/home/值班表.xlsx")])
    field_in(page).insertFromMimeData(files)
    assert field_in(page).toPlainText() == ""
    assert page.said == [NO_TEXT]


@pytest.mark.parametrize("page", [MessageEdit, BodyEdit], ids=["message", "body"], indirect=True)
def test_the_words_beside_a_picture_are_words_and_a_picture_alone_is_a_picture(
    page: Page, qtbot: QtBot
) -> None:
    field = field_in(page)
    assert isinstance(field, MessageEdit | BodyEdit)
    given: list[object] = []
    field.picture_given.connect(given.append)
    field.insertFromMimeData(picture("<p>见下图：<img src='a.png'></p>"))
    assert field.toPlainText() == "见下图："
    assert given == []
    for alone in (picture(), picture("<img src='a.png' alt='图'>")):
        assert holds_picture(alone)
        field.insertFromMimeData(alone)
    assert len(given) == 2
    assert page.said == []


@pytest.fixture
def clipboard() -> Iterator[None]:
    yield
    QGuiApplication.clipboard().clear()


@pytest.mark.usefixtures("clipboard")
@pytest.mark.parametrize("page", [lambda: LineEntry(Field.TITLE)], ids=["title"], indirect=True)
def test_a_line_takes_the_words_of_html_too_and_says_when_there_are_none(page: Page) -> None:
    line = page.findChild(LineEntry)
    assert isinstance(line, LineEntry)
    page.show()
    for data, text in ((html("<h1>关于<b>防汛</b></h1><p>的通知"), "关于防汛 的通知"), (rich_text(), "")):
        line.clear()
        QGuiApplication.clipboard().setMimeData(data)
        QTest.keySequence(line, QKeySequence(QKeySequence.StandardKey.Paste))
        settle()
        assert line.text() == text
    assert page.said == [NO_TEXT]
    QGuiApplication.clipboard().setText("通知\t二")
    QTest.keySequence(line, QKeySequence(QKeySequence.StandardKey.Paste))
    assert line.text() == "通知 二"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("一<br>二<div>三</div>四", "一\n二\n三\n四"),
        ("<ul><li>甲</li><li>乙</ul>", "甲\n乙"),
        ("<p>a\n  b&nbsp;&amp;c</p>\n\n<p>d", "a b\u00a0&c\nd"),
        ("<pre>x = 1\n  y = 2</pre>", "x = 1\ny = 2"),
        ("<script>alert('x')</script>字<title>题</title>", "字"),
        ("1 < 2 <b>且</b> 3 > 2", "1 < 2 且 3 > 2"),
        ("<!-- 不见 -->见<!-- 未完", "见"),
        ("<table><tr><td>1<td>2<tr><td>3<td><p>4</p><p>5</p></table>尾", "1\t2\n3\t4 5\n尾"),
        ("<o:p>甲</o:p><![endif]>乙", "甲乙"),
        ("", ""),
        (" <img src=x> ", ""),
    ],
)
def test_html_is_read_as_its_reader_saw_it(source: str, words: str) -> None:
    assert words_of(source) == words


CELLS = st.text("甲乙12<>&;'\"/ ", min_size=1, max_size=6).filter(str.strip)


@settings(max_examples=200)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5))
def test_no_cell_of_a_table_is_lost_or_runs_into_the_next(rows: list[list[str]]) -> None:
    def escaped(cell: str) -> str:
        return cell.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    source = "".join(f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in row)}</tr>" for row in rows)
    tidy = [[" ".join(cell.split()) for cell in row] for row in rows]
    assert [line.split("\t") for line in words_of(f"<table>{source}</table>").split("\n")] == tidy


@given(st.text("<>!-/a='\" bdhpt甲\n", max_size=60))
def test_any_html_is_read(source: str) -> None:
    clean_piece(words_of(source), Field.MESSAGE)


@pytest.mark.parametrize("piece", ["<", "<a", "<!--", "<td>", "<a b='", "&", "<pre>"])
def test_html_of_a_bad_hand_is_read_in_one_go(piece: str) -> None:
    """Each place is looked at once: else these took minutes."""
    assert len(words_of(piece * 200_000)) <= len(piece) * 200_000


def test_text_wins_over_html() -> None:
    data = html("<b>粗</b>")
    data.setText("细")
    assert text_in(data) == "细"
