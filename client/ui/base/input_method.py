"""Which input method Qt talks to: Chinese must be typeable wherever the desktop names one that this Qt has no plugin for."""

from __future__ import annotations

import shutil
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QPluginLoader

# PySide6's wheels bring no plugin for fcitx, which UOS, Kylin and Deepin name; fcitx5 answers to ibus' protocol too.
_FALLBACK: Final = "ibus"
# Qt 6.7 and later read the list first, and the single name only without one.
_SETTINGS: Final = ("QT_IM_MODULES", "QT_IM_MODULE")
# Who writes one of these wants none. `wayland` is the compositor's own, which needs no plugin, but only on Wayland.
_NONE_WANTED: Final = frozenset({"none", "simple"})
_FOLDER: Final = "platforminputcontexts"
# Without this program on the path Qt's module for ibus gives up, though fcitx5 alone would answer it: it then must be asked
# through the session bus, where both answer to the portal's name.
_DAEMON: Final = "ibus-daemon"
_PORTAL: Final = "IBUS_USE_PORTAL"


@dataclass(frozen=True, slots=True)
class InputMethodChoice:
    """`named`: what the desktop asks for, in its words; `used`: what Qt is told."""

    named: str
    used: str

    @property
    def replaced(self) -> bool:
        return self.used != self.named


def installed_input_methods() -> frozenset[str]:
    """The names this Qt's plugins answer to; callable before there is an application."""
    names: set[str] = set()
    for folder in QCoreApplication.libraryPaths():
        for file in sorted(Path(folder, _FOLDER).glob("*")):
            described: object = QPluginLoader(str(file)).metaData().get("MetaData")
            keys = described.get("Keys", []) if isinstance(described, dict) else []
            names.update(str(key).lower() for key in keys)
    return frozenset(names)


def choose_input_method(
    environment: MutableMapping[str, str], installed: frozenset[str]
) -> InputMethodChoice:
    """Name `ibus` in `environment` when none of what it names is installed, and the way by which it can be reached.

    Qt reads both when QApplication is made.
    """
    choice = _choose(environment, installed)
    of_ibus = _FALLBACK in [name.strip().lower() for name in choice.used.split(";")]
    if of_ibus and shutil.which(_DAEMON, path=environment.get("PATH")) is None:
        environment.setdefault(_PORTAL, "1")
    return choice


def _choose(environment: MutableMapping[str, str], installed: frozenset[str]) -> InputMethodChoice:
    setting = next((name for name in _SETTINGS if environment.get(name)), "")
    if not setting:
        return InputMethodChoice("", "")
    named = environment[setting]
    # Qt itself compares without regard to case.
    wanted = [name.strip().lower() for name in named.split(";")]
    if _FALLBACK not in installed or not _NONE_WANTED.union(installed).isdisjoint(wanted):
        return InputMethodChoice(named, named)
    used = f"{named};{_FALLBACK}" if setting == "QT_IM_MODULES" else _FALLBACK
    if wanted == ["wayland"]:
        # One name alone can't say "the compositor's, and elsewhere ibus"; the list can.
        setting, used = "QT_IM_MODULES", f"{named};{_FALLBACK}"
    environment[setting] = used
    return InputMethodChoice(named, used)
