"""Remembers where windows and splitters stood, in an INI file inside the profile."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtWidgets import QMainWindow, QSplitter


class WindowState:
    """Names are ours (`documents.splitter`); nothing the user wrote is ever kept here, since the file is plain."""

    def __init__(self, path: Path) -> None:
        self._settings = QSettings(str(path), QSettings.Format.IniFormat)

    def restore_window(self, window: QMainWindow, name: str = "window") -> bool:
        """Put the window where it was; False when it was never seen."""
        return window.restoreGeometry(self._bytes(f"{name}/geometry"))

    def save_window(self, window: QMainWindow, name: str = "window") -> None:
        self._settings.setValue(f"{name}/geometry", window.saveGeometry())

    def keep_splitter(self, splitter: QSplitter, name: str) -> None:
        """Restore a splitter now and remember it whenever it is moved."""
        saved = self._bytes(f"splitters/{name}")
        if not saved.isEmpty():
            splitter.restoreState(saved)
        splitter.splitterMoved.connect(
            lambda _pos, _index: self._settings.setValue(f"splitters/{name}", splitter.saveState())
        )

    def value(self, name: str, default: str = "") -> str:
        """A small choice, such as the page last open."""
        return str(self._settings.value(f"choices/{name}", default))

    def set_value(self, name: str, value: str) -> None:
        self._settings.setValue(f"choices/{name}", value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        return self.value(name, str(default)) == str(True)

    def set_flag(self, name: str, *, on: bool) -> None:
        self.set_value(name, str(on))

    def save(self) -> None:
        """Write what is pending, at the end of the program."""
        self._settings.sync()

    def _bytes(self, name: str) -> QByteArray:
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()
