"""Reads the meetings into the list: all of them for the page, those found for the eye while a search is on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from client.meetings.rows import MeetingRow
from client.ui.base.operation import CoreRunner, Operation
from client.ui.meetings.meeting_list import MeetingList
from client.ui.meetings.services import Meetings
from client.ui.meetings.words import meeting_title


class Listing(QObject):
    """Signals: `read` (all rows are new), `shown` (the list shows others)."""

    read = Signal()
    shown = Signal()

    def __init__(self, meetings: Meetings, runner: CoreRunner, listed: MeetingList, parent: QObject) -> None:
        super().__init__(parent)
        self._meetings = meetings
        self._runner = runner
        self._list = listed
        self._reading: Operation[tuple[MeetingRow, ...]] | None = None
        self.rows: tuple[MeetingRow, ...] = ()
        listed.searched.connect(lambda _words: self._read_found())

    def refresh(self) -> None:
        """Read all again, and what is searched for."""
        if self._reading is not None:
            self._reading.cancel()  # an older answer must not arrive after a newer one
        operation = Operation(self, self._runner, self._meetings.rows, on_success=self._on_rows)
        operation.finished.connect(lambda: self._forget(operation))
        self._reading = operation if operation.busy else None
        if self._list.query:
            self._read_found()

    def row(self, meeting: str) -> MeetingRow | None:
        return next((row for row in self.rows if row.id == meeting), None)

    def title(self, meeting: str) -> str:
        """What it is called, or nothing while it is not known."""
        row = self.row(meeting)
        return "" if row is None else meeting_title(row)

    def _forget(self, operation: Operation[tuple[MeetingRow, ...]]) -> None:
        if self._reading is operation:
            self._reading = None

    def _on_rows(self, rows: tuple[MeetingRow, ...]) -> None:
        self.rows = rows
        if not self._list.query:
            self._list.set_rows(rows)
            self.shown.emit()
        self.read.emit()

    def _read_found(self) -> None:
        query = self._list.query
        if not query:
            self._on_rows(self.rows)
            return
        Operation(
            self,
            self._runner,
            lambda: self._meetings.rows(query),
            on_success=lambda rows: self._on_found(query, rows),
        )

    def _on_found(self, query: str, rows: tuple[MeetingRow, ...]) -> None:
        if query == self._list.query:
            self._list.set_rows(rows)
            self.shown.emit()
