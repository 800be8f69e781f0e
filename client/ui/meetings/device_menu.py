"""Microphone, camera and loudspeaker, changed in the middle of a meeting."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QMenu, QWidget

from client.ui.meetings.attending import Attending
from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow
from client.ui.meetings.words import device_words, fault_words
from client.ui.widgets.menu import add_line

_KINDS: Final = (DeviceKind.MICROPHONE, DeviceKind.CAMERA, DeviceKind.LOUDSPEAKER)


class DeviceMenu(QMenu):
    """Read anew each time it opens: what is plugged in meanwhile is there."""

    def __init__(self, attending: Attending, parent: QWidget) -> None:
        super().__init__(parent)
        self._attending = attending
        self.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        self.clear()
        for kind in _KINDS:
            rows = self._attending.devices.rows(kind)
            heading = add_line(self, device_words(kind))
            heading.setEnabled(False)
            chosen = self._attending.device_in_use(kind)
            for row in rows:
                self._offer(kind, row, row.id == chosen)
            if not rows:
                add_line(self, "    " + fault_words(kind, DeviceFault.MISSING)[0]).setEnabled(False)
            if kind is not _KINDS[-1]:
                self.addSeparator()

    def _offer(self, kind: DeviceKind, row: DeviceRow, chosen: bool) -> None:
        action = add_line(self, row.name)
        action.setCheckable(True)
        action.setChecked(chosen)
        action.triggered.connect(lambda: self._attending.use_device(kind, row.id))
