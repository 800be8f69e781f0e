"""A desktop's panel as far as a tray goes: the watcher of StatusNotifierItems, on the bus of the session; a program of its own."""

from __future__ import annotations

import sys

from PySide6.QtCore import ClassInfo, Property, QCoreApplication, QObject, Slot
from PySide6.QtDBus import QDBusConnection

_NAME = "org.kde.StatusNotifierWatcher"


@ClassInfo({"D-Bus Interface": _NAME})  # type: ignore[call-arg]  # the types of PySide6 do not know it as a decorator
class Watcher(QObject):  # type: ignore[operator]
    """Says which program registered its item."""

    @Slot(str)
    def RegisterStatusNotifierItem(self, item: str) -> None:
        sys.stdout.write(f"{item}\n")
        sys.stdout.flush()

    def _is_there(self) -> bool:
        return True

    IsStatusNotifierHostRegistered = Property(bool, _is_there)


def main() -> int:
    """Until it is ended."""
    qt = QCoreApplication([])
    bus, watcher = QDBusConnection.sessionBus(), Watcher()
    flags = QDBusConnection.RegisterOption.ExportAllSlots | QDBusConnection.RegisterOption.ExportAllProperties
    assert bus.registerObject("/StatusNotifierWatcher", watcher, flags)
    assert bus.registerService(_NAME)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    return qt.exec()


if __name__ == "__main__":
    raise SystemExit(main())
