"""Widgets one reads: rows, route, tree, notice, progress, pages, panels, words for moments."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QPageSize, QPainter, QPdfWriter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QProgressBar, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.moments import deadline_words, full_time, size_words, when_words
from client.ui.base.rows import Mark, RowContent, RowsModel
from client.ui.base.theme import Role, Theme, Tone
from client.ui.base.tree import TreeRowsModel
from client.ui.base.window_state import WindowState
from client.ui.widgets.buttons import Button
from client.ui.widgets.card import Card
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.list_view import ListPane, ListView
from client.ui.widgets.menu import MenuEntry
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.page_view import PageView
from client.ui.widgets.panes import TwoPane
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.route import RouteSeal, RouteTimeline, SealState, state_words
from client.ui.widgets.row_delegate import RowDelegate
from client.ui.widgets.text import Text
from client.ui.widgets.tree_view import TreeView
from tests.support.page_walk import settle
from tests.ui.finding import inside

ROWS = (RowContent("甲", unread=True), RowContent("乙"), RowContent("丙"))


def _made(rows: tuple[RowContent, ...], *, compact: bool = False, framed: bool = False) -> ListView:
    view = ListView("公文列表", compact=compact, framed=framed)
    view.setModel(RowsModel(view, key=lambda r: r.title, content=lambda r: r, rows=rows, checkable=compact))
    return view


def _list(qtbot: QtBot, rows: tuple[RowContent, ...] = ROWS, *, compact: bool = False) -> ListView:
    view = _made(rows, compact=compact)
    view.resize(320, 400)
    qtbot.addWidget(view)
    view.show()
    settle()
    return view


def rows_of(view: ListView) -> RowsModel[RowContent]:
    model = view.model()
    assert isinstance(model, RowsModel)
    return model


def test_enter_and_click_open_a_row(qtbot: QtBot) -> None:
    view = _list(qtbot)
    opened: list[str] = []
    view.opened.connect(lambda row: opened.append(row.title))
    QTest.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(1, 0)).center()
    )
    QTest.keyClick(view, Qt.Key.Key_Down)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened == ["乙", "丙"]


def test_a_selection_survives_new_rows(qtbot: QtBot) -> None:
    view = _list(qtbot)
    view.choose("乙")
    rows_of(view).set_rows((RowContent("新"), RowContent("乙"), RowContent("甲")))
    assert view.current_row().title == "乙"


def test_right_click_offers_what_may_be_done(qtbot: QtBot) -> None:
    view = _list(qtbot)
    done: list[str] = []
    view.menu_for = lambda row: [MenuEntry(f"打开{row.title}", lambda: done.append(row.title), Icon.FILE)]
    view.customContextMenuRequested.emit(view.visualRect(view.model().index(2, 0)).center())
    menu = inside(view, QMenu)
    assert [action.text() for action in menu.actions()] == ["打开丙"]
    menu.actions()[0].trigger()
    assert done == ["丙"]


@pytest.mark.parametrize("by_key", [False, True])
def test_a_row_is_ticked_by_mouse_and_by_space(qtbot: QtBot, by_key: bool) -> None:
    view = _list(qtbot, compact=True)
    view.choose("乙")
    if by_key:
        QTest.keyClick(view, Qt.Key.Key_Space)
    else:
        place = view.visualRect(view.currentIndex())
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place.topLeft() + QPoint(10, 18))
    assert rows_of(view).checked() == ("乙",)


@pytest.mark.parametrize("framed", [False, True])
def test_the_last_row_of_a_frame_has_no_line_beside_the_frames_own(
    qtbot: QtBot, theme: Theme, framed: bool
) -> None:
    view = _made(ROWS, framed=framed)
    qtbot.addWidget(view)
    view.resize(320, 400)
    view.show()
    settle()
    picture = view.viewport().grab().toImage()
    lines = [
        picture.pixelColor(200, view.visualRect(view.model().index(row, 0)).bottom()) for row in range(3)
    ]
    edge = theme.color(Role.EDGE)
    assert [line == edge for line in lines] == [True, True, not framed]


def test_an_unread_row_bears_a_seal_red_dot(qtbot: QtBot, theme: Theme) -> None:
    view = _list(qtbot)
    picture = view.grab().toImage()
    seal = theme.color(Role.SEAL).rgb()
    dots = [
        number for number in range(3) if _has(picture, seal, view.visualRect(view.model().index(number, 0)))
    ]
    assert dots == [0]


def test_only_a_cut_row_has_a_tooltip(qtbot: QtBot) -> None:
    delegate = RowDelegate(_list(qtbot))
    content = RowContent(
        "关于做好冬季公路养护工作的通知", "市交通运输局", "昨天", deadline=Mark("11月30日前")
    )
    assert delegate.is_cut(content, 160)
    assert not delegate.is_cut(content, 640)


def test_an_empty_list_says_what_would_be_here(qtbot: QtBot) -> None:
    view = _made(())  # the pane's from here on, and deleted with it
    pane = ListPane(view, EmptyState(Icon.INBOX, "没有待办", "新到的公文会出现在这里。", "拟稿"))
    qtbot.addWidget(pane)
    assert pane.currentWidget() is pane.empty
    rows_of(view).set_rows(ROWS)
    assert pane.currentWidget() is view
    with qtbot.waitSignal(pane.empty.acted):
        inside(pane.empty, Button).click()


def test_the_route_says_each_seal_and_whether_it_is_verified(
    qtbot: QtBot, qtmodeltester: ModelTester
) -> None:
    route = RouteTimeline("流转")
    qtbot.addWidget(route)
    route.resize(300, 400)
    route.show()
    seals = [
        RouteSeal(str(n), "王芳", "核稿", "10:12", "很长的意见。" * n * 10, state)
        for n, state in enumerate(SealState)
    ]
    route.set_steps(seals)
    settle()
    qtmodeltester.check(route.model())  # type: ignore[no-untyped-call]  # pytest-qt has no types for it
    spoken = [route.model().index(n, 0).data(Qt.ItemDataRole.AccessibleTextRole) for n in range(len(seals))]
    assert all(state_words(seal.state) in said for seal, said in zip(seals, spoken, strict=True))
    heights = [route.visualRect(route.model().index(n, 0)).height() for n in range(3)]
    assert heights == sorted(heights)
    assert heights[2] > heights[0] + 40
    route.grab()


def test_the_tree_keeps_what_was_open_and_chosen(qtbot: QtBot) -> None:
    rows = (("city", None), ("fgw", "city"), ("office", "fgw"), ("czj", "city"))
    model = TreeRowsModel(
        None,
        key=lambda r: r[0],
        parent_key=lambda r: r[1],
        content=lambda r: RowContent(r[0], "3 人"),
        rows=rows,
    )
    tree = TreeView("机构")
    qtbot.addWidget(tree)
    tree.show_model(model)
    tree.show()
    tree.expand(model.index_of("fgw"))
    tree.choose("czj")
    model.set_rows((*rows, ("section", "czj")))
    assert tree.isExpanded(model.index_of("fgw"))
    assert tree.current_row() == ("czj", "city")
    opened: list[object] = []
    tree.opened.connect(opened.append)
    QTest.keyClick(tree, Qt.Key.Key_Return)
    assert opened == [("czj", "city")]
    tree.grab()


def test_a_notice_says_what_to_do_and_gives_its_code_when_asked(qtbot: QtBot) -> None:
    bar = NoticeBar()
    qtbot.addWidget(bar)
    assert not bar.isVisible()
    bar.show_notice(Notice("无法连接服务器。", "联网后自动送出。", "network.unreachable"))
    bar.show()
    offer, later, details, code, close = bar.findChildren(Button)
    assert not code.isVisible()
    assert not offer.isVisible()
    assert not later.isVisible()
    QTest.mouseClick(details, Qt.MouseButton.LeftButton)
    assert (code.text(), code.isVisible(), details.isVisible()) == ("network.unreachable", True, False)
    QTest.mouseClick(code, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "network.unreachable"
    # Another fault: its code is folded away again.
    bar.show_notice(Notice("服务器繁忙。", "请稍后再试。", "server.busy"))
    assert (code.isVisible(), details.isVisible()) == (False, True)
    bar.show_notice(Notice("无法连接服务器。", "联网后自动送出。", "network.unreachable"))
    assert bar.accessibleDescription() == "无法连接服务器。 联网后自动送出。"
    with qtbot.waitSignal(bar.dismissed):
        QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()


def test_progress_counts_and_can_be_stopped(qtbot: QtBot) -> None:
    line = ProgressLine()
    qtbot.addWidget(line)
    line.start("正在送出附件")
    line.set_progress(3, 12, 90)
    assert "3 / 12 · 约剩 2 分钟" in [text.text() for text in line.findChildren(Text)]
    assert inside(line, QProgressBar).value() == 3
    with qtbot.waitSignal(line.cancelled):
        inside(line, Button).click()


def test_a_splitter_is_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    state = WindowState(tmp_path / "window.ini")
    pane = TwoPane(QWidget(), QWidget(), "documents", state)
    qtbot.addWidget(pane)
    pane.resize(1200, 600)
    pane.show()
    pane.moveSplitter(400, 1)
    state.save()
    again = TwoPane(QWidget(), QWidget(), "documents", WindowState(tmp_path / "window.ini"))
    qtbot.addWidget(again)
    again.resize(1200, 600)
    again.show()
    assert abs(again.sizes()[0] - pane.sizes()[0]) <= 1


def test_a_card_names_its_facts(qtbot: QtBot) -> None:
    card = Card("王芳", "市发展改革委", avatar="王芳")
    qtbot.addWidget(card)
    card.add_section("设备")
    fact = card.add_fact("办公电脑", "首台设备", Tone.DONE)
    assert (fact.accessibleName(), fact.text()) == ("办公电脑", "首台设备")


def test_pages_are_turned_by_asking(qtbot: QtBot) -> None:
    view = PageView("预览")
    qtbot.addWidget(view)
    view.resize(600, 800)
    view.show()
    view.set_page(0, _png(), 2)
    back, forth = view.findChildren(Button)
    assert (back.isEnabled(), forth.isEnabled()) == (False, True)
    with qtbot.waitSignal(view.page_wanted, check_params_cb=lambda number: number == 1):
        forth.click()
    view.set_page(1, _png(), 2)
    assert (back.isEnabled(), forth.isEnabled()) == (True, False)
    assert "第 2 页，共 2 页" in [text.text() for text in view.findChildren(Text)]


NOW = datetime(2026, 11, 23, 14, 0).astimezone()


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(hours=4), "今天 10:00"),
        (timedelta(days=1), "昨天 14:00"),
        (timedelta(days=3), "11月20日"),
        (timedelta(days=400), "2025年10月19日"),
    ],
)
def test_when_in_words(ago: timedelta, said: str) -> None:
    assert when_words(_ms(NOW - ago), _ms(NOW)) == said


@pytest.mark.parametrize(
    ("ahead", "said", "tone"),
    [
        (timedelta(hours=3), "今天 17:00 前", Tone.WAITING),
        (timedelta(days=1), "明天 14:00 前", Tone.WAITING),
        (timedelta(days=3), "11月26日前", Tone.NEUTRAL),
        (timedelta(days=7), "11月30日前", Tone.NEUTRAL),
        (timedelta(days=-3), "已逾期（11月20日）", Tone.SEAL),
    ],
)
def test_deadlines_in_words(ahead: timedelta, said: str, tone: Tone) -> None:
    """By the clock of the city, and near when few working days are left, wherever the machine stands."""
    now = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=8)))
    assert deadline_words(_ms(now + ahead), _ms(now)) == Mark(said, tone)


def test_exact_times_and_sizes() -> None:
    assert full_time(_ms(NOW)) == "2026-11-23 14:00"
    assert [size_words(n) for n in (0, 512, 3277, 12_582_912, 3_221_225_472)] == [
        "0 B",
        "512 B",
        "3.2 KB",
        "12 MB",
        "3.0 GB",
    ]


def _has(picture: QImage, colour: int, place: QRect) -> bool:
    left = range(place.left(), place.left() + 16)
    return any(picture.pixel(x, y) == colour for x in left for y in range(place.top(), place.bottom()))


def _png() -> bytes:
    image = QImage(QSize(210, 297), QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())


def _pdf() -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    painter = QPainter(writer)
    painter.drawText(100, 100, "1")
    writer.newPage()
    painter.end()
    return bytes(buffer.data().data())
