"""One device to choose: a list of those there are, and in place what is wrong with the one chosen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.base.tips import set_tip
from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow
from client.ui.meetings.words import device_words, fault_words
from client.ui.widgets.text import Text, TextKind


class DeviceField(QWidget):
    """Signals: `chosen` (device id)."""

    chosen = Signal(str)

    def __init__(
        self, kind: DeviceKind, parent: QWidget | None = None, *, beside: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kind = kind
        self.field = QComboBox(self)
        self.field.setAccessibleName(device_words(kind))
        # Systems name devices at length; the whole name is the tooltip.
        self.field.setProperty("may_elide", True)
        self.field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.field.setMinimumContentsLength(12)
        self.field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.field.currentIndexChanged.connect(self._on_chosen)
        label = Text(device_words(kind), TextKind.LABEL, self)
        label.setBuddy(self.field)
        self._said = Text("", TextKind.WAITING, self, wrap=True)
        self._said.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        if beside is not None:
            row.addWidget(beside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label)
        column.addLayout(row)
        column.addWidget(self._said)

    @property
    def device(self) -> str:
        return str(self.field.currentData() or "")

    @property
    def fault(self) -> str:
        """What is said about the device."""
        return self._said.text()

    def set_rows(self, rows: tuple[DeviceRow, ...], chosen: str) -> None:
        """Offer these; nothing is told of a choice that the user did not make."""
        with QSignalBlocker(self.field):
            self.field.clear()
            for row in rows:
                self.field.addItem(row.name, row.id)
            if not rows:
                self.field.addItem(tr("None"), "")
            self.field.setCurrentIndex(max(self.field.findData(chosen), 0))
        self.field.setEnabled(bool(rows))
        set_tip(self.field, self.field.currentText())
        self.show_fault(None if rows else DeviceFault.MISSING)

    def show_fault(self, fault: DeviceFault | None) -> None:
        words = "" if fault is None else _sentence(self._kind, fault)
        self._said.setText(words)
        self._said.setVisible(bool(words))
        self.field.setAccessibleDescription(words)

    def _on_chosen(self) -> None:
        set_tip(self.field, self.field.currentText())
        self.show_fault(None)
        self.chosen.emit(self.device)


def _sentence(kind: DeviceKind, fault: DeviceFault) -> str:
    what, do = fault_words(kind, fault)
    return tr("{what}. {do}", what=what, do=do)
