"""Before one is in, and when it is over for whatever reason: a sentence, and the one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from client.meetings.rows import LiveRow, LiveState
from client.ui.base.icons import Icon, draw_pixmap
from client.ui.base.language import error_text, tr
from client.ui.base.theme import Role, current_theme
from client.ui.widgets.buttons import SecondaryButton
from client.ui.widgets.code_detail import CodeDetail
from client.ui.widgets.text import Text, TextKind
from protocol.errors import ErrorCode

_DRAWING = 40
_MEASURE = 400


class StandingPage(QWidget):
    """Signals: `acted` (cancel while joining, back when it is over, or from the full screen)."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = Icon.MEETINGS
        self._drawing = Text("", TextKind.BODY, self)
        self._title = Text("", TextKind.SECTION, self, wrap=True)
        self._hint = Text("", TextKind.SECONDARY, self, wrap=True)
        self._code = CodeDetail(self)
        self._act = SecondaryButton("", None, self)
        self._act.clicked.connect(self.acted)
        inner = QWidget(self)
        inner.setMaximumWidth(_MEASURE)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 24, 24, 24)
        row.addStretch(1)
        row.addWidget(inner, 1000)
        row.addStretch(1)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addStretch(2)
        for label in (self._drawing, self._title, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
            column.addWidget(label)
        column.addWidget(self._code, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addWidget(self._act, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        current_theme().changed.connect(self._draw)

    def show_joining(self, title: str) -> None:
        """Until the row of the meeting says more."""
        self._say(Icon.MEETINGS, tr("Going into the meeting…"), title, "", tr("Cancel"))

    def show_waiting(self, live: LiveRow) -> None:
        """Before a locked meeting."""
        self._say(
            Icon.LOCK,
            tr("The meeting is locked; waiting for the chair…"),
            tr(
                "{title}\nAs soon as the chair unlocks it you go in, with microphone and camera off. You need not stay here.",
                title=live.title,
            ),
            "",
            tr("Wait no longer"),
        )

    def show_elsewhere(self) -> None:
        """In the place of the meeting while it has the screen to itself."""
        self._say(Icon.FULL_SCREEN, tr("The meeting is on the full screen"), "", "", tr("Leave full screen"))

    def show_over(self, live: LiveRow) -> None:
        """Removed, ended or failed."""
        back = tr("Back to the meetings")
        if live.state is LiveState.FAILED:
            code = live.fault or ErrorCode.MEETINGS_UNAVAILABLE.value
            text = error_text(code)
            self._say(Icon.WARNING, text.what, text.do, code, back)
        elif live.state is LiveState.REMOVED:
            text = error_text(ErrorCode.MEETINGS_REMOVED.value)
            self._say(Icon.REVOKE, text.what, text.do, "", back)
        else:
            self._say(Icon.CHECK, tr("The meeting is over"), live.title, "", back)

    def focus(self) -> None:
        self._act.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self, icon: Icon, title: str, hint: str, code: str, act: str) -> None:
        self._icon = icon
        self._title.setText(title)
        self._hint.setText(hint)
        self._code.set_code(code)
        self._act.setText(act)
        self._act.setAccessibleName(act)
        self._draw()

    def _draw(self) -> None:
        colour = current_theme().color(Role.CONTROL_EDGE)
        self._drawing.setPixmap(
            draw_pixmap(self._icon, colour, size=_DRAWING, scale=self.devicePixelRatioF())
        )
