"""Where one writes: the field, what it answers or changes, and the buttons."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from client.messaging.rows import MessageRow
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.text_faults import fault_words
from client.ui.messaging.message_edit import MessageEdit
from client.ui.messaging.words import message_words
from client.ui.widgets.buttons import IconButton, PrimaryButton, QuietButton, leave_focus
from client.ui.widgets.file_strip import FileStrip
from client.ui.widgets.text import ElidedText, Line, Text, TextKind
from protocol.text import RULES, Field, clean

_MOST = RULES[Field.MESSAGE].most
_NEAR = 1_000  # characters before that, what is typed is counted
_BELOW = 5  # puts a button in the middle of a field of one line


def _count_words(text: str) -> str:
    """How long a text is, shortly before it is too long."""
    if len(text) <= _MOST - _NEAR:
        return ""
    return tr("{count} of {most} characters", count=f"{len(text):,}", most=f"{_MOST:,}")


def _beside(button: QWidget) -> QVBoxLayout:
    """A button at the last line of the field, however many lines it has."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, _BELOW)
    column.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
    return column


@dataclass(frozen=True, slots=True)
class Writing:
    """What the field is for: a new message, an answer, or another wording."""

    reply: MessageRow | None = None
    edit: MessageRow | None = None
    aside: str = ""  # what was half typed before a message of mine came into the field


