"""Facts by name, one a line, to read and to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from client.ui.widgets.text import Text, TextKind


class FactList(QWidget):
    """A fact keeps its place when it is said anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values: dict[str, Text] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnMinimumWidth(0, 120)
        self._grid.setColumnStretch(1, 1)

    def set(self, name: str, value: str) -> None:
        """Say a fact; nothing to say leaves its line out."""
        if name not in self._values:
            if not value:
                return
            row = len(self._values)
            shown = Text("", TextKind.BODY, self, wrap=True)
            shown.setAccessibleName(name)
            shown.allow_copying()
            shown.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._values[name] = shown
            self._grid.addWidget(Text(name, TextKind.SECONDARY, self), row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(shown, row, 1)
        self._values[name].setText(value)

    def text(self) -> str:
        """All of it, a line each."""
        return "\n".join(f"{name}: {shown.text()}" for name, shown in self._values.items())
