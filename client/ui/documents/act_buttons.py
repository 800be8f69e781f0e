"""The buttons of a document: the way forward first, then what else may be done; what ends it lies under 更多."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from client.documents.rows import Action
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.documents.words import act_words, acting_words, step_words
from client.ui.widgets.buttons import Button, PrimaryButton, SecondaryButton, leave_focus
from client.ui.widgets.menu import MenuEntry, build_menu
from protocol.documents.steps import Step

_GAP = 8
# What ends the work of others is never beside the way forward: one wrong click loses nothing.
ENDING = frozenset({Step.WITHDRAW, Step.ANNUL})


class ActButtons(QWidget):
    """Signals: `pressed` (Action, the button)."""

    pressed = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions: tuple[Action, ...] = ()
        self._buttons: list[tuple[Action, Button]] = []
        self._shown: list[Button] = []
        self._sentences: dict[Button, tuple[str, str]] = {}

    def show_actions(self, actions: tuple[Action, ...]) -> None:
        """One button an action; the first primary one is the way forward and says in which post it is taken."""
        if actions == self._actions:
            return
        self._actions = actions
        for old in self._shown:
            old.hide()
            old.deleteLater()
        self._buttons, self._sentences = [], {}
        forward = next((action for action in actions if action.primary), None)
        ordered = sorted(actions, key=lambda action: action is not forward)
        self._shown = [
            self._make(action, primary=action is forward) for action in ordered if action.step not in ENDING
        ]
        ending = [action for action in ordered if action.step in ENDING]
        if ending:
            self._shown.append(self._more(ending))
        leave_focus(self)
        self.setVisible(bool(ordered))
        self._arrange()

    def hold(self, held: Callable[[Action], bool]) -> None:
        """Keep back the acts that must wait; the others may be taken."""
        for action, button in self._buttons:
            button.setEnabled(not held(action))

    def _make(self, action: Action, *, primary: bool) -> Button:
        words = act_words(action)
        button: Button = PrimaryButton(words, None, self) if primary else SecondaryButton(words, None, self)
        if primary:
            sentence = acting_words(action)
            button.setAccessibleDescription(sentence)
            self._sentences[button] = (sentence, words)
        button.clicked.connect(lambda: self.pressed.emit(action, button))
        self._buttons.append((action, button))
        button.show()
        return button

    def _more(self, ending: list[Action]) -> Button:
        button = SecondaryButton(tr("More"), None, self)
        entries = [
            MenuEntry(
                tr("{act}…", act=step_words(action.step)),
                lambda action=action: self.pressed.emit(action, button),  # type: ignore[misc]
                Icon.BIN,
            )
            for action in ending
        ]
        button.give_menu(build_menu(entries, button))
        button.show()
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def sizeHint(self) -> QSize:
        return QSize(sum(button.sizeHint().width() + _GAP for button in self._shown), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(max((button.minimumSizeHint().width() for button in self._shown), default=0), 0)

    def _arrange(self) -> None:
        for button, (sentence, words) in self._sentences.items():
            # A post with a long name: the sentence is under the button's name for who listens, and in its tip.
            button.setText(sentence)
            if button.sizeHint().width() > self.width():
                button.setText(words)
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
