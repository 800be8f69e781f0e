"""Hears from the desktop that its screen was locked, or the computer put to sleep.

There is no one word for it: each desktop has its own, most of them the freedesktop one besides. All are listened for; which of them
comes first does not matter. On Windows nothing is heard.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import QDBusConnection

_log = logging.getLogger(__name__)
# Interfaces whose `ActiveChanged` says whether the screen is locked.
_ACTIVE: Final = (
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.ukui.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.cinnamon.ScreenSaver",
)
# Those whose `Visible` says whether the lock's page is shown: Deepin and UOS 20, and their later releases.
_VISIBLE: Final = ("com.deepin.dde.lockFront", "org.deepin.dde.LockFront1")
_UKUI: Final = "org.ukui.ScreenSaver"
_LOGIN: Final = "org.freedesktop.login1"


def _slot(signature: str) -> bytes:
    """A slot by its name, as Qt writes it. WORKAROUND(the types of PySide6 ask for bytes here, and it refuses them, until they
    agree)."""
    return cast("bytes", SLOT(signature))


_CHANGED: Final = _slot("on_changed(bool)")
_LOCK: Final = _slot("on_lock()")
_UNLOCK: Final = _slot("on_unlock()")
_SLEEP: Final = _slot("on_sleep(bool)")


class ScreenLock(QObject):
    """Signals: `locked`, `unlocked`; the same may be said more than once."""

    locked = Signal()
    unlocked = Signal()

    def __init__(
        self,
        session: QDBusConnection | None,
        system: QDBusConnection | None,
        login_session: str = "",
        parent: QObject | None = None,
    ) -> None:
        """`session`, `system`: the buses there are; `login_session`: the id that logind gave this session."""
        super().__init__(parent)
        if session is not None:
            for interface in _ACTIVE:
                session.connect("", "", interface, "ActiveChanged", self, _CHANGED)
            for interface in _VISIBLE:
                session.connect("", "", interface, "Visible", self, _CHANGED)
            session.connect("", "", _UKUI, "lock", self, _LOCK)
            session.connect("", "", _UKUI, "unlock", self, _UNLOCK)
        if system is not None:
            manager = f"{_LOGIN}.Manager"
            system.connect(_LOGIN, "", manager, "PrepareForSleep", self, _SLEEP)
        if system is not None and login_session:
            path, own = session_path(login_session), f"{_LOGIN}.Session"
            system.connect(_LOGIN, path, own, "Lock", self, _LOCK)
            system.connect(_LOGIN, path, own, "Unlock", self, _UNLOCK)

    @classmethod
    def of_desktop(cls, parent: QObject) -> ScreenLock:
        """Over the buses of this desktop, as far as there are any."""
        session = QDBusConnection.sessionBus() if _has_session_bus(os.environ) else None
        system = None if sys.platform == "win32" else QDBusConnection.systemBus()
        there = [bus if bus is not None and bus.isConnected() else None for bus in (session, system)]
        if there == [None, None]:
            _log.info("no bus says here when the screen is locked")
        return cls(there[0], there[1], os.environ.get("XDG_SESSION_ID", ""), parent)

    @Slot(bool)
    def on_changed(self, active: bool) -> None:
        (self.locked if active else self.unlocked).emit()

    @Slot()
    def on_lock(self) -> None:
        self.locked.emit()

    @Slot()
    def on_unlock(self) -> None:
        self.unlocked.emit()

    @Slot(bool)
    def on_sleep(self, begins: bool) -> None:
        # Its end says nothing of who is there.
        if begins:
            self.locked.emit()


def session_path(login_session: str) -> str:
    """The object of a session of logind, whose ids may hold what paths may not."""
    escaped = "".join(
        letter
        if letter.isascii() and (letter.isalpha() or (letter.isdigit() and place))
        else "".join(f"_{byte:02x}" for byte in letter.encode("utf-8"))
        for place, letter in enumerate(login_session)
    )
    return f"/org/freedesktop/login1/session/{escaped}"


def _has_session_bus(environment: Mapping[str, str]) -> bool:
    """Without one, asking for it would start one under X11, which nobody speaks on."""
    if sys.platform == "win32":
        return False
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    return bool(environment.get("DBUS_SESSION_BUS_ADDRESS")) or bool(
        runtime and (Path(runtime) / "bus").exists()
    )
