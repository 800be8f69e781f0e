"""更新, a card of 关于: whether there is a newer version, what is new in it, how far it is on its way, and the way to have it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.ui.base.catalogue import LanguageName
from client.ui.base.errors import code_notice, present
from client.ui.base.language import language, tr
from client.ui.base.moments import full_day, full_time, size_words
from client.ui.base.operation import CoreRunner, Operation
from client.ui.settings.section import ButtonRow
from client.ui.settings.services import NewerVersions
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.text import Text, TextKind
from client.updates.rows import UpdateRow, UpdateStage


class UpdateCard(QWidget):
    """What it shows is the row; it starts the download and leaves installing to the window.

    Signals: `install_asked` (the user agreed to close, install and open again).
    """

    install_asked = Signal()

    def __init__(self, updates: NewerVersions, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._updates = updates
        self._runner = runner
        self._loading: Operation[UpdateRow] | None = None
        self._state = Text("", TextKind.STRONG, self, wrap=True)
        self._looked = Text("", TextKind.SECONDARY, self, wrap=True)
        self._fault = Text("", TextKind.WAITING, self, wrap=True)
        self._new = Text(tr("What is new"), TextKind.SECONDARY, self)
        self._notes = Text("", TextKind.BODY, self, wrap=True)
        self._notes.allow_copying()
        self._notes.setAccessibleName(tr("What is new"))
        self._consent = Text("", TextKind.SECONDARY, self, wrap=True)
        self._progress = ProgressLine(self)
        self._progress.cancelled.connect(self._on_cancelled)
        self._act = PrimaryButton("", None, self)
        self._act.clicked.connect(self._on_act)
        self._look = SecondaryButton(tr("Look for updates"), None, self)
        self._look.clicked.connect(self._on_look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        lines = (self._state, self._looked, self._fault, self._new, self._notes, self._consent)
        for each in (*lines, self._progress, ButtonRow(self._act, self._look)):
            column.addWidget(each)
        self._row: UpdateRow | None = None
        for line in (self._fault, self._new, self._notes, self._consent, self._act):
            line.hide()

    def refresh(self) -> None:
        """Ask how things stand."""
        Operation(self, self._runner, self._updates.state, on_success=self.show_row)

    def show_row(self, row: UpdateRow) -> None:
        """Say it."""
        self._row = row
        self._say(self._state, _state_words(row))
        self._say(self._looked, _looked_words(row))
        notice = None if row.fault is None else code_notice(row.fault, {})
        self._say(self._fault, "" if notice is None else notice.sentence)
        notes = row.notes_zh if language() is LanguageName.CHINESE else row.notes_en
        self._new.setVisible(bool(notes))
        self._say(self._notes, notes)
        self._say(self._consent, _consent_words(row))
        self._act.setText(_act_words(row))
        self._act.setAccessibleName(_act_words(row))
        self._act.setVisible(bool(_act_words(row)))
        self._look.setVisible(row.stage is not UpdateStage.LOADING)
        if row.stage is UpdateStage.LOADING:
            if self._progress.isHidden():
                self._progress.start(tr("Downloading {version}", version=row.version))
            self._progress.set_amount(row.done, row.size, size_words(row.done), size_words(row.size))
        else:
            self._progress.stop()

    def begin(self) -> None:
        """As if the button had been pressed: the bar above the pages leads here."""
        if self._row is not None and _act_words(self._row):
            self._on_act()

    @staticmethod
    def _say(label: Text, words: str) -> None:
        label.setText(words)
        label.setVisible(bool(words))

    def _on_act(self) -> None:
        if self._row is not None and self._row.stage is UpdateStage.READY:
            self.install_asked.emit()
        elif self._loading is None or not self._loading.busy:
            self._loading = Operation(
                self,
                self._runner,
                self._updates.fetch,
                on_success=self.show_row,
                on_failure=self._on_failed,
            )

    def _on_cancelled(self) -> None:
        if self._loading is not None:
            self._loading.cancel()

    def _on_look(self) -> None:
        self._look.setEnabled(False)
        work = Operation(
            self, self._runner, self._updates.check, on_success=self.show_row, on_failure=self._on_failed
        )
        work.finished.connect(lambda: self._look.setEnabled(True))

    def _on_failed(self, error: BaseException) -> None:
        self._say(self._fault, present(error).sentence)


def _state_words(row: UpdateRow) -> str:
    if row.version:
        return tr(
            "Jinshu {version} is available ({size})",
            version=row.version,
            size=size_words(row.size),
        )
    return {
        UpdateStage.NONE: tr("New versions are installed by the administrator"),
        UpdateStage.CURRENT: tr("This is the newest version"),
    }.get(row.stage, tr("Not looked for yet"))


def _looked_words(row: UpdateRow) -> str:
    if row.checked_at is None or row.expires_at is None:
        return ""
    return tr(
        "Looked for at {time}; the city's list counts until {day}",
        time=full_time(row.checked_at),
        day=full_day(row.expires_at),
    )


def _consent_words(row: UpdateRow) -> str:
    """What will happen, before he agrees to it."""
    if not row.version or row.stage is UpdateStage.LOADING:
        return ""
    if not row.installable:
        return tr("Jinshu cannot install it on this computer by itself: ask your administrator.")
    what = tr("To install it, Jinshu closes, copies this computer's data and opens again.")
    back = (
        tr("Should the new version not start, this one comes back by itself, with all data.")
        if row.returnable
        else tr(
            "Should the new version not start, an administrator must install this one again; no data is lost."
        )
    )
    return tr("{what} {do}", what=what, do=back)


def _act_words(row: UpdateRow) -> str:
    if not row.installable:
        return ""
    return {
        UpdateStage.AVAILABLE: tr("Update now"),
        UpdateStage.READY: tr("Install and open again"),
    }.get(row.stage, "")
