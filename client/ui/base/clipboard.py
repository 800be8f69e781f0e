"""What a button of ours puts onto the clipboard."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

# By it those who keep a history of the clipboard leave a text out: Klipper's word, which others have taken over.
SECRET: Final = "x-kde-passwordManagerHint"


def copy_text(text: str, *, secret: bool = False) -> None:
    """`secret`: what opens something, such as a recovery code."""
    if not secret:
        QGuiApplication.clipboard().setText(text)
        return
    data = QMimeData()
    data.setText(text)
    data.setData(SECRET, b"secret")
    QGuiApplication.clipboard().setMimeData(data)
