"""Whether the desktop starts the program when the user signs in: read from what the desktop itself will read."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSettings

from client.updates.installers import installer_here

_log = logging.getLogger(__name__)
_FILE: Final = "cn.jinshu.client.desktop"
_RUN: Final = "HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run"
_VALUE: Final = "Jinshu"
_HIDDEN: Final = "--hidden"
_ENTRY: Final = """[Desktop Entry]
Type=Application
Version=1.0
Name=Jinshu
Name[zh_CN]=锦书
Exec={command}
Icon=cn.jinshu.client
Terminal=false
X-GNOME-Autostart-enabled=true
"""


class EntryAutostart:
    """A desktop entry in the user's own folder, as the freedesktop specification has it."""

    def __init__(self, folder: Path, command: Callable[[], Sequence[str]]) -> None:
        self._file = folder / _FILE
        self._command = command

    @property
    def on(self) -> bool:
        # A desktop's own settings switch an entry off by writing into it.
        try:
            lines = {line.strip().lower() for line in self._file.read_text("utf-8").splitlines()}
        except (OSError, UnicodeDecodeError):
            return False
        return not lines & {"hidden=true", "x-gnome-autostart-enabled=false"}

    def choose(self, *, on: bool) -> None:
        """From the next time the user signs in.

        Raises:
            OSError: it could not be written; it is as it was.
        """
        if not on:
            self._file.unlink(missing_ok=True)
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        words = " ".join(map(quoted, (*self._command(), _HIDDEN)))
        self._file.write_text(_ENTRY.format(command=words), "utf-8")


class RunKeyAutostart:
    """The Run key of Windows, which the uninstaller clears. Written from its documentation; not tried on Windows."""

    def __init__(self, settings: QSettings, command: Callable[[], Sequence[str]]) -> None:
        self._settings = settings
        self._command = command

    @property
    def on(self) -> bool:
        return self._settings.contains(_VALUE)

    def choose(self, *, on: bool) -> None:
        """As that of `EntryAutostart`."""
        if on:
            self._settings.setValue(_VALUE, " ".join(f'"{word}"' for word in (*self._command(), _HIDDEN)))
        else:
            self._settings.remove(_VALUE)
        self._settings.sync()
        if self._settings.status() is not QSettings.Status.NoError:
            raise OSError("the registry cannot be written")


def quoted(word: str) -> str:
    """A word of an `Exec` line. It is unescaped twice, as a value of the file and as a word of the command; a per cent sign would
    begin a field."""
    word = word.replace("%", "%%")
    if word and all(letter.isalnum() or letter in "/._-+%:=@," for letter in word):
        return word
    for letter in '\\"`$':
        word = word.replace(letter, f"\\{letter}")
    return '"' + word.replace("\\", "\\\\") + '"'


def own_command() -> tuple[str, ...]:
    """How this installation is started, whatever version of it is there then."""
    installer = installer_here()
    if installer is not None:
        return tuple(installer.command())
    program = Path(sys.executable).with_name("jinshu")
    return (str(program),) if program.exists() else (sys.executable, "-m", "client")


def autostart_here(environment: Mapping[str, str] = os.environ) -> EntryAutostart | RunKeyAutostart:
    """The way of this desktop."""
    if sys.platform == "win32":
        return RunKeyAutostart(QSettings(_RUN, QSettings.Format.NativeFormat), own_command)
    chosen = environment.get("XDG_CONFIG_HOME", "")
    config = Path(chosen) if chosen.startswith("/") else Path.home() / ".config"
    return EntryAutostart(config / "autostart", own_command)
