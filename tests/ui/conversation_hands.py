"""Opens the page of conversations, and finds and does in it what a clerk would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QModelIndex, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QListView, QMenu, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from client.messaging.rows import MessageRow
from client.ui.base.language import tr
from client.ui.base.rows import RowRole
from client.ui.base.window_state import WindowState
from client.ui.messaging.conversation import ConversationPane
from client.ui.messaging.message_list import MessageList
from client.ui.messaging.page import MessagesPage
from client.ui.widgets.list_view import ListView
from client.ui.widgets.notice import NoticeBar
from tests.support.page_walk import discard, settle
from tests.ui.document_hands import by_name
from tests.ui.login_double import AtOnce
from tests.ui.messaging_double import NOW, ConversationsDouble


def discard_pages() -> None:
    """Delete what a test has shown: pages left over are restyled with every theme, at some later test's expense."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, MessagesPage):
            discard(widget)


def made(
    conversations: ConversationsDouble | None = None,
    state: WindowState | None = None,
    now: Callable[[], int] = lambda: NOW,
) -> MessagesPage:
    page = MessagesPage(conversations or ConversationsDouble(), AtOnce(), state, now=now)
    page.refresh()
    return page


def shown(
    qtbot: QtBot,
    conversations: ConversationsDouble,
    conversation: str = "",
    state: WindowState | None = None,
    now: Callable[[], int] = lambda: NOW,
) -> MessagesPage:
    page = made(conversations, state, now)
    page.resize(1280, 800)
    qtbot.addWidget(page)
    page.show()
    settle()
    if conversation:
        page.show_conversation(conversation)
        settle()
    return page


def messages_of(page: QWidget) -> MessageList:
    return by_name(page, MessageList, tr("Messages"))


def pane_of(page: QWidget) -> ConversationPane:
    (pane,) = page.findChildren(ConversationPane)
    return pane


def field_of(page: QWidget) -> QPlainTextEdit:
    return by_name(page, QPlainTextEdit, "输入消息")


def rows_of(page: QWidget) -> tuple[MessageRow, ...]:
    return messages_of(page).rows


def menu_of(view: QListView, row: int) -> QMenu:
    """The right-click menu of a row, open."""
    index = view.model().index(row, 0)
    view.scrollTo(index)
    view.setCurrentIndex(index)
    settle()
    view.customContextMenuRequested.emit(view.visualRect(index).center())
    settle()
    menus = [menu for menu in view.findChildren(QMenu) if menu.isVisible()]
    assert menus, "no menu"
    return menus[-1]


def words_of(menu: QMenu) -> list[str]:
    words = [action.text() for action in menu.actions()]
    menu.close()
    return words


def choose(page: QWidget, message: str, words: str) -> None:
    """Choose an entry of a message's menu."""
    view = messages_of(page)
    place = next(n for n, row in enumerate(view.rows) if row.id == message)
    menu = menu_of(view, place)
    action = next(action for action in menu.actions() if action.text() == words)
    action.trigger()
    menu.close()
    settle()


def drop_file(target: QWidget, path: Path) -> None:
    drop_files(target, [path])


def drop_files(target: QWidget, paths: Sequence[Path]) -> None:
    """Drag files over a widget and let them fall; Qt looks around it for one that takes drops."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    hands = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(target, QDragEnterEvent(QPoint(5, 5), copy, data, *hands))
    QApplication.sendEvent(target, QDropEvent(QPointF(5, 5), copy, data, *hands))
    settle()


def conversations_of(page: QWidget) -> ListView:
    return by_name(page, ListView, "会话列表")


def content(view: QListView, row: int) -> object:
    return view.model().index(row, 0).data(RowRole.CONTENT)


def at(view: QListView, row: int, offset: QPoint) -> QPoint:
    """A place inside a row."""
    return view.visualRect(view.model().index(row, 0)).topLeft() + offset


def notice_text(page: QWidget) -> str:
    """What the notices in view say."""
    bars = [bar for bar in page.findChildren(NoticeBar) if bar.isVisible()]
    return " ".join(label.text() for bar in bars for label in bar.findChildren(QLabel) if label.text())


def numbers_of(page: QWidget) -> list[int]:
    """Which of the long talk's messages are in view, by their numbers."""
    return [int(row.text[1 : row.text.index("条")]) for row in rows_of(page) if row.text.startswith("第")]


def seen_in(view: QListView, index: QModelIndex) -> bool:
    return view.viewport().rect().contains(view.visualRect(index).center())


@contextmanager
def drawing(view: QListView, drawn: list[object]) -> Iterator[None]:
    """Notes whenever the view is painted."""

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                drawn.append(watched)
            return False

    watch = Watch()
    view.viewport().installEventFilter(watch)
    yield
    view.viewport().removeEventFilter(watch)
