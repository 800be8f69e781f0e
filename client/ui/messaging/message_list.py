"""The messages of a conversation: at its end until one scrolls up, and then where one is, whatever arrives."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QListView, QWidget

from client.messaging.rows import Delivery, MessageKind, MessageRow
from client.ui.base.clipboard import copy_text
from client.ui.base.language import tr
from client.ui.base.moments import full_time
from client.ui.base.passing_time import passing_time
from client.ui.base.rows import RowRole
from client.ui.base.tips import show_tip
from client.ui.messaging.message_delegate import MessageDelegate
from client.ui.messaging.message_model import MessageModel
from client.ui.messaging.words import is_folded
from client.ui.widgets.list_view import ListView

_NEAR = 240  # pixels from an end at which more is asked for


def tooltip(row: MessageRow) -> str:
    """When it was said, and what to think of a device that its person has not confirmed."""
    if not row.unvouched:
        return full_time(row.at)
    return "\n".join(
        (
            full_time(row.at),
            tr("{name} has confirmed this device with no other of his own.", name=row.sender),
            tr("Ask in person before you act on it. It gets none of the keys of this conversation."),
        )
    )


class MessageList(ListView):
    """Draws with MessageDelegate.

    Signals: `older_wanted`, `newer_wanted` (the view is near that end), `at_end_changed` (the newest in view is seen
    or not), `retry_asked`, `cancel_asked`, `save_asked`, `whole_asked` (MessageRow), `quote_followed` (message id).
    """

    older_wanted = Signal()
    newer_wanted = Signal()
    at_end_changed = Signal(bool)
    retry_asked = Signal(object)
    cancel_asked = Signal(object)
    save_asked = Signal(object)
    whole_asked = Signal(object)
    quote_followed = Signal(str)

    def __init__(self, now: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(tr("Messages"), parent)
        self._messages = MessageModel(now, self)
        self._delegate = MessageDelegate(self)
        self._stuck = True
        self._ends = True  # the last row is the conversation's last: below it there is nothing more
        self._moving = False
        self.setUniformItemSizes(False)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setItemDelegate(self._delegate)
        self.setModel(self._messages)
        self.verticalScrollBar().setSingleStep(24)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.clicked.disconnect()  # a click selects; what can be done stands in the row or in the menu
        self.opened.connect(self._act_on)
        passing_time().midnight.connect(self._messages.turn_day)

    @property
    def at_end(self) -> bool:
        """Whether the newest message of the conversation is seen."""
        return self._stuck

    @property
    def rows(self) -> tuple[MessageRow, ...]:
        return self._messages.rows

    def set_messages(
        self,
        rows: Sequence[MessageRow],
        *,
        group: bool,
        fresh: str = "",
        ends: bool = True,
        found: str = "",
    ) -> None:
        """Show these; what one is reading stays where it is. `ends`: no later ones are left out. `found`: go there instead.

        Only where the conversation ends does the view stick to the last row: the end of a page far back is no place to
        stay at, for whatever is read after it would carry the reader along.
        """
        anchor = self._anchor()
        self._moving = True
        self._ends = ends
        self._stuck = self._stuck and ends and not found
        self._messages.set_rows(rows, group=group, fresh=fresh)
        self._settle(*anchor)
        if not found or not self.go_to(found):
            self._note_end()

    def go_to_end(self) -> None:
        self._delegate.found = ""
        self._stuck = True
        self._settle("", 0)
        self.at_end_changed.emit(True)

    def go_to(self, message: str) -> bool:
        """Bring a message to the middle and mark it."""
        index = self._messages.index_of(message)
        if not index.isValid():
            return False
        self._delegate.found = message
        self.doItemsLayout()
        self.setCurrentIndex(index)
        self.scrollTo(index, QListView.ScrollHint.PositionAtCenter)
        self._note_end()
        self.viewport().update()
        return True

    def ask_for_more(self) -> None:
        """Say what is wanted where the view stands now."""
        bar = self.verticalScrollBar()
        if not self._messages.rowCount():
            return
        if bar.value() <= bar.minimum() + _NEAR:
            self.older_wanted.emit()
        if bar.value() >= bar.maximum() - _NEAR:
            self.newer_wanted.emit()

    # Keeping the place

    def _anchor(self) -> tuple[str, int]:
        """The first message in view and how far its top is from the view's."""
        index = self.indexAt(self.viewport().rect().topLeft())
        if not index.isValid():
            return "", 0
        row = index.data(RowRole.ROW)
        return row.id, self.visualRect(index).top()

    def _settle(self, anchor: str, offset: int) -> None:
        """Lay everything out and go back to where one was."""
        self._moving = True
        self.doItemsLayout()
        bar = self.verticalScrollBar()
        if self._stuck:
            bar.setValue(bar.maximum())
        else:
            index = self._messages.index_of(anchor)
            if index.isValid():
                bar.setValue(bar.value() + self.visualRect(index).top() - offset)
        self._moving = False

    def _on_scrolled(self, _value: int) -> None:
        if not self._moving:
            self._note_end()
            self.ask_for_more()

    def _note_end(self) -> None:
        bar = self.verticalScrollBar()
        stuck = self._ends and bar.value() >= bar.maximum() - 4
        if stuck != self._stuck:
            self._stuck = stuck
            self.at_end_changed.emit(stuck)

    def resizeEvent(self, event: QResizeEvent) -> None:
        anchor = self._anchor()
        self._moving = True
        super().resizeEvent(event)
        self._settle(*anchor)

    # What the user does

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._press(self.indexAt(event.position().toPoint()), event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        hand = index.isValid() and self._part(index, event) != ""
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current_row()
        if event.matches(QKeySequence.StandardKey.Copy) and isinstance(row, MessageRow):
            copy_text(row.text)
            return
        super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = self.indexAt(event.pos()).data(RowRole.ROW) if self.indexAt(event.pos()).isValid() else None
            if isinstance(row, MessageRow):
                show_tip(event.globalPos(), tooltip(row), self)
                return True
        return super().viewportEvent(event)

    def _part(self, index: QModelIndex, event: QMouseEvent) -> str:
        placed = self._delegate.placed(index)
        if placed is None:
            return ""
        at = event.position().toPoint() - self.visualRect(index).topLeft()
        if placed.link.contains(at):
            return "link"
        return "quote" if placed.quote.contains(at) else ""

    def _press(self, index: QModelIndex, event: QMouseEvent) -> None:
        part = self._part(index, event) if index.isValid() else ""
        row = index.data(RowRole.ROW)
        if part == "quote" and row.reply is not None:
            self.quote_followed.emit(row.reply.message)
        elif part == "link" and row.file is not None and row.file.progress is not None:
            self.cancel_asked.emit(row)
        elif part == "link":
            self._act_on(row)

    def _act_on(self, row: MessageRow) -> None:
        """Do what the row offers: Enter, or a click on the words of its foot."""
        if row.mine and row.delivery is Delivery.REFUSED:
            self.retry_asked.emit(row)
        elif row.kind is MessageKind.FILE and not row.recalled and row.unreadable is None:
            self.save_asked.emit(row)
        elif is_folded(row):
            self.whole_asked.emit(row)
