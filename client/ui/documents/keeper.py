"""Keeps drafts on disk: a second after the last change and on leaving, one save at a time, in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from client.documents.rows import DraftForm, DraftRow
from client.ui.base.operation import CoreRunner, Operation
from client.ui.documents.services import Drafting

_SETTLE_MS = 1000


def _nothing() -> None:
    """For those who want to know nothing."""


@dataclass(frozen=True, slots=True)
class _Job:
    """A form as it stood when it was to be saved, and what comes after."""

    draft: str
    form: DraftForm
    then: Callable[[], object]
    otherwise: Callable[[], object]


class DraftKeeper(QObject):
    """Of the draft on the page.

    Signals: `saved` (DraftRow), `dirty` (there is something to save), `failed` (the exception).
    """

    saved = Signal(object)
    dirty = Signal()
    failed = Signal(object)

    def __init__(
        self, drafting: Drafting, runner: CoreRunner, form: Callable[[], DraftForm], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._drafting = drafting
        self._runner = runner
        self._form = form
        self._draft = ""
        self._kept: dict[str, DraftForm] = {}
        self._jobs: list[_Job] = []
        self._busy = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self.save_now)

    def take(self, draft: str, kept: DraftForm) -> None:
        """Keep this draft from now on; `kept` is what is on disk."""
        self._timer.stop()
        self._draft = draft
        self._kept[draft] = kept

    def drop(self) -> None:
        """The draft is gone (sent or deleted): save nothing more of it."""
        self._timer.stop()
        self._jobs = [job for job in self._jobs if job.draft != self._draft]
        self._kept.pop(self._draft, None)
        self._draft = ""

    def touch(self) -> None:
        """Something changed."""
        if self._draft:
            self._timer.start()
            self.dirty.emit()

    def save_now(self) -> None:
        """Do not wait for the typing to settle."""
        self.flush(_nothing, _nothing)

    def flush(
        self, then: Callable[[], object] = _nothing, otherwise: Callable[[], object] = _nothing
    ) -> None:
        """Save what is unsaved, then go on; `otherwise` when it could not be saved."""
        self._timer.stop()
        if self._draft:
            self._jobs.append(_Job(self._draft, self._form(), then, otherwise))
            self._next()

    def _next(self) -> None:
        if self._busy or not self._jobs:
            return
        job = self._jobs.pop(0)
        if self._kept.get(job.draft) == job.form:
            job.then()
            self._next()
            return
        self._busy = True
        Operation(
            self,
            self._runner,
            lambda: self._drafting.save(job.draft, job.form),
            on_success=lambda row: self._on_saved(job, row),
            on_failure=lambda error: self._on_failed(job, error),
        )

    def _on_saved(self, job: _Job, row: DraftRow) -> None:
        self._busy = False
        if job.draft in self._kept:
            self._kept[job.draft] = job.form
        if job.draft == self._draft:
            self.saved.emit(row)
        job.then()
        self._next()

    def _on_failed(self, job: _Job, error: BaseException) -> None:
        self._busy = False
        self.failed.emit(error)
        job.otherwise()
        self._next()