class Composer(QFrame):
    """What cannot go is said above the field while it is typed, and stays there. `files` asks about files before they go.

    Signals: `sent` (the text), `long_sent` (a text that is to go as a file), `files_given` (a list of Path), `picture_given` (a
    pasted image), `typed` (the text of a new message), `left`.
    """

    sent = Signal(str)
    long_sent = Signal(str)
    files_given = Signal(object)
    picture_given = Signal(object)
    typed = Signal(str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._writing = Writing()
        self.edit = MessageEdit(self)
        self.edit.send_asked.connect(self._on_send)
        self.edit.left.connect(self._on_left)
        self.edit.files_given.connect(self.files_given)
        self.edit.picture_given.connect(self.picture_given)
        self.files = FileStrip(
            lambda count: tr("Send {count} files?", count=count), tr("Send these files"), self, primary=False
        )
        self.files.confirmed.connect(lambda _sources: self.edit.setFocus())
        self.files.dropped.connect(self.edit.setFocus)
        self.edit.textChanged.connect(self._on_typed)
        self._about = ElidedText("", TextKind.SECONDARY, self)
        self._drop = IconButton(Icon.CLOSE, tr("Do not reply"), self)
        self._drop.clicked.connect(self.drop)
        self._file = IconButton(Icon.ATTACH, tr("Send file"), self)
        self._file.clicked.connect(self._on_file)
        self._send = PrimaryButton(tr("Send"), Icon.SEND, self)
        self._send.clicked.connect(self._on_send)
        self._fault = Text("", TextKind.ERROR, self, wrap=True)
        self._as_file = QuietButton(tr("Send as a file"), Icon.ATTACH, self)
        self._as_file.clicked.connect(self._on_as_file)
        self._lay_out()
        leave_focus(self)
        self._show_about()
        self._on_typed()

    def _lay_out(self) -> None:
        self._strip = QWidget(self)
        about = QHBoxLayout(self._strip)
        about.setContentsMargins(40, 0, 0, 0)
        about.setSpacing(8)
        about.addWidget(self._about, 1)
        about.addWidget(self._drop)
        self._limit = QWidget(self)
        limit = QHBoxLayout(self._limit)
        limit.setContentsMargins(40, 0, 0, 0)
        limit.setSpacing(8)
        limit.addWidget(self._fault, 1)
        limit.addWidget(self._as_file)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(_beside(self._file))
        row.addWidget(self.edit, 1)
        row.addLayout(_beside(self._send))
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 12, 16, 12)
        inner.setSpacing(4)
        inner.addWidget(self.files)
        inner.addWidget(self._strip)
        inner.addWidget(self._limit)
        inner.addLayout(row)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Line(self))
        column.addLayout(inner)

    @property
    def writing(self) -> Writing:
        return self._writing

    @property
    def draft(self) -> str:
        """What of a new message is typed, also while another one is being changed."""
        return self._writing.aside if self._writing.edit is not None else self.edit.toPlainText()

    @property
    def empty(self) -> bool:
        """Whether nothing stands in the field, and nothing is being composed in it."""
        return not (self.edit.toPlainText().strip() or self.edit.composed)

    def finish_composing(self) -> None:
        """What is being composed belongs to what the field stands for now; it is told as `typed`."""
        self.edit.finish_composing()

    def show_draft(self, text: str) -> None:
        """Another conversation: what is half typed there. What is being composed was finished before."""
        self._writing = Writing()
        self._show_about()
        self._set_text(text)

    def give_back(self, text: str) -> None:
        """A text that could not go, before whatever has been typed since."""
        self.finish_composing()
        now = self.edit.toPlainText()
        self._set_text(f"{text}\n{now}" if now.strip() else text)
        self.edit.setFocus()

    def reply_to(self, row: MessageRow) -> None:
        """The next message answers this one."""
        self.drop()
        self._writing = Writing(reply=row)
        self._show_about()
        self.edit.setFocus()

    def follow(self, rows: Iterable[MessageRow]) -> None:
        """What is being answered may have been worded otherwise or taken back meanwhile."""
        answered = self._writing.reply
        now = next((row for row in rows if answered is not None and row.id == answered.id), answered)
        if now != answered:
            self._writing = replace(self._writing, reply=now)
            self._show_about()

    def change(self, row: MessageRow) -> None:
        """Put a message of mine into the field to word it otherwise."""
        self.drop()
        self.finish_composing()
        self._writing = Writing(edit=row, aside=self.edit.toPlainText())
        self._show_about()
        self._set_text(row.text)
        self.edit.setFocus()

    def drop(self) -> None:
        """Answer and change nothing; what was half typed comes back."""
        if self._writing.edit is not None:
            self.finish_composing()
        before, self._writing = self._writing, Writing()
        if before.edit is not None:
            self._set_text(before.aside)
        self._show_about()

    def take(self) -> str:
        """The text as it goes out; the field is ready for the next one."""
        text = clean(self.edit.toPlainText(), Field.MESSAGE)
        aside = self._writing.aside
        self._writing = Writing()
        self._show_about()
        self._set_text(aside)
        return text

    def _set_text(self, text: str) -> None:
        self.edit.set_clean(text)
        cursor = self.edit.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.edit.setTextCursor(cursor)

    def _show_about(self) -> None:
        row = self._writing.reply or self._writing.edit
        self._strip.setVisible(row is not None)
        if row is None:
            return
        words = " ".join(message_words(row).split())
        if self._writing.edit is not None:
            self._about.set_whole(tr("Changing: {text}", text=words))
            self._drop.rename(tr("Do not change"))
        else:
            self._about.set_whole(tr("In reply to {name}: {text}", name=row.sender, text=words))
            self._drop.rename(tr("Do not reply"))

    def _on_typed(self) -> None:
        text = clean(self.edit.toPlainText(), Field.MESSAGE)
        fault = fault_words(text, Field.MESSAGE)
        said = fault or _count_words(text)
        self._fault.setText(said)
        self._fault.set_kind(TextKind.ERROR if fault else TextKind.SECONDARY)
        self._limit.setVisible(bool(said))
        self._as_file.setVisible(self._writing.edit is None and len(text) > _MOST)
        self.edit.setAccessibleDescription(said)
        self._send.setEnabled(bool(text or self.edit.composed) and not fault)
        self.typed.emit(self.draft)

    def _on_send(self) -> None:
        self.finish_composing()
        if self._send.isEnabled():
            self.sent.emit(clean(self.edit.toPlainText(), Field.MESSAGE))

    def _on_as_file(self) -> None:
        self.finish_composing()
        self.long_sent.emit(self.take())
        self.edit.setFocus()

    def _on_left(self) -> None:
        if self._writing == Writing():
            self.left.emit()
        else:
            self.drop()

    def _on_file(self) -> None:
        names, _filter = QFileDialog.getOpenFileNames(self, tr("Send file"))
        paths = [Path(name) for name in names]
        if paths:
            self.files_given.emit(paths)
