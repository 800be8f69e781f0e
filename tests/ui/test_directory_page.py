"""The address book and today: what is shown, what is found, what a confirmation does."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from client.ui.directory.page import DirectoryPage, nodes
from client.ui.today.page import TodayPage
from client.ui.widgets.search_field import SearchField
from tests.support.page_walk import settle, walk
from tests.ui.finding import inside
from tests.ui.login_double import WAITING, AtOnce, DirectoryDouble


def texts(page: QWidget) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel))


def opened(directory: DirectoryDouble) -> DirectoryPage:
    page = DirectoryPage(directory, AtOnce(), None)
    page.refresh()
    return page


async def test_the_search_keeps_the_way_up() -> None:
    bodies = await DirectoryDouble().bodies()
    found = [node.content.title for node in nodes(bodies, "发改委文书")]
    assert found == ["云江市人民政府", "云江市发展和改革委员会", "文秘科文书", "发改委文书"]
    assert nodes(bodies, "没有这个人") == []


def test_a_search_that_finds_nothing_says_so(qtbot: QtBot) -> None:
    page = opened(DirectoryDouble())
    qtbot.addWidget(page)
    page.show()
    settle()
    search = page.findChildren(SearchField)[0]
    search.setText("没有这个人")
    search.search_now()
    assert inside(page, QLabel, lambda label: label.text().startswith("没有名称相符的")).isVisible()
    search.clear()
    search.search_now()
    assert not any(
        label.isVisible() for label in page.findChildren(QLabel) if label.text().startswith("没有")
    )


def test_the_page_says_where_the_directory_stands(qtbot: QtBot) -> None:
    page = opened(DirectoryDouble())
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: "组织快照第 2 号" in texts(page))


def test_who_waits_is_told_to_today(qtbot: QtBot) -> None:
    page, today = DirectoryPage(DirectoryDouble(), AtOnce(), None), TodayPage()
    qtbot.addWidget(page)
    qtbot.addWidget(today)
    counted: list[int] = []
    today.counted.connect(counted.append)
    page.members_read.connect(today.set_members)
    page.refresh()
    qtbot.waitUntil(lambda: counted == [1])


def full_today() -> TodayPage:
    page = TodayPage()
    page.set_members((WAITING,))
    return page


def test_the_pages_are_well_drawn(qtbot: QtBot) -> None:
    walk(lambda: opened(DirectoryDouble()), "directory")
    walk(TodayPage, "today-empty")
    walk(full_today, "today")
