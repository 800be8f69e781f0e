"""Asks once, beside the button, with the consequence in words; Escape or a click elsewhere means no."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from client.ui.base.language import tr
from client.ui.widgets.buttons import DangerButton, PrimaryButton, SecondaryButton
from client.ui.widgets.text import Text, TextKind

_WIDTH = 320
_LINE = 1
_GAP = 4
_EDGE = 8


class ConfirmPopover(QFrame):
    """One question at a time; it goes with whatever it asks about. It deletes itself when closed.

    A question lies inside the window of its button, not in a window of its own: under a window manager a pop-up
    whose grab fails stands over every other window, alive, long after what it asks about has gone.

    Signals: `confirmed` (yes).
    """

    confirmed = Signal()
    _asked: ClassVar[ConfirmPopover | None] = None

    def __init__(self, anchor: QWidget, consequence: str, action: str, *, danger: bool = True) -> None:
        super().__init__(anchor.window())
        self.hide()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("ground", "raised")
        self.setAccessibleName(consequence)
        self._anchor = anchor
        self._veil = _Veil(anchor.window())
        self._veil.pressed.connect(self.close)
        self.setFixedWidth(_WIDTH)
        self._yes = DangerButton(action, None, self) if danger else PrimaryButton(action, None, self)
        self._yes.clicked.connect(self._on_yes)
        self._no = SecondaryButton(tr("Cancel"), None, self)
        self._no.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._no)
        buttons.addWidget(self._yes)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(16)
        column.addWidget(Text(consequence, TextKind.BODY, self, wrap=True))
        column.addLayout(buttons)

    @classmethod
    def asked(cls) -> ConfirmPopover | None:
        """The question that stands open now."""
        found = cls._asked
        return found if found is not None and isValid(found) and found.isVisible() else None

    def open(self) -> None:
        """Show it under the anchor, or above when there is no room below; the question before is taken back."""
        before = ConfirmPopover.asked()
        if before is not None:
            before.close()
        ConfirmPopover._asked = self
        layout = self.layout()
        if layout is not None:
            # The frame's line takes its part of the width.
            inside = _WIDTH - 2 * _LINE
            self.resize(_WIDTH, layout.heightForWidth(inside) + 2 * _LINE)
        self.move(self._place())
        self._anchor.destroyed.connect(self.close)
        # Only what the question hangs on is watched: a filter on the whole application is handed menus that have just
        # shut, and that ends the process (PySide 6.9).
        for watched in (self._anchor, self._anchor.window()):
            watched.installEventFilter(self)
        self._veil.spread()
        self.show()
        self.raise_()
        # The harmless answer has the focus: Enter alone destroys nothing.
        self._no.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._anchor:
            gone = kind == QEvent.Type.EnabledChange and not self._anchor.isEnabled()
            if gone or kind in (QEvent.Type.Hide, QEvent.Type.DeferredDelete):
                self.close()
        elif kind in (QEvent.Type.Resize, QEvent.Type.Hide):
            self.close()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from one answer to the other, and nowhere else."""
        other = self._no if self._yes.hasFocus() else self._yes
        other.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        if isValid(self._veil):
            self._veil.hide()
            self._veil.deleteLater()
        super().hideEvent(event)

    def _place(self) -> QPoint:
        window = self._anchor.window()
        anchor = QRect(self._anchor.mapTo(window, QPoint(0, 0)), self._anchor.size())
        left = max(min(anchor.left(), window.width() - self.width() - _EDGE), 0)
        below, above = anchor.bottom() + _GAP, anchor.top() - _GAP - self.height()
        top = below if below + self.height() + _EDGE <= window.height() else above
        return QPoint(left, max(min(top, window.height() - self.height() - _EDGE), 0))

    def _on_yes(self) -> None:
        # Closed first: what is done may take the button, and this question with it.
        self.close()
        self.confirmed.emit()


class _Veil(QWidget):
    """Lies over the window while a question stands open, and cannot be seen: a click on it is a click elsewhere.

    Signals: `pressed`.
    """

    pressed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.hide()

    def spread(self) -> None:
        self.setGeometry(self.window().rect())
        self.show()
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.pressed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()  # what lies below must not slide away under the question
