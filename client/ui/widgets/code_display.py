"""A code to read out or copy: monospaced, selectable, with a copy button."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from client.ui.base.clipboard import copy_text
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.text import Text, TextKind

_THANKS_MS = 2000


class CodeDisplay(QFrame):
    """The label named `name` holds the code."""

    def __init__(self, name: str, parent: QWidget | None = None, *, secret: bool = False) -> None:
        """`secret`: it opens something; what copies of the clipboard others keep shall not have it."""
        super().__init__(parent)
        self._secret = secret
        self.setProperty("ground", "card")
        self.label = Text("", TextKind.CODE, self, wrap=True)
        self.label.setAccessibleName(name)
        self.label.allow_copying()
        self._copy = SecondaryButton(tr("Copy"), Icon.COPY, self)
        self._copy.setAccessibleName(tr("Copy {what}", what=name))
        self._copy.clicked.connect(self._on_copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 12, 12, 12)
        row.setSpacing(16)
        row.addWidget(self.label, 1)
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignVCenter)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self._copy.setText(tr("Copy")))

    def set_code(self, code: str) -> None:
        self.label.setText(code)

    def text(self) -> str:
        return self.label.text()

    def _on_copy(self) -> None:
        copy_text(self.label.text(), secret=self._secret)
        self._copy.setText(tr("Copied"))
        self._timer.start(_THANKS_MS)
