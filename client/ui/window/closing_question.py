"""What closing the window means, asked in it where the hand is: beside the button that closes it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.settings.choices import OnClose
from client.ui.widgets.buttons import CheckBox, PrimaryButton, SecondaryButton
from client.ui.widgets.question import Question
from client.ui.widgets.text import Text, TextKind

_WIDTH = 360
_EDGE = 8


class ClosingQuestion(Question):
    """Signals: `answered` (OnClose, whether it is to be remembered). Escape, or a click elsewhere, leaves the window open."""

    answered = Signal(object, bool)

    def __init__(self, window: QWidget) -> None:
        # Nothing of ours lies beside the button that closes a window: the frame is the window manager's.
        corner = QWidget(window)
        corner.setGeometry(window.width() - _EDGE, 0, 1, 1)
        corner.show()
        super().__init__(corner, tr("Close the window"), _WIDTH)
        self.destroyed.connect(corner.deleteLater)
        stay = PrimaryButton(tr("Keep running"), None, self)
        stay.clicked.connect(lambda: self._answer(OnClose.STAY))
        end = SecondaryButton(tr("Quit"), None, self)
        end.clicked.connect(lambda: self._answer(OnClose.END))
        self._remember = CheckBox(tr("Remember my choice"), self)
        self._remember.setAccessibleName(self._remember.text())
        self._remember.setChecked(True)
        words = tr(
            "Jinshu then goes on in the background and tells you of documents and messages, until it locks itself. Its seal stays in "
            "the tray."
        )
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(end)
        buttons.addWidget(stay)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(8)
        column.addWidget(
            Text(tr("Keep Jinshu running when its window is closed?"), TextKind.SECTION, self, wrap=True)
        )
        column.addWidget(Text(words, TextKind.BODY, self, wrap=True))
        column.addSpacing(4)
        column.addWidget(self._remember)
        column.addSpacing(4)
        column.addLayout(buttons)

    def _answer(self, choice: OnClose) -> None:
        remember = self._remember.isChecked()
        # Closed first: what is done takes the window with it.
        self.close()
        self.answered.emit(choice, remember)
