"""A panel beside the thing itself (history, members) that can be folded away to a strip."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.widgets.buttons import IconButton
from client.ui.widgets.text import Line, Text, TextKind

_WIDTH = 320
_STRIP = 40


class SidePanel(QFrame):
    """Signals: `toggled` (open or not)."""

    toggled = Signal(bool)

    def __init__(
        self, title: str, content: QWidget, parent: QWidget | None = None, *, width: int = _WIDTH
    ) -> None:
        super().__init__(parent)
        self.setProperty("ground", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._title_text = title
        self._width = width
        self._open = True
        self._content = content
        self._title = Text(title, TextKind.SECTION, self)
        self._fold = IconButton(Icon.PANEL, "", self)
        self._fold.clicked.connect(lambda: self.set_open(not self._open))
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 5, 8)
        head.addWidget(self._title, 1)
        head.addWidget(self._fold, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(content, 1)
        column.addStretch(0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(Line(self, vertical=True))
        row.addLayout(column, 1)
        self._head = head
        self._show()

    @property
    def is_open(self) -> bool:
        return self._open

    def set_open(self, is_open: bool) -> None:
        """Open or fold it."""
        if is_open != self._open:
            self._open = is_open
            self._show()
            self.toggled.emit(is_open)

    def _show(self) -> None:
        self._title.setVisible(self._open)
        self._content.setVisible(self._open)
        self._head.setContentsMargins(16 if self._open else 4, 8, 4, 8)
        self.setFixedWidth(self._width if self._open else _STRIP)
        action = (
            tr("Fold {panel}", panel=self._title_text)
            if self._open
            else tr("Show {panel}", panel=self._title_text)
        )
        self._fold.rename(action)
