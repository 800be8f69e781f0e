"""A question beside the button that asks it, inside the window: one at a time, and it goes with whatever it asks about."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QWidget
from shiboken6 import isValid

_LINE = 1
_GAP = 4
_EDGE = 8


class Question(QFrame):
    """The frame of every question; what it asks, and its answers, are put into it by who asks. It deletes itself when closed.

    The first answer made has the focus when it opens; who asks makes a harmless one first, so that Enter alone destroys nothing.

    A question lies inside the window of its button, not in a window of its own: under a window manager a pop-up
    whose grab fails stands over every other window, alive, long after what it asks about has gone.
    """

    _asked: ClassVar[Question | None] = None

    def __init__(self, anchor: QWidget, name: str, width: int) -> None:
        super().__init__(anchor.window())
        self._veil: _Veil | None = None
        self.hide()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("ground", "raised")
        self.setAccessibleName(name)
        self.setFixedWidth(width)
        self._anchor = anchor
        self._window = anchor.window()

    @classmethod
    def asked(cls) -> Question | None:
        """The question that stands open now, of whatever kind."""
        found = Question._asked
        return found if found is not None and isValid(found) and found.isVisible() else None

    def open(self) -> None:
        """Show it under the anchor, or above when there is no room below; the question before is taken back."""
        take_back(Question.asked())
        Question._asked = self
        layout = self.layout()
        if layout is not None:
            # The frame's line takes its part of the width.
            inside = self.width() - 2 * _LINE
            height = (
                layout.heightForWidth(inside) if layout.hasHeightForWidth() else layout.sizeHint().height()
            )
            self.resize(self.width(), height + 2 * _LINE)
        self.move(self._place())
        self._anchor.destroyed.connect(self.close)
        # Only what the question hangs on is watched: a filter on the whole application is handed menus that have just
        # shut, and that ends the process (PySide 6.9).
        for watched in (self._anchor, self._window):
            watched.installEventFilter(self)
        self._veil = _Veil(self._window)
        self._veil.pressed.connect(self.close)
        self._veil.spread()
        self.show()
        self.raise_()
        for first in self._answers()[:1]:
            first.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if watched is self._anchor:
            gone = kind == QEvent.Type.EnabledChange and not self._anchor.isEnabled()
            if gone or kind in (QEvent.Type.Hide, QEvent.Type.DeferredDelete):
                self.close()
        if watched is self._window and kind in (QEvent.Type.Resize, QEvent.Type.Hide):
            self.close()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from one answer to the next, and nowhere else."""
        answers = self._answers()
        if not answers:
            return True
        held = next((place for place, each in enumerate(answers) if each.hasFocus()), None)
        step = 1 if forward else -1
        place = (0 if forward else -1) if held is None else (held + step) % len(answers)
        answers[place].setFocus(
            Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        )
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        if self._veil is not None and isValid(self._veil):
            self._veil.hide()
            self._veil.deleteLater()
        super().hideEvent(event)

    def _answers(self) -> list[QWidget]:
        """What can have the focus in here, in the order it was made."""
        direct = self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        return [
            each
            for each in direct
            if each.isVisibleTo(self)
            and each.isEnabled()
            and bool(each.focusPolicy().value & Qt.FocusPolicy.TabFocus.value)
        ]

    def _place(self) -> QPoint:
        window = self._window
        anchor = QRect(self._anchor.mapTo(window, QPoint(0, 0)), self._anchor.size())
        left = max(min(anchor.left(), window.width() - self.width() - _EDGE), 0)
        below, above = anchor.bottom() + _GAP, anchor.top() - _GAP - self.height()
        top = below if below + self.height() + _EDGE <= window.height() else above
        return QPoint(left, max(min(top, window.height() - self.height() - _EDGE), 0))


def take_back(question: Question | None) -> None:
    """Close a question, if it is there still."""
    if question is not None and isValid(question):
        question.close()


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
