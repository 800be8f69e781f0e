"""What to show the others: a screen or a window, from a small list above the button."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMenu, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.meetings.attending import Attending
from client.ui.meetings.services import DeviceKind, Devices
from client.ui.widgets.menu import MenuEntry, build_menu

_LONGEST = 48


def share_entries(devices: Devices, attending: Attending) -> list[MenuEntry]:
    """Screens first, then windows by their titles."""
    return [
        MenuEntry(
            _short(row.name),
            lambda kind=kind, device=row.id: attending.share(kind, device),  # type: ignore[misc]
            icon,
        )
        for kind, icon in ((DeviceKind.SCREEN, Icon.SCREEN), (DeviceKind.WINDOW, Icon.FILE))
        for row in devices.rows(kind)
    ]


def pick_share(devices: Devices, attending: Attending, anchor: QWidget) -> QMenu:
    """Open the list; there may be nothing to show, which it says."""
    entries = share_entries(devices, attending) or [
        MenuEntry(tr("This computer does not let its screen be shown"), lambda: None, enabled=False)
    ]
    menu = build_menu(entries, anchor)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(anchor.mapToGlobal(QPoint(0, -menu.sizeHint().height() - 8)))
    return menu


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
