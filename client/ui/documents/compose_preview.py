"""The live preview of a draft and its check: 400 ms after the last change, and only the newest counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.documents.rows import DraftForm, Finding
from client.ui.base.errors import present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.documents.findings import run_on
from client.ui.documents.page_pane import PagePane
from client.ui.documents.services import Drafting
from client.ui.widgets.empty_state import EmptyState
from client.ui.widgets.text import Text, TextKind

_SETTLE_MS = 400


class ComposePreview(QWidget):
    """Signals: `checked` (a tuple of Finding)."""

    checked = Signal(object)

    def __init__(
        self,
        drafting: Drafting,
        runner: CoreRunner,
        form: Callable[[], DraftForm],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._drafting = drafting
        self._runner = runner
        self._form = form
        self._draft = ""
        self._running: list[Operation[Any]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLE_MS)
        self._timer.timeout.connect(self.run_now)
        empty = EmptyState(
            Icon.DOCUMENTS,
            tr("The page as it will be printed"),
            tr("It is set anew whenever you pause in writing."),
        )
        self.pane = PagePane(empty, self)
        self._trouble = Text("", TextKind.ERROR, self, wrap=True)
        self._trouble.setContentsMargins(16, 8, 16, 8)
        self._trouble.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._trouble)
        column.addWidget(self.pane, 1)

    def take(self, draft: str) -> None:
        """Preview this draft from now on; an empty id previews nothing."""
        self._stop()
        if draft != self._draft:
            self.pane.clear()
            self._trouble.hide()
        self._draft = draft
        if draft:
            self.run_now()

    def touch(self) -> None:
        """Something changed: set it anew when the typing has settled."""
        if self._draft:
            self._timer.start()

    def run_now(self) -> None:
        """Set the pages and check the rules now; what is still at work on an older text is given up."""
        self._stop()
        if not self._draft:
            return
        draft, form, width = self._draft, self._form(), self.pane.wanted_width()
        self._start(lambda: self._drafting.preview(draft, form, width), self._on_pages)
        self._start(lambda: self._drafting.check(draft, form), self._on_checked)

    def _start(self, work: Callable[[], Any], on_success: Callable[[Any], object]) -> None:
        operation: Operation[Any] = Operation(
            self, self._runner, work, on_success=on_success, on_failure=self._on_failure
        )
        self._running.append(operation)
        operation.finished.connect(lambda: self._forget(operation))

    def _stop(self) -> None:
        self._timer.stop()
        for operation in tuple(self._running):
            operation.cancel()
        self._running.clear()

    def _forget(self, operation: Operation[Any]) -> None:
        if operation in self._running:
            self._running.remove(operation)

    def _on_pages(self, pages: tuple[bytes, ...]) -> None:
        self._trouble.hide()
        self.pane.set_pages(pages)

    def _on_checked(self, findings: tuple[Finding, ...]) -> None:
        self.checked.emit(findings)

    def _on_failure(self, error: BaseException) -> None:
        # In place and quiet: while one writes, a page that cannot be set is nothing to interrupt for.
        notice = present(error)
        self._trouble.setText(run_on(notice.what, notice.do))
        self._trouble.show()
