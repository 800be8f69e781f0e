"""The one bar of a meeting: microphone, camera, screen, hand, conversation, people, and the way out."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from client.ui.base.icons import ICON_SIZE, Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.base.tips import set_tip
from client.ui.meetings.words import people_words
from client.ui.widgets.badge import paint_badge
from client.ui.widgets.buttons import ToolButton
from client.ui.widgets.focus_ring import paint_inner_ring
from client.ui.widgets.text import Line, restyle

_HEIGHT: Final = 56
_LEAST: Final = 66
_NARROW: Final = 44


class BarButton(ToolButton):
    """A drawing over a word; `words` are all it may ever say, so that its width never changes."""

    def __init__(
        self, icon: Icon, words: tuple[str, ...], parent: QWidget, *, kind: str = "bar", keys: str = ""
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._off = False
        self._keys = keys
        self._count = 0
        self._leaves = kind == "bar_leave"
        self.setProperty("kind", kind)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        metrics = QFontMetrics(font(TextSize.SECONDARY, bold=True))
        self._width = max(_LEAST, *(metrics.horizontalAdvance(word) + 14 for word in words))
        self.setFixedSize(self._width, _HEIGHT)
        self.toggled.connect(lambda _on: self._draw())
        current_theme().changed.connect(self._draw)
        self.say(icon, words[0])

    def say(self, icon: Icon, word: str, *, off: bool = False) -> None:
        """What it looks like and does now; `off` marks a microphone or camera that is switched off."""
        self._icon, self._off = icon, off
        self.setText(word)
        self.setAccessibleName(word)
        set_tip(self, with_keys(word, self._keys) if self._keys else word)
        self.setProperty("off", off)
        restyle(self)
        self._draw()

    def set_narrow(self, narrow: bool) -> None:
        """The drawing alone, where there is no room for words; the word stays in the tooltip."""
        style = (
            Qt.ToolButtonStyle.ToolButtonIconOnly if narrow else Qt.ToolButtonStyle.ToolButtonTextUnderIcon
        )
        self.setToolButtonStyle(style)
        self.setFixedSize(_NARROW if narrow else self._width, _HEIGHT)

    def set_count(self, count: int) -> None:
        """How much is new behind it."""
        self._count = count
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        paint_badge(painter, QPoint(self.width() // 2 + 6, 2), self._count)
        painter.end()
        if self._leaves:
            paint_inner_ring(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def _draw(self) -> None:
        role = Role.ACTION if self.isChecked() else Role.SEAL_TEXT if self._off else Role.INK
        self.setIcon(current_theme().icon(self._icon, Role.ON_SEAL if self._leaves else role))


class Bar(QFrame):
    """Says what it is told; every press is only a wish.

    Signals: `microphone_asked`, `camera_asked`, `share_asked`, `hand_asked`, `leave_asked`,
    `chat_toggled`, `people_toggled` (shown or not).
    """

    microphone_asked = Signal()
    camera_asked = Signal()
    share_asked = Signal()
    hand_asked = Signal()
    leave_asked = Signal()
    chat_toggled = Signal(bool)
    people_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ground", "raised")
        self.setAccessibleName(tr("Controls of the meeting"))
        self.microphone = BarButton(Icon.MIC_OFF, (tr("Unmute"), tr("Mute")), self, keys="Ctrl+D")
        self.camera = BarButton(Icon.CAMERA_OFF, (tr("Start camera"), tr("Stop camera")), self, keys="Ctrl+E")
        self.share = BarButton(Icon.SCREEN, (tr("Share"), tr("Stop sharing")), self)
        self.hand = BarButton(Icon.HAND, (tr("Raise hand"), tr("Lower hand")), self)
        self.chat = BarButton(Icon.CHAT, (tr("Chat"),), self)
        self.people = BarButton(Icon.PEOPLE, (tr("People"),), self)
        self.leave = BarButton(Icon.LEAVE, (tr("Leave"),), self, kind="bar_leave")
        for button, asked in (
            (self.microphone, self.microphone_asked),
            (self.camera, self.camera_asked),
            (self.share, self.share_asked),
            (self.hand, self.hand_asked),
            (self.leave, self.leave_asked),
        ):
            button.clicked.connect(lambda _checked=False, signal=asked: signal.emit())
        for button, toggled in ((self.chat, self.chat_toggled), (self.people, self.people_toggled)):
            button.setCheckable(True)
            button.toggled.connect(toggled)
        self._buttons = (
            self.microphone,
            self.camera,
            self.share,
            self.hand,
            self.chat,
            self.people,
            self.leave,
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(2)
        for button in self._buttons[:-1]:
            row.addWidget(button)
        line = Line(self, vertical=True)
        line.setFixedHeight(32)
        row.addSpacing(4)
        row.addWidget(line)
        row.addSpacing(4)
        row.addWidget(self.leave)
        self._whole = self.sizeHint().width()

    def fit(self, width: int) -> QSize:
        """Its size where there is so much room: with words if they fit, else with drawings alone."""
        for button in self._buttons:
            button.set_narrow(width < self._whole)
        return self.sizeHint()

    def show_microphone(self, on: bool) -> None:
        icon, word = (Icon.MIC, tr("Mute")) if on else (Icon.MIC_OFF, tr("Unmute"))
        self.microphone.say(icon, word, off=not on)

    def show_camera(self, on: bool) -> None:
        icon, word = (Icon.CAMERA, tr("Stop camera")) if on else (Icon.CAMERA_OFF, tr("Start camera"))
        self.camera.say(icon, word, off=not on)

    def show_sharing(self, on: bool) -> None:
        self.share.say(Icon.SCREEN, tr("Stop sharing") if on else tr("Share"), off=on)

    def show_hand(self, up: bool) -> None:
        self.hand.say(Icon.HAND, tr("Lower hand") if up else tr("Raise hand"))

    def show_people(self, count: int) -> None:
        """How many are there, to be heard with the button."""
        self.people.setAccessibleDescription(people_words(count))

    def show_unread(self, count: int) -> None:
        """What was said in the chat while it was shut."""
        self.chat.set_count(count)
        words = tr("{count} unread", count=count) if count else ""
        self.chat.setAccessibleDescription(words)
        set_tip(self.chat, " · ".join(part for part in (tr("Chat"), words) if part))
