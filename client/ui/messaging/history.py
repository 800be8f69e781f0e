"""The messages of a conversation that are in view: a few hundred around where one reads, of however many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from client.messaging.rows import MessageRow
from client.ui.base.operation import CoreRunner, Operation
from client.ui.messaging.services import Conversations

PAGE = 100
MOST = 500
_SEEK_PAGES = 20  # how far back a quotation is followed

Rows = tuple[MessageRow, ...]


class History(QObject):
    """One read at a time. Pages go before a place `n`; the end of a conversation is before None.

    Signals: `changed` (the rows in view are others, or were read again), `failed` (the exception).
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, conversations: Conversations, runner: CoreRunner, parent: QObject) -> None:
        super().__init__(parent)
        self._conversations = conversations
        self._runner = runner
        self._conversation = ""
        self._reading: Operation[Rows] | None = None
        self._again = False
        self.rows: Rows = ()
        self.read = False  # whether there is an answer at all
        self.at_start = False
        self.at_end = True

    def open(self, conversation: str) -> None:
        """Turn to the end of a conversation."""
        self._stop()
        self._conversation = conversation
        self.rows, self.read, self.at_start, self.at_end = (), False, False, True
        self.refresh()

    def refresh(self) -> None:
        """Read again what is in view, and what has come since when the end is in view."""
        if not self._conversation:
            return
        if self._reading is not None:
            self._again = True
            return
        first, last = _first(self.rows), _last(self.rows)
        if self.at_end or last is None:
            limit = min(len(self.rows) + PAGE, MOST)
            self._read(None, limit, lambda rows: self._on_tail(rows, first, limit))
        else:
            limit = len(self.rows)
            self._read(last + 1, limit, lambda rows: self._show(rows))

    def to_end(self) -> None:
        """Back to the newest."""
        self.open(self._conversation)

    def older(self) -> None:
        """One page more before what is in view."""
        first = _first(self.rows)
        if self._reading is None and first is not None and not self.at_start:
            self._read(first, PAGE, self._on_older)

    def newer(self) -> None:
        """One page more after what is in view."""
        last = _last(self.rows)
        if self._reading is None and last is not None and not self.at_end:
            self._read(last + 1 + PAGE, PAGE, self._on_newer)

    def around(self, n: int, then: Callable[[], object]) -> None:
        """Turn to a place far from here."""
        self._stop()
        self._read(n + PAGE // 2, PAGE, lambda rows: self._on_around(rows, then))

    def seek(self, message: str, then: Callable[[MessageRow | None], object]) -> None:
        """Find a message further back than what is in view."""
        conversation, before = self._conversation, _first(self.rows)

        async def find() -> MessageRow | None:
            place = before
            for _page in range(_SEEK_PAGES):
                rows = await self._conversations.messages(conversation, place, MOST)
                found = next((row for row in rows if row.id == message), None)
                place = _first(rows)
                if found is not None or place is None or len(rows) < MOST:
                    return found
            return None

        def tell(row: MessageRow | None) -> None:
            if conversation == self._conversation:
                then(row)

        Operation(self, self._runner, find, on_success=tell)

    # Reading

    def _read(self, before: int | None, limit: int, then: Callable[[Rows], object]) -> None:
        conversation = self._conversation

        def arrived(rows: Rows) -> None:
            self._reading = None
            self.read = True
            then(rows)
            self._next()

        operation = Operation(
            self,
            self._runner,
            lambda: self._conversations.messages(conversation, before, limit),
            on_success=arrived,
            on_failure=self.failed.emit,
        )
        operation.finished.connect(lambda: self._forget(operation))
        if operation.busy:
            self._reading = operation

    def _forget(self, operation: Operation[Rows]) -> None:
        if self._reading is operation:  # it failed
            self._reading = None

    def _next(self) -> None:
        if self._again and self._reading is None:
            self._again = False
            self.refresh()

    def _stop(self) -> None:
        self._again = False
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _on_tail(self, rows: Rows, first: int | None, limit: int) -> None:
        self.at_end = True
        if len(rows) < limit:
            self.at_start = True
        elif first is not None:
            # The window begins where it began: a page more was asked for only to have room for what is new.
            kept = tuple(row for row in rows if row.n is None or row.n >= first)
            self.at_start = self.at_start and _first(rows) == first
            rows = kept
        self._show(rows)

    def _on_older(self, rows: Rows) -> None:
        self.at_start = len(rows) < PAGE
        together = _joined(rows, self.rows)
        if len(together) > MOST:
            together = together[:MOST]
            self.at_end = False
        self._show(together)

    def _on_newer(self, rows: Rows) -> None:
        last = _last(self.rows) or 0
        fresh = tuple(row for row in rows if row.n is not None and row.n > last)
        together = _joined(self.rows, fresh)
        if len(together) > MOST:
            together = together[-MOST:]
            self.at_start = False
        self.rows = together
        if len(fresh) < PAGE:
            self._read(None, PAGE, self._on_end)
        else:
            self._show(together)

    def _on_end(self, tail: Rows) -> None:
        first, last = _first(tail), _last(self.rows)
        apart = first is not None and last is not None and first > last + 1
        if apart:
            self.at_start = False
        self.at_end = True
        self._show(tail if apart else _joined(self.rows, tail)[-MOST:])

    def _on_around(self, rows: Rows, then: Callable[[], object]) -> None:
        self.at_start = len(rows) < PAGE
        self.at_end = False
        self._show(rows)
        then()

    def _show(self, rows: Rows) -> None:
        self.rows = rows
        self.changed.emit()


def _first(rows: Sequence[MessageRow]) -> int | None:
    return next((row.n for row in rows if row.n is not None), None)


def _last(rows: Sequence[MessageRow]) -> int | None:
    return next((row.n for row in reversed(rows) if row.n is not None), None)


def _joined(before: Rows, after: Rows) -> Rows:
    """Both, each message once, as the later reading has it."""
    there = {row.id for row in after}
    return (*(row for row in before if row.id not in there), *after)
