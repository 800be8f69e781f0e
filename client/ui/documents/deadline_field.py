"""办理时限: none unless ticked, then a day and an hour."""

from __future__ import annotations

from PySide6.QtCore import QDateTime, QTime, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.widgets.moment_field import MomentField

_DAYS_AHEAD = 5
_CLOSING_TIME = QTime(17, 0)


class DeadlineField(QWidget):
    """`field` is the date edit. Signals: `changed`."""

    changed = Signal()

    def __init__(self, now_ms: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tick = QCheckBox(tr("Set a deadline"), self)
        start = QDateTime.fromMSecsSinceEpoch(now_ms).addDays(_DAYS_AHEAD)
        start.setTime(_CLOSING_TIME)
        self.field = MomentField(self)
        self.field.setDateTime(start)
        self.field.setEnabled(False)
        self._tick.toggled.connect(self.field.setEnabled)
        self._tick.toggled.connect(lambda _on: self.changed.emit())
        self.field.dateTimeChanged.connect(lambda _when: self.changed.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._tick)
        row.addWidget(self.field, 1)

    def value(self) -> int | None:
        return self.field.dateTime().toMSecsSinceEpoch() if self._tick.isChecked() else None

    def set_value(self, at_ms: int | None) -> None:
        self._tick.setChecked(at_ms is not None)
        if at_ms is not None:
            self.field.setDateTime(QDateTime.fromMSecsSinceEpoch(at_ms))
