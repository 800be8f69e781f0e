"""The walk bites: each kind of fault, planted on purpose, is found; a good page passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from client.ui.base.theme import Theme, ThemeChoice
from client.ui.widgets.text import ElidedText, Text
from tests.support.page_checks import contrast_faults, cut_faults, name_faults, tab_faults
from tests.support.page_walk import discard, settle, walk
from tests.ui.finding import inside

Show = Callable[..., QWidget]


@pytest.fixture
def show(qapp: object) -> Iterator[Show]:
    """Puts widgets on a page and shows it."""
    pages: list[QWidget] = []

    def put(*widgets: QWidget) -> QWidget:
        page = QWidget()
        page.setProperty("ground", "surface")
        column = QVBoxLayout(page)
        for widget in widgets:
            column.addWidget(widget)
        column.addStretch(1)
        page.resize(600, 400)
        page.show()
        settle()
        pages.append(page)
        return page

    yield put
    for page in pages:
        discard(page)


def test_a_narrow_label_is_found(show: Show) -> None:
    label = QLabel("关于做好冬季公路养护工作的通知")
    label.setFixedWidth(60)
    assert any("needs" in fault for fault in cut_faults(show(label)))


def test_a_low_label_is_found(show: Show) -> None:
    label = QLabel("上\n中\n下")
    label.setFixedHeight(20)
    assert any("height" in fault for fault in cut_faults(show(label)))


def test_a_wrapped_label_without_room_is_found(show: Show) -> None:
    label = Text("关于做好冬季公路养护和安全保畅工作的通知，" * 4, wrap=True)
    label.setFixedSize(120, 24)
    assert any("wraps to" in fault for fault in cut_faults(show(label)))


def test_a_squeezed_button_is_found(show: Show) -> None:
    button = QPushButton("送领导签发")
    button.setFixedWidth(40)
    assert cut_faults(show(button))


def test_a_combo_with_too_wide_an_entry_is_found(show: Show) -> None:
    combo = QComboBox()
    combo.addItems(["函", "关于做好冬季公路养护工作"])
    combo.setFixedWidth(90)
    assert cut_faults(show(combo))


def test_a_cut_placeholder_is_found(show: Show) -> None:
    field = QLineEdit()
    field.setPlaceholderText("按标题、文号或发文机关搜索")
    field.setFixedWidth(80)
    assert cut_faults(show(field))


def test_a_cut_header_is_found(show: Show) -> None:
    table = QTableWidget(1, 1)
    table.setHorizontalHeaderLabels(["发文机关及承办单位"])
    table.setColumnWidth(0, 40)
    assert any("header" in fault for fault in cut_faults(show(table)))


def test_a_cut_tab_is_found(show: Show) -> None:
    tabs = QTabBar()
    tabs.addTab("办理情况")
    tabs.setUsesScrollButtons(False)
    tabs.setElideMode(Qt.TextElideMode.ElideRight)
    tabs.setFixedWidth(40)
    assert any("tab" in fault for fault in cut_faults(show(tabs)))


def test_widgets_over_one_another_are_found(show: Show) -> None:
    page = show(QLabel("标题"))
    other = QLabel("压住", page)
    other.move(inside(page, QLabel).pos())
    other.adjustSize()
    other.show()
    assert any("lies over" in fault for fault in cut_faults(page))


def test_what_sticks_out_is_found(show: Show) -> None:
    page = show(QLabel("标题"))
    other = QPushButton("出界", page)
    other.adjustSize()
    other.move(page.width() - 10, 200)
    other.show()
    assert any("sticks out" in fault for fault in cut_faults(page))


def test_a_title_may_be_cut_when_its_tooltip_says_it_all(show: Show) -> None:
    title = ElidedText("关于做好冬季公路养护和安全保畅工作的通知" * 5)
    assert cut_faults(show(title)) == []
    assert title.toolTip() == title.whole
    title.setToolTip("")
    assert cut_faults(title)


@pytest.mark.parametrize("choice", [ThemeChoice.LIGHT, ThemeChoice.DARK])
def test_low_contrast_is_found(show: Show, theme: Theme, choice: ThemeChoice) -> None:
    theme.choose(choice)
    label = QLabel("看不清")
    label.setStyleSheet("color: #808080; background: #9A9A9A;")
    field = QLineEdit("也看不清")
    field.setStyleSheet("color: #777777; background: #888888;")
    assert len(contrast_faults(show(label, field))) == 2


def test_a_control_without_name_is_found(show: Show) -> None:
    assert name_faults(show(QLineEdit()))
    assert name_faults(show(QPushButton("有字就有名"))) == []


def test_a_control_out_of_the_tab_chain_is_found(show: Show) -> None:
    class Returning(QLineEdit):
        def event(self, event: QEvent) -> bool:
            if event.type() == QEvent.Type.KeyPress:
                first.setFocus()
                return True
            return super().event(event)

    first = QLineEdit()
    faults = tab_faults(show(first, Returning(), QLineEdit()))
    assert [fault for fault in faults if "not reached" in fault]


def test_an_editor_that_keeps_tab_is_found(show: Show) -> None:
    assert any(
        "keeps the Tab key" in fault for fault in tab_faults(show(QLineEdit(), QPlainTextEdit(), QLineEdit()))
    )


def test_the_walk_fails_with_the_page_and_its_look_in_the_message(qapp: object) -> None:
    def factory() -> QWidget:
        page = QWidget()
        QVBoxLayout(page).addWidget(QLineEdit())
        return page

    with pytest.raises(AssertionError, match="planted-1280x800-light-zh_CN: QLineEdit"):
        walk(factory, "planted")


def test_a_good_page_passes(qapp: object) -> None:
    def factory() -> QWidget:
        page = QWidget()
        page.setProperty("ground", "surface")
        column = QVBoxLayout(page)
        column.addWidget(QLabel("口令"))
        field = QLineEdit()
        field.setAccessibleName("口令")
        column.addWidget(field)
        column.addWidget(QPushButton("解锁"))
        column.addStretch(1)
        return page

    walk(factory, "good")
