"""A text in full in a window of its own: read, searched by eye, copied, and saved where that is offered."""

from __future__ import annotations

import logging
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from client.ui.base.clipboard import copy_text
from client.ui.base.errors import Notice
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.theme import Tone
from client.ui.widgets.buttons import PrimaryButton, SecondaryButton
from client.ui.widgets.notice import NoticeBar
from client.ui.widgets.save_dialog import ask_where
from client.ui.widgets.text import Text

_log = logging.getLogger(__name__)
_WIDTH, _HEIGHT = 720, 560


class TextWindow(QDialog):
    """Deletes itself when closed; Escape closes it.

    Args:
        title: of the window.
        head: what stands above the text, e.g. whose it is.
        text: all of it; what is copied and saved is this and nothing else.
        copy: the words on the button that copies.
    """

    def __init__(self, title: str, head: Text, text: str, copy: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setProperty("ground", "surface")
        self.resize(_WIDTH, _HEIGHT)
        self._text = text
        self._file_name = ""
        self._notice = NoticeBar(self)
        words = QPlainTextEdit(self)
        words.setReadOnly(True)
        words.setPlainText(text)
        words.setAccessibleName(title)
        copying = SecondaryButton(copy, Icon.COPY, self)
        copying.clicked.connect(self._on_copy)
        close = PrimaryButton(tr("Close"), None, self)
        close.clicked.connect(self.close)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(8)
        self._buttons.addWidget(copying)
        self._buttons.addStretch(1)
        self._buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(head)
        column.addWidget(self._notice)
        column.addWidget(words, 1)
        column.addLayout(self._buttons)
        words.setFocus()

    def offer_saving(self, words: str, file_name: str) -> None:
        """A button with these words saves the text, under this name unless the user chooses another."""
        self._file_name = file_name
        saving = SecondaryButton(words, Icon.DOWNLOAD, self)
        saving.clicked.connect(self._on_save)
        self._buttons.insertWidget(1, saving)

    def _on_copy(self) -> None:
        copy_text(self._text)
        self._notice.show_notice(Notice(tr("Copied."), tone=Tone.DONE))

    def _on_save(self) -> None:
        notice = save_text(self, self.windowTitle(), self._file_name, self._text)
        if notice is not None:
            self._notice.show_notice(notice)


def save_text(parent: QWidget, title: str, file_name: str, text: str) -> Notice | None:
    """Ask where, and write a text there; what became of it, or None when the user thought better of it."""
    place = ask_where(parent, title, file_name)
    if place is None:
        return None
    try:
        _write(place, text)
    except OSError as error:
        _log.warning("a text could not be saved: %s", type(error).__name__)
        return Notice(
            tr("It could not be saved there."), tr("Choose another place, or make room on the disk.")
        )
    return Notice(tr("Saved as {name}.", name=place.name), tone=Tone.DONE)


def _write(place: Path, text: str) -> None:
    place.write_text(text, encoding="utf-8")
