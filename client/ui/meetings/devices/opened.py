"""A device in use, seen from the Qt thread: what goes wrong is told once, and at once to whoever asks late."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from client.ui.meetings.services import DeviceFault


class OpenedDevice(QObject):
    """The part all devices share; `id` is empty for the one the system prefers."""

    def __init__(self, device: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.id = device
        self._fault: DeviceFault | None = None
        self._watcher: Callable[[DeviceFault], None] | None = None

    def watch(self, on_fault: Callable[[DeviceFault], None]) -> None:
        """Whoever owns the device now; the one before hears nothing more."""
        self._watcher = on_fault
        if self._fault is not None:
            on_fault(self._fault)

    def tell(self, fault: DeviceFault) -> None:
        if self._fault is None:
            self._fault = fault
            if self._watcher is not None:
                self._watcher(fault)

    def close(self) -> None:
        """Nothing is told from now on."""
        self._watcher = None
        self._fault = self._fault or DeviceFault.GONE
        self.deleteLater()
