"""上次异常退出: said once, above all pages, at the start after a crash; with the report, which holds places and versions only."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.core.crash_report import CrashKind, CrashReport
from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.theme import Tone
from client.ui.widgets.buttons import QuietButton, SecondaryButton
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_window import TextWindow, save_text

_FILE = "jinshu-crash.txt"


class CrashBar(NoticeBar):
    """Hidden without a report.

    Signals: `answered` (the user closed it), `silenced` (he wants to hear of no crash any more; closed as well).
    """

    answered = Signal()
    silenced = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("window_crash")
        self._report: CrashReport | None = None
        view = SecondaryButton(tr("View"), None, self)
        view.clicked.connect(self._on_view)
        save = SecondaryButton(tr("Save…"), None, self)
        save.clicked.connect(self._on_save)
        silence = QuietButton(tr("Don't tell again"), None, self)
        silence.clicked.connect(self._on_silence)
        self.offer(view, save, silence)
        self.dismissed.connect(self.answered)

    def show_report(self, report: CrashReport) -> None:
        """Say what happened, and offer the report."""
        self._report = report
        self.show_notice(
            crash_notice(
                report, tr("A report was kept: places in the program and versions, nothing of yours.")
            )
        )

    def _on_view(self) -> None:
        assert self._report is not None
        head = Text(
            tr(
                "Give this to your administrator: it says where the program failed. It holds nothing of yours."
            ),
            TextKind.SECONDARY,
            wrap=True,
        )
        window = TextWindow(tr("Report on the crash"), head, self._report.text, tr("Copy all"), self)
        window.offer_saving(tr("Save…"), _FILE)
        window.open()

    def _on_save(self) -> None:
        assert self._report is not None
        notice = save_text(self, tr("Report on the crash"), _FILE, self._report.text)
        if notice is not None:
            self.show_notice(notice)

    def _on_silence(self) -> None:
        self.clear_notice()
        self.silenced.emit()
        self.answered.emit()


def crash_notice(report: CrashReport, do: str) -> Notice:
    """What is said of a report, and what to do about it."""
    if report.kind is CrashKind.CRASHED:
        return Notice(tr("Jinshu crashed the last time it ran."), do, tone=Tone.WAITING)
    return Notice(tr("Jinshu had a fault the last time it ran."), do, tone=Tone.WAITING)
