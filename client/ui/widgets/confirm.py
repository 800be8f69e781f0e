"""Asks once, beside the button, with the consequence in words; Escape or a click elsewhere means no."""

from __future__ import annotations

from typing import ClassVar, cast

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QSinglePointEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from client.ui.base.language import tr
from client.ui.widgets.buttons import DangerButton, PrimaryButton, SecondaryButton
from client.ui.widgets.text import Text, TextKind

_WIDTH = 320
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
            self.resize(_WIDTH, layout.heightForWidth(_WIDTH))
        self.move(self._place())
        self._anchor.destroyed.connect(self.close)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
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
        elif watched is self.parentWidget() and kind in (QEvent.Type.Resize, QEvent.Type.Hide):
            self.close()
        elif kind in (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel) and isinstance(watched, QWidget):
            place = cast(QSinglePointEvent, event).globalPosition().toPoint()
            if not self.rect().contains(self.mapFromGlobal(place)):
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

    def hideEvent(self, event: QEvent) -> None:
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        super().hideEvent(event)  # type: ignore[arg-type]

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
