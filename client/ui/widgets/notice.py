"""A notice in place: what happened, what to do, and behind 详情 a code to quote. One at a time; a new one replaces the old."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from client.ui.base.errors import Notice
from client.ui.base.icons import ICON_SIZE, Icon, draw_pixmap
from client.ui.base.language import tr
from client.ui.base.theme import Tone, current_theme
from client.ui.widgets.buttons import IconButton, QuietButton, SecondaryButton
from client.ui.widgets.code_detail import CodeDetail
from client.ui.widgets.text import Text, TextKind, restyle

_ICONS = {Tone.SEAL: Icon.WARNING, Tone.WAITING: Icon.CLOCK, Tone.DONE: Icon.CHECK}


class NoticeBar(QFrame):
    """Hidden until something is to be said.

    Signals: `dismissed` (the user closed it), `acted` (he took what is offered beside the words), `put_off` (not now).
    """

    dismissed = Signal()
    acted = Signal()
    put_off = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Notice"))
        self._notice: Notice | None = None
        self._drawing = QLabel(self)
        self._drawing.setFixedSize(ICON_SIZE, ICON_SIZE)
        self._what = Text("", TextKind.STRONG, self, wrap=True)
        self._do = Text("", TextKind.BODY, self, wrap=True)
        self._act = SecondaryButton("", None, self)
        self._act.clicked.connect(self.acted)
        self._act.hide()
        self._later = QuietButton("", None, self)
        self._later.clicked.connect(self.put_off)
        self._later.hide()
        self._code = CodeDetail(self)
        self._close = IconButton(Icon.CLOSE, tr("Close notice"), self)
        self._close.clicked.connect(self._on_close)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._what)
        words.addWidget(self._do)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._drawing, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._act, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._later, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._code, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self._row = row
        current_theme().changed.connect(self._draw)
        self.hide()

    @property
    def notice(self) -> Notice | None:
        """What is being said."""
        return self._notice

    def show_notice(self, notice: Notice, act: str = "", later: str = "") -> None:
        """`act`: what is offered beside the words, if anything is; `later`: how that is put off."""
        self._notice = notice
        self._act.setText(act)
        self._act.setAccessibleName(act)
        self._act.setVisible(bool(act))
        self._later.setText(later)
        self._later.setAccessibleName(later)
        self._later.setVisible(bool(later))
        # What is asked stays until it is answered.
        self._close.setVisible(not (act or later))
        self._what.setText(notice.what)
        self._do.setText(notice.do)
        self._do.setVisible(bool(notice.do))
        self._code.set_code(notice.code)
        self.setAccessibleDescription(f"{notice.what} {notice.do}")
        self.setProperty("notice", notice.tone.value)
        restyle(self)
        self._draw()
        self.show()

    def offer(self, *buttons: QWidget) -> None:
        """Buttons beside the words, as long as the bar lives; it can be closed all the same."""
        for button in buttons:
            self._row.insertWidget(self._row.indexOf(self._code), button, 0, Qt.AlignmentFlag.AlignVCenter)

    def clear_notice(self) -> None:
        self._notice = None
        self.hide()

    def _draw(self) -> None:
        if self._notice is not None:
            tone = self._notice.tone
            colour = current_theme().color(tone.text)
            scale = self.devicePixelRatioF()
            self._drawing.setPixmap(draw_pixmap(_ICONS.get(tone, Icon.INFO), colour, scale=scale))

    def _on_close(self) -> None:
        self.clear_notice()
        self.dismissed.emit()
