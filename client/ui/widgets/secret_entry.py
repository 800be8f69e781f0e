"""A passphrase: hidden, can be shown, and says in words how strong it is. The text is never kept here."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QProgressBar, QVBoxLayout, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.tips import set_tip
from client.ui.widgets.buttons import IconButton
from client.ui.widgets.text import Text, TextKind
from client.ui.widgets.text_entry import KeysLine

_STEPS = 4
SHORTEST = 8  # characters; what the key slots accept too
_LIMITS = (40, 55, 80)  # bits
_KINDS: tuple[tuple[int, Callable[[str], bool]], ...] = (
    (26, str.islower),
    (26, str.isupper),
    (10, str.isdigit),
    (32, lambda c: c.isascii() and not c.isalnum()),
    (3000, lambda c: not c.isascii()),  # common characters
)


def strength(secret: str) -> int:
    """0 (too short) to 4, from how many guesses it would take when characters are drawn from the kinds it uses.

    Repeated characters count little: "aaaaaaaa" is as weak as it looks.
    """
    if len(secret) < SHORTEST:
        return 0
    pool = sum(size for size, holds in _KINDS if any(holds(c) for c in secret))
    bits = min(len(secret), 2 * len(set(secret))) * math.log2(max(pool, 2))
    return 1 + sum(bits >= limit for limit in _LIMITS)


def strength_words(steps: int) -> str:
    """The strength in a word."""
    return (
        tr("Too short: at least {count} characters", count=SHORTEST),
        tr("Weak"),
        tr("Fair"),
        tr("Good"),
        tr("Strong"),
    )[steps]


class SecretEntry(QWidget):
    """`field` is the line edit, named `name`.

    Signals: `changed` (the text now), `submitted` (Enter).
    """

    changed = Signal(str)
    submitted = Signal()

    def __init__(self, name: str, parent: QWidget | None = None, *, show_strength: bool = False) -> None:
        super().__init__(parent)
        self.field = KeysLine(self)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setAccessibleName(name)
        self._reveal = IconButton(Icon.EYE, "", self, checkable=True)
        self._reveal.toggled.connect(self._on_revealed)
        self._name = name
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self._reveal)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, _STEPS)
        self._bar.setValue(0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("Passphrase strength"))
        self._bar.setFixedWidth(120)
        self._words = Text("", TextKind.HINT, self)
        meter = QHBoxLayout()
        meter.setSpacing(12)
        meter.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignVCenter)
        meter.addWidget(self._words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addLayout(meter)
        self._bar.setVisible(show_strength)
        self._words.setVisible(show_strength)
        self.setFocusProxy(self.field)
        self.field.textChanged.connect(self._on_changed)
        self.field.returnPressed.connect(self.submitted)
        self._on_revealed(False)
        self._on_changed("")

    def text(self) -> str:
        return self.field.text()

    def clear(self) -> None:
        self.field.clear()
        self._reveal.setChecked(False)

    def _on_changed(self, text: str) -> None:
        steps = strength(text)
        self._bar.setValue(steps)
        self._words.setText(strength_words(steps))
        self.changed.emit(text)

    def _on_revealed(self, shown: bool) -> None:
        # The candidates of an input method would show on screen what is hidden here. Who wants Chinese in it sees it anyway.
        self.field.set_composes(shown)
        self.field.setEchoMode(QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password)
        # Qt takes these away with the dots.
        self.field.setInputMethodHints(
            self.field.inputMethodHints()
            | Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhNoPredictiveText
        )
        self._reveal.set_button_icon(Icon.EYE_OFF if shown else Icon.EYE)
        name = tr("Hide {what}", what=self._name) if shown else tr("Reveal {what}", what=self._name)
        self._reveal.rename(name)
        if not shown:
            set_tip(self._reveal, f"{name}\n{tr('Chinese can be typed only while it is shown.')}")
