"""The verdict on one file, for whoever chose 用锦书验证 in a folder: nobody signs in, and no server is asked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from client.ui.base.clipboard import copy_text
from client.ui.base.errors import Notice
from client.ui.base.icons import ICON_SIZE, Icon, draw_pixmap
from client.ui.base.language import language, tr
from client.ui.base.operation import CoreRunner, Operation
from client.ui.base.screen_fit import ScreenFit
from client.ui.base.theme import Tone, current_theme
from client.ui.verdict.judgement import Judgement, judge
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.panes import Column, ScrollPane
from client.ui.widgets.progress_line import ProgressLine
from client.ui.widgets.text import Text, TextKind, restyle
from client.ui.widgets.text_window import save_text
from client.verify.command import UNKNOWN_ORIGIN, USAGE
from protocol.text import Field, shown

_SMALLEST: Final = QSize(480, 360)
_FIRST: Final = (640, 480)
_ICONS: Final = {Tone.DONE: Icon.CHECK, Tone.SEAL: Icon.WARNING}


class VerdictWindow(QWidget):
    """Judges at once, beside the interface."""

    def __init__(self, file: Path, own_root: Path, runner: CoreRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = shown(file.name, Field.NAME)
        self.setWindowTitle(tr("Verify with Jinshu"))
        self.setProperty("ground", "surface")
        self._fit = ScreenFit(self, _SMALLEST)
        self.resize(*_FIRST)
        self._judgement: Judgement | None = None
        self._column = Column(self, margin=24, spacing=12, ground="surface")
        name = Text(self._name, TextKind.SECTION, self, wrap=True)
        self._column.add(name)
        self._head = _Head(self)
        self._column.add(self._head)
        self._facts = Column(self, margin=0, spacing=8, ground="")
        self._column.add(self._facts)
        self._progress = ProgressLine(self)
        self._column.add(self._progress)
        self._column.add_stretch()
        self._told = NoticeBar(self)
        self._copy = SecondaryButton(tr("Copy all"), Icon.COPY, self)
        self._copy.clicked.connect(self._on_copy)
        self._save = SecondaryButton(tr("Save…"), Icon.DOWNLOAD, self)
        self._save.clicked.connect(self._on_save)
        close = PrimaryButton(tr("Close"), None, self)
        close.clicked.connect(self.close)
        for each in (self._copy, self._save):
            each.setEnabled(False)
        foot = Column(self, margin=16, spacing=12, ground="surface")
        foot.add(self._told)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self._copy, self._save):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        row = QWidget(foot)
        buttons.setContentsMargins(8, 0, 8, 0)
        row.setLayout(buttons)
        foot.add(row)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(ScrollPane(self._column, self), 1)
        box.addWidget(foot)
        self._progress.start(tr("Checking seals, signatures and pages…"), can_cancel=False)
        spoken = language()
        Operation(
            self,
            runner,
            lambda: asyncio.to_thread(judge, file, own_root, spoken),
            on_success=self._on_judged,
        )

    @property
    def status(self) -> int:
        """The exit status `jinshu-verify` has for it; as of no file until it is judged."""
        return USAGE if self._judgement is None else self._judgement.status

    def show_notice(self, notice: Notice) -> None:
        self._told.show_notice(notice)

    def clear_notice(self) -> None:
        self._told.clear_notice()

    def text(self) -> str:
        """All that is said, as it is copied, saved and then printed: which file, what is proved."""
        lines = () if self._judgement is None else self._judgement.lines
        return "\n".join((self._name, *lines)) + "\n"

    def _on_judged(self, judgement: Judgement) -> None:
        self._judgement = judgement
        self._progress.hide()
        head, *rest = judgement.lines
        self._head.say(head, judgement.tone)
        if judgement.status == UNKNOWN_ORIGIN:
            rest.append(
                tr(
                    "Sign in to Jinshu on this computer once, or have your administrator install the city's root certificate; then "
                    "verify the file again."
                )
            )
        for line in rest:
            fact = Text(line, TextKind.BODY, self._facts, wrap=True)
            fact.allow_copying()
            self._facts.add(fact)
        for each in (self._copy, self._save):
            each.setEnabled(True)

    def _on_copy(self) -> None:
        copy_text(self.text())
        self.show_notice(Notice(tr("Copied."), tone=Tone.DONE))

    def _on_save(self) -> None:
        notice = save_text(self, tr("Verify with Jinshu"), f"{self._name}.txt", self.text())
        if notice is not None:
            self.show_notice(notice)


class _Head(QFrame):
    """The one sentence that says it all, coloured by what it says; hidden until it is known."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Verification"))
        self._drawing = QLabel(self)
        self._drawing.setFixedSize(ICON_SIZE, ICON_SIZE)
        self._words = Text("", TextKind.STRONG, self, wrap=True)
        self._words.allow_copying()
        self._tone = Tone.NEUTRAL
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 12, 12, 12)
        row.setSpacing(12)
        row.addWidget(self._drawing, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        current_theme().changed.connect(self._draw)
        self.hide()

    def say(self, words: str, tone: Tone) -> None:
        self._tone = tone
        self._words.setText(words)
        self.setProperty("notice", tone.value)
        restyle(self)
        self._draw()
        self.show()

    def _draw(self) -> None:
        colour = current_theme().color(self._tone.text)
        icon = _ICONS.get(self._tone, Icon.INFO)
        self._drawing.setPixmap(draw_pixmap(icon, colour, scale=self.devicePixelRatioF()))
