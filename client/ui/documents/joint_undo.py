"""One Ctrl+Z for a change of several fields: what the body's own undo takes back, the other fields give back too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPlainTextEdit

from client.documents.rows import DraftForm


@dataclass(frozen=True, slots=True)
class _Change:
    """The form before and after; `steps` is how many steps the body's undo had then."""

    before: DraftForm
    after: DraftForm
    steps: int


class JointUndo(QObject):
    """Follows the undo of a body text for the last change recorded."""

    def __init__(
        self, body: QPlainTextEdit, read: Callable[[], DraftForm], write: Callable[[DraftForm], object]
    ) -> None:
        """`read` gives the form as it stands; `write` puts its fields, but for the body."""
        super().__init__(body)
        self._body = body
        self._read = read
        self._write = write
        self._change: _Change | None = None
        self._undone = False
        body.textChanged.connect(self._on_text)

    def record(self, before: DraftForm) -> None:
        """The form was changed as one; the body by one step of its own undo."""
        self._change = _Change(before, self._read(), self._body.document().availableUndoSteps())
        self._undone = False

    def forget(self) -> None:
        """Another draft: there is nothing to go back to."""
        self._change = None

    def _on_text(self) -> None:
        change = self._change
        if change is None:
            return
        text, steps = self._body.toPlainText(), self._body.document().availableUndoSteps()
        if not self._undone and steps < change.steps and text == change.before.body_text:
            self._undone = True
            self._write(change.before)
        elif self._undone and steps == change.steps and text == change.after.body_text:
            self._undone = False
            self._write(change.after)
