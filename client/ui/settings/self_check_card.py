"""自检: the checks of this installation, made in the background and shown as they come; and what a help desk is given of them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from client.core.self_check import CheckRow, Outcome, Remark
from client.ui.base.catalogue import remark_text
from client.ui.base.gui_thread import gui_thread
from client.ui.base.icons import Icon
from client.ui.base.language import enumerated, language, tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.theme import Tone
from client.ui.settings.section import ButtonRow
from client.ui.settings.services import SelfChecks
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.chip import Chip
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_window import TextWindow

_TONES = {
    Outcome.OK: Tone.DONE,
    Outcome.WARNING: Tone.WAITING,
    Outcome.FAILED: Tone.SEAL,
    Outcome.NOT_TRIED: Tone.NEUTRAL,
}
# Their names are what the user knows them by; they are shown here and go into no bundle.
_DEVICES = frozenset({"cameras", "microphones", "loudspeakers"})
_FILE = "jinshu-diagnostics.txt"


class SelfCheckCard(QWidget):
    """What was found stays until the checks are made again."""

    def __init__(self, checks: SelfChecks, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._checks = checks
        self._runner = runner
        self._rows: list[CheckRow] = []
        self._running: Operation[tuple[CheckRow, ...]] | None = None
        self._start = SecondaryButton(tr("Check now"), Icon.CHECK)
        self._start.clicked.connect(self._on_start)
        self._bundle = SecondaryButton(tr("Diagnostics…"), Icon.FILE)
        self._bundle.clicked.connect(self._on_bundle)
        self._progress = ProgressLine(self)
        self._progress.cancelled.connect(self._on_cancelled)
        self._summary = Text("", TextKind.STRONG, self, wrap=True)
        self._summary.hide()
        self._holder, self._grid = self._list()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(ButtonRow(self._start, self._bundle))
        column.addWidget(self._progress)
        column.addWidget(self._summary)
        column.addWidget(self._holder)

    def _on_start(self) -> None:
        self._clear()
        self._start.setEnabled(False)
        self._progress.start(tr("Checking…"))
        self._progress.set_progress(0, len(self._checks.names))
        letters = gui_thread()

        def tell(row: CheckRow) -> None:
            letters.call(lambda: self._on_row(row) if isValid(self) else None)

        self._running = Operation(
            self,
            self._runner,
            lambda: self._checks.run(tell),
            on_success=self._on_done,
            on_failure=self._on_failed,
        )

    def _on_row(self, row: CheckRow) -> None:
        # A row on its way when the checks were stopped belongs to nothing.
        if self._running is None:
            return
        self._rows.append(row)
        self._progress.set_progress(len(self._rows), len(self._checks.names))
        at, said = self._grid.rowCount(), language()
        chip = Chip(
            remark_text(Remark(f"outcome.{row.outcome.value}"), said),
            _TONES[row.outcome],
            self._holder,
            name=remark_text(Remark(f"{row.name}.title"), said),
        )
        title = Text(remark_text(Remark(f"{row.name}.title"), said), TextKind.BODY, self._holder)
        words = QVBoxLayout()
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(2)
        words.addWidget(Text(remark_text(row.found, said), TextKind.BODY, self._holder, wrap=True))
        if row.name in _DEVICES and row.private:
            names = enumerated(row.private)
            words.addWidget(Text(names, TextKind.SECONDARY, self._holder, wrap=True))
        if row.advice is not None and row.outcome is not Outcome.OK:
            advice = remark_text(row.advice, said)
            words.addWidget(Text(advice, TextKind.SECONDARY, self._holder, wrap=True))
        self._grid.addWidget(chip, at, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(title, at, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.addLayout(words, at, 2)
        self._holder.show()

    def _on_done(self, rows: tuple[CheckRow, ...]) -> None:
        # The rows themselves were told one by one, before.
        failed = sum(row.outcome is Outcome.FAILED for row in rows)
        warned = sum(row.outcome is Outcome.WARNING for row in rows)
        if failed:
            said, kind = tr("Failed checks: {count}.", count=failed), TextKind.ERROR
        elif warned:
            said, kind = tr("Nothing failed. Worth a look: {count}.", count=warned), TextKind.WAITING
        else:
            said, kind = tr("Nothing failed."), TextKind.DONE
        self._summary.set_kind(kind)
        self._end(said)

    def _on_failed(self, error: BaseException) -> None:
        self._summary.set_kind(TextKind.ERROR)
        self._end(tr("The checks could not be made: {type}.", type=type(error).__name__))

    def _on_cancelled(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            self._summary.set_kind(TextKind.SECONDARY)
            self._end(tr("Stopped. What was checked so far stands below."))

    def _end(self, said: str) -> None:
        self._running = None
        self._progress.stop()
        self._start.setText(tr("Check again"))
        self._start.setAccessibleName(tr("Check again"))
        self._start.setEnabled(True)
        self._summary.setText(said)
        self._summary.show()

    def _clear(self) -> None:
        self._rows.clear()
        self._summary.hide()
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        former = self._holder
        self._holder, self._grid = self._list()
        column.replaceWidget(former, self._holder)
        former.hide()
        former.deleteLater()

    def _list(self) -> tuple[QWidget, QGridLayout]:
        holder = QWidget(self)
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 8, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(2, 1)
        holder.hide()
        return holder, grid

    def _on_bundle(self) -> None:
        rows, said = tuple(self._rows), language()
        Operation(self, self._runner, lambda: self._checks.bundle(rows, said), on_success=self._show)

    def _show(self, text: str) -> None:
        head = Text(
            tr(
                "This is all that is copied or saved. It holds no names of people, no text of documents or messages, no keys "
                "and no addresses."
            ),
            TextKind.SECONDARY,
            wrap=True,
        )
        window = TextWindow(tr("Diagnostics"), head, text, tr("Copy diagnostics"), self)
        window.offer_saving(tr("Save diagnostics…"), _FILE)
        window.open()
