"""Asks where a file is to be saved, under a name that no disk misunderstands: the only place that asks."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from protocol.text import file_name


def ask_where(parent: QWidget, title: str, name: str) -> Path | None:
    """The place the user chose, offered `name` (of whatever origin) as a safe file name; None: he thought better of it."""
    chosen, _filter = QFileDialog.getSaveFileName(parent, title, file_name(name))
    return Path(chosen) if chosen else None
