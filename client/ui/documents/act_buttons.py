"""The buttons of a document: the way forward first, then what else may be done, in as many lines as they need."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from client.documents.rows import Action
from client.ui.documents.words import step_words
from client.ui.widgets.buttons import Button, DangerButton, PrimaryButton, SecondaryButton

_GAP = 8


def _button(action: Action, parent: QWidget, *, primary: bool) -> Button:
    words = step_words(action.step)
    if primary:
        return PrimaryButton(words, None, parent)
    if action.needs_reason:
        return DangerButton(words, None, parent)
    return SecondaryButton(words, None, parent)


class ActButtons(QWidget):
    """Signals: `pressed` (Action, the button)."""

    pressed = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions: tuple[Action, ...] = ()
        self._shown: list[Button] = []

    def show_actions(self, actions: tuple[Action, ...]) -> None:
        """One button an action; the first primary one is the way forward."""
        if actions == self._actions:
            return
        self._actions = actions
        for old in self._shown:
            old.hide()
            old.deleteLater()
        forward = next((action for action in actions if action.primary), None)
        ordered = sorted(actions, key=lambda action: action is not forward)
        self._shown = [self._make(action, primary=action is forward) for action in ordered]
        self.setVisible(bool(ordered))
        self._arrange()

    def _make(self, action: Action, *, primary: bool) -> Button:
        button = _button(action, self, primary=primary)
        button.clicked.connect(lambda: self.pressed.emit(action, button))
        button.show()
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(sum(button.sizeHint().width() + _GAP for button in self._shown), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(max((button.sizeHint().width() for button in self._shown), default=0), 0)

    def _arrange(self) -> None:
        left = top = 0
        height = max((button.sizeHint().height() for button in self._shown), default=0)
        for button in self._shown:
            width = button.sizeHint().width()
            if left and left + width > self.width():
                left, top = 0, top + height + _GAP
            button.setGeometry(QRect(left, top, width, height))
            left += width + _GAP
        needed = top + height if self._shown else 0
        if self.minimumHeight() != needed or self.maximumHeight() != needed:
            self.setFixedHeight(needed)
