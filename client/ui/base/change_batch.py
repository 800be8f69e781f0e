"""What has changed, gathered while the last reading is under way: one reading for a burst, and only of what changed."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal


class ChangeBatch(QObject):
    """Told what changed, as often as it likes to be; asks for one reading at a time.

    The first change is read at once; those that come meanwhile wait for its `done` and are read together. Nothing is
    cancelled: an answer is never older than one before it.

    Signals: `due` (a frozenset of names, or None for everything): read these now, and say `done`.
    """

    due = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._names: set[str] = set()
        self._everything = False
        self._reading = False

    def add(self, names: Iterable[str] | None = None) -> None:
        """These have changed; without names everything may have."""
        if names is None:
            self._everything = True
        else:
            self._names.update(names)
        self._go_on()

    def done(self) -> None:
        """What was due has been read, or could not be."""
        self._reading = False
        self._go_on()

    def _go_on(self) -> None:
        if self._reading or not (self._everything or self._names):
            return
        names = None if self._everything else frozenset(self._names)
        self._names.clear()
        self._everything, self._reading = False, True
        self.due.emit(names)
