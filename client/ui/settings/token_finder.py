"""Looks for UKeys that are plugged in, lets one be chosen, and asks for its PIN; what is done with it, its owner says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QVBoxLayout, QWidget

from client.core.tokens.rows import TokenRow
from client.ui.base.errors import Notice, present
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.operation import CoreRunner, Operation, nearest_notice_place
from client.ui.settings.section import ButtonRow
from client.ui.widgets.buttons import Button, SecondaryButton
from client.ui.widgets.form import FormRow
from client.ui.widgets.pin_row import PinRow
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.text import Text, TextKind


class TokenFinder(QWidget):
    """Signals: `submitted` (Enter in the PIN, or the button that does it)."""

    submitted = Signal()

    def __init__(
        self,
        find: Callable[[str], Awaitable[tuple[TokenRow, ...]]],
        runner: CoreRunner,
        act: Button,
        none_yet: str,
        found: str,
        *,
        rows: Sequence[QWidget] = (),
        buttons: Sequence[QWidget] = (),
        parent: QWidget | None = None,
    ) -> None:
        """Args:
        find: the UKeys that one driver shows (its path), or all known drivers (nothing).
        act: the button that does it, shown while there is a UKey to do it with.
        none_yet: said before any was looked for.
        found: said when some were found.
        rows: what else must be typed.
        buttons: what stands beside the others.
        """
        super().__init__(parent)
        self._find_tokens = find
        self._runner = runner
        self._act = act
        self._none_yet = none_yet
        self._found = found
        self._more = tuple(rows)
        self._tokens: tuple[TokenRow, ...] = ()
        self._work: Operation[Any] | None = None
        self._says = Text("", TextKind.BODY, self, wrap=True)
        self._which = QComboBox(self)
        self._which.setProperty("may_elide", True)
        self._which.setMinimumContentsLength(12)
        self._which.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._which_row = FormRow(tr("UKey"), self._which)
        self.pin = PinRow()
        self._progress = ProgressLine(self)
        self._find = SecondaryButton(tr("Look for a UKey"))
        self._choose = SecondaryButton(tr("Choose a driver…"), Icon.FILE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        row = ButtonRow(act, self._find, self._choose, *buttons)
        for each in (self._says, self._which_row, self.pin, *rows, self._progress, row):
            column.addWidget(each)
        self._find.clicked.connect(lambda: self.look(""))
        self._choose.clicked.connect(self._on_choose)
        act.clicked.connect(self._on_submitted)
        self.pin.submitted.connect(self._on_submitted)
        self._which.currentIndexChanged.connect(self._on_other)
        self._progress.cancelled.connect(self._on_cancelled)
        self.show_state("")

    @property
    def chosen(self) -> TokenRow:
        """The UKey that is chosen; asked only when `submitted` was heard."""
        return self._tokens[self._which.currentIndex()]

    def show_state(self, words: str, *, looking: bool = True) -> None:
        """Args:
        words: what there is to say; nothing: that none was looked for yet.
        looking: whether a UKey can be looked for and chosen now.
        """
        self._says.setText(words or self._none_yet)
        ready = bool(self._tokens) and looking
        for row in (self._which_row, self.pin, *self._more):
            row.setVisible(ready)
        self._act.setVisible(ready)
        self._find.setVisible(looking)
        self._choose.setVisible(looking)

    def forget(self) -> None:
        """It is done: what was found and typed is forgotten."""
        self._tokens = ()
        self.pin.clear()

    def look(self, driver: str) -> None:
        """Look for UKeys by one driver (its path), or by all that are known (nothing)."""
        self.run(
            tr("Looking for UKeys…"),
            lambda: self._find_tokens(driver),
            lambda tokens: self._on_found(driver, tokens),
            self.refused,
        )

    def run(
        self,
        words: str,
        work: Callable[[], Awaitable[Any]],
        done: Callable[[Any], object],
        failed: Callable[[BaseException], object],
    ) -> None:
        """Do something with the UKey, saying so; it can be broken off."""
        place = nearest_notice_place(self)
        if place is not None:
            place.clear_notice()
        self._enable(False)
        self._progress.start(words)
        self._work = Operation(self, self._runner, work, on_success=done, on_failure=failed)
        self._work.finished.connect(self._end)

    def refused(self, error: BaseException) -> None:
        """Say what went wrong: of a PIN beside it, else above."""
        if not self.pin.refused(error):
            self.say(present(error))

    def say(self, notice: Notice) -> None:
        place = nearest_notice_place(self)
        if place is not None:
            place.show_notice(notice)

    def _on_choose(self) -> None:
        kinds = tr("Drivers (PKCS #11)") + " (*.so *.so.* *.dll)"
        name, _kind = QFileDialog.getOpenFileName(self, tr("Choose the UKey's driver"), "", kinds)
        if name:
            self.look(name)

    def _on_found(self, driver: str, tokens: tuple[TokenRow, ...]) -> None:
        self._tokens = tokens
        self._which.clear()
        for token in tokens:
            self._which.addItem(f"{token.name.label or token.name.model} · {token.name.serial[-8:]}")
        if tokens:
            words = self._found
        elif driver:
            words = tr("Through this driver no UKey can be seen that could hold a key.")
        else:
            words = tr("No UKey was found. Install its driver, or choose the driver's file.")
        self.show_state(words)
        if tokens:
            self.pin.focus()

    def _on_other(self) -> None:
        index = self._which.currentIndex()
        if 0 <= index < len(self._tokens):
            self.pin.tell(self._tokens[index].pin)

    def _on_submitted(self) -> None:
        if self._act.isEnabled() and self._act.isVisible():
            self.submitted.emit()

    def _on_cancelled(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _enable(self, on: bool) -> None:
        for button in (self._act, self._find, self._choose):
            button.setEnabled(on)

    def _end(self) -> None:
        self._work = None
        self._progress.stop()
        self._enable(True)
