"""Labels by what they say: a title, a section, a hint, an error; and the thin line between things."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from client.ui.base.labels import plain_label
from client.ui.base.tips import set_tip


class TextKind(StrEnum):
    """How a label is set; the style sheet knows sizes and colours."""

    TITLE = "title"
    SECTION = "section"
    BODY = "body"
    STRONG = "strong"
    SECONDARY = "secondary"
    HINT = "hint"
    LABEL = "label"
    ERROR = "error"
    DONE = "done"
    WAITING = "waiting"
    CODE = "code"
    QUOTE = "quote"


class Text(QLabel):
    """Plain text, never HTML: names and titles come from other people. `wrap` for sentences."""

    def __init__(
        self,
        text: str = "",
        kind: TextKind = TextKind.BODY,
        parent: QWidget | None = None,
        *,
        wrap: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", kind.value)
        self.setWordWrap(wrap)
        if wrap:
            self.setMinimumWidth(80)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Say these words, whatever is in them: a label with a buddy would take a letter for its shortcut."""
        self._said = text
        super().setText(plain_label(text) if self.buddy() is not None else text)

    def text(self) -> str:
        return self._said

    def setBuddy(self, field: QWidget) -> None:
        """The field this label names."""
        super().setBuddy(field)
        self.setText(self._said)

    def set_kind(self, kind: TextKind) -> None:
        """Change what it says it is, e.g. from a hint to an error."""
        self.setProperty("kind", kind.value)
        restyle(self)

    def allow_copying(self) -> None:
        """Let mouse and keyboard select the text."""
        flags = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        self.setTextInteractionFlags(flags)


class ElidedText(Text):
    """A title that may be cut (with the whole in the tooltip), unlike every other label."""

    def __init__(self, text: str = "", kind: TextKind = TextKind.BODY, parent: QWidget | None = None) -> None:
        self._whole = ""
        super().__init__("", kind, parent)
        self.setProperty("may_elide", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_whole(text)

    @property
    def whole(self) -> str:
        return self._whole

    def set_whole(self, text: str) -> None:
        """Show as much of `text` as there is room for."""
        self._whole = text
        self._fit()

    def resizeEvent(self, event: object) -> None:
        self._fit()

    def _fit(self) -> None:
        room = max(self.contentsRect().width(), 0)
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        self.setText(shown if room else self._whole)
        set_tip(self, "" if self.text() == self._whole else self._whole)


class Line(QFrame):
    """One pixel between things."""

    def __init__(self, parent: QWidget | None = None, *, vertical: bool = False) -> None:
        super().__init__(parent)
        self.setProperty("line", True)
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)


def restyle(widget: QWidget) -> None:
    """Make the style sheet look again at a widget whose properties have changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    QWidget.update(widget)  # item views have an update() of their own, which wants an index
