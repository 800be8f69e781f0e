"""The messages of a conversation that are in view: a few hundred around where one reads, of however many there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from client.messaging.rows import MessagePage, MessageRow
from client.ui.base.operation import CoreRunner, Operation
from client.ui.messaging.services import Conversations

PAGE = 100
MOST = 500

Rows = tuple[MessageRow, ...]
_R = TypeVar("_R")


class History(QObject):
    """One window of messages without gaps; one read at a time. `following`: the reader is at the newest message, and the
    window moves on with what comes; otherwise it stays where it begins.

    Whether the window touches either end of the conversation is what the pages say, never how many rows they have.

    Signals: `changed` (the rows in view are others, or were read again), `found` (the message that was to be brought into
    view; the rows are those around it), `failed` (the exception).
    """

    changed = Signal()
    found = Signal(str)
    failed = Signal(object)

    def __init__(self, conversations: Conversations, runner: CoreRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._conversation = ""
        self._reading: QObject | None = None
        self._again = False
        self.following = True
        self.rows: Rows = ()
        self.read = False  # whether there is an answer at all
        self.at_start = False
        self.at_end = True

    def open(self, conversation: str) -> None:
        """Turn to the end of a conversation."""
        self._stop()
        self._conversation = conversation
        self.following = True
        self.rows, self.read, self.at_start, self.at_end = (), False, False, True
        self.refresh()

    def refresh(self) -> None:
        """Read again what is in view, and what has come since when the end is in view."""
        if not self._conversation:
            return
        if self._reading is not None:
            self._again = True
            return
        first, name = _first(self.rows), self._conversation
        if first is None or (self.at_end and self.following):
            limit = min(len(self.rows) + PAGE, MOST)
            self._read(
                lambda: self._conversations.newest(name, limit), lambda page: self._on_tail(page, first)
            )
        else:
            limit = MOST if self.at_end else len(self.rows)
            self._read(lambda: self._conversations.after(name, first - 1, limit), self._show)

    def to_end(self) -> None:
        """Back to the newest."""
        self.open(self._conversation)

    def older(self) -> None:
        """One page more before what is in view."""
        first, name = _first(self.rows), self._conversation
        if self._reading is None and first is not None and not self.at_start:
            self._read(lambda: self._conversations.before(name, first, PAGE), self._on_older)

    def newer(self) -> None:
        """One page more after what is in view."""
        last, name = _last(self.rows), self._conversation
        if self._reading is None and last is not None and not self.at_end:
            self._read(lambda: self._conversations.after(name, last, PAGE), self._on_newer)

    def seek(self, message: str, missing: Callable[[], object]) -> None:
        """Turn to a message however far from here; `missing`: it is not on this device."""
        self._stop()
        name = self._conversation

        def show(page: MessagePage | None) -> None:
            if page is None:
                missing()
                return
            self._take(page)
            self.found.emit(message)

        self._read(lambda: self._conversations.around(name, message, PAGE), show)

    # Reading

    def _read(self, start: Callable[[], Awaitable[_R]], then: Callable[[_R], object]) -> None:
        def arrived(page: _R) -> None:
            self._reading = None
            self.read = True
            then(page)
            self._next()

        operation = Operation(self, self._runner, start, on_success=arrived, on_failure=self.failed.emit)
        operation.finished.connect(lambda: self._forget(operation))
        if operation.busy:
            self._reading = operation

    def _forget(self, operation: QObject) -> None:
        if self._reading is operation:  # it failed
            self._reading = None

    def _next(self) -> None:
        if self._again and self._reading is None:
            self._again = False
            self.refresh()

    def _stop(self) -> None:
        self._again = False
        if isinstance(self._reading, Operation):
            self._reading.cancel()
        self._reading = None

    def _on_tail(self, page: MessagePage, first: int | None) -> None:
        began = next((place for place, row in enumerate(page.rows) if row.n == first), 0)
        # The window begins where it began: a page more was asked for only to have room for what is new.
        kept = page.rows[began:] if first is not None else page.rows
        self._show(MessagePage(kept, page.at_start and began == 0, page.at_end))

    def _on_older(self, page: MessagePage) -> None:
        together = _joined(page.rows, self.rows)
        at_end = self.at_end and len(together) <= MOST
        self._show(MessagePage(together[:MOST], page.at_start, at_end))

    def _on_newer(self, page: MessagePage) -> None:
        together = _joined(self.rows, page.rows)
        at_start = self.at_start and len(together) <= MOST
        self._show(MessagePage(together[-MOST:], at_start, page.at_end))

    def _show(self, page: MessagePage) -> None:
        self._take(page)
        self.changed.emit()

    def _take(self, page: MessagePage) -> None:
        self.rows, self.at_start, self.at_end = page.rows, page.at_start, page.at_end


def _first(rows: Sequence[MessageRow]) -> int | None:
    return next((row.n for row in rows if row.n is not None), None)


def _last(rows: Sequence[MessageRow]) -> int | None:
    return next((row.n for row in reversed(rows) if row.n is not None), None)


def _joined(before: Rows, after: Rows) -> Rows:
    """Both, each message once, as the later reading has it."""
    there = {row.id for row in after}
    return (*(row for row in before if row.id not in there), *after)
