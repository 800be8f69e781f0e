"""Asks once, beside the button, with the consequence in words; Escape or a click elsewhere means no."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.widgets.buttons import DangerButton, PrimaryButton, SecondaryButton
from client.ui.widgets.text import Text, TextKind

_WIDTH = 320


class ConfirmPopover(QFrame):
    """Signals: `confirmed` (yes). It deletes itself when closed."""

    confirmed = Signal()

    def __init__(self, anchor: QWidget, consequence: str, action: str, *, danger: bool = True) -> None:
        super().__init__(anchor.window(), Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("ground", "raised")
        self.setAccessibleName(consequence)
        self._anchor = anchor
        self.setFixedWidth(_WIDTH)
        self._yes = DangerButton(action, None, self) if danger else PrimaryButton(action, None, self)
        self._yes.clicked.connect(self._on_yes)
        no = SecondaryButton(tr("Cancel"), None, self)
        no.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(no)
        buttons.addWidget(self._yes)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(16)
        column.addWidget(Text(consequence, TextKind.BODY, self, wrap=True))
        column.addLayout(buttons)
        # The harmless answer has the focus: Enter alone destroys nothing.
        no.setFocus()

    def open(self) -> None:
        """Show it under the anchor, or above when there is no room below."""
        layout = self.layout()
        if layout is not None:
            self.resize(_WIDTH, layout.heightForWidth(_WIDTH))
        anchor = QRect(self._anchor.mapToGlobal(QPoint(0, 0)), self._anchor.size())
        screen = self._anchor.screen().availableGeometry()
        left = min(max(anchor.left(), screen.left()), screen.right() - self.width())
        below = anchor.bottom() + 4
        top = below if below + self.height() <= screen.bottom() else anchor.top() - 4 - self.height()
        self.move(left, top)
        self.show()

    def _on_yes(self) -> None:
        self.confirmed.emit()
        self.close()
