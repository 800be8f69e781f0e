"""办理时限: none unless ticked, then a day and an hour in the city's own time, and how many working days that leaves."""

from __future__ import annotations

import datetime

from PySide6.QtCore import QDateTime, QTimeZone, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.core import working_days
from client.ui.base.language import tr
from client.ui.widgets.buttons import CheckBox
from client.ui.widgets.moment_field import MomentField
from client.ui.widgets.text import Text, TextKind

_DAYS_AHEAD = 5
_COUNTED_MS = 400 * 24 * 3_600_000  # nobody counts the working days beyond a year
_ZONE = QTimeZone.fromSecondsAheadOfUtc(8 * 3600)  # a fixed offset: no database of zones is asked


class DeadlineField(QWidget):
    """`field` is the date edit. Signals: `changed`."""

    changed = Signal()

    def __init__(self, now_ms: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now_ms
        self._tick = CheckBox(tr("Set a deadline"), self)
        self.field = MomentField(self)
        self.field.setTimeZone(_ZONE)
        self._show(working_days.after(now_ms, _DAYS_AHEAD))
        self.field.setEnabled(False)
        self._left = Text("", TextKind.HINT, self, wrap=True)
        self._tick.toggled.connect(self.field.setEnabled)
        self._tick.toggled.connect(lambda _on: self._on_changed())
        self.field.dateTimeChanged.connect(lambda _when: self._on_changed())
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._tick)
        row.addWidget(self.field, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._left)
        self._say()

    def value(self) -> int | None:
        return self.field.dateTime().toMSecsSinceEpoch() if self._tick.isChecked() else None

    def set_value(self, at_ms: int | None) -> None:
        self._tick.setChecked(at_ms is not None)
        if at_ms is not None:
            self._show(at_ms)

    def _show(self, at_ms: int) -> None:
        self.field.setDateTime(QDateTime.fromMSecsSinceEpoch(at_ms, _ZONE))

    def _on_changed(self) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        """How many working days are left; that it is no working day, or one whose year has no calendar yet."""
        at = self.value()
        self._left.setVisible(at is not None and at - self._now < _COUNTED_MS)
        if at is None or self._left.isHidden():
            return
        day = datetime.datetime.fromtimestamp(at / 1000, working_days.SHANGHAI).date()
        if not working_days.is_working(day):
            self._left.setText(tr("This is not a working day."))
            return
        count = working_days.between(self._now, at)
        words = tr("{count} working days from today", count=count)
        if not working_days.is_published(day):
            words = tr("{words}; the holidays of {year} are not published yet", words=words, year=day.year)
        self._left.setText(words)
