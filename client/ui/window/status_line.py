"""The quiet line at the foot: connection · what is on its way · lock."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from client.core.events import LinkState
from client.ui.base.icons import Icon, draw_pixmap
from client.ui.base.language import tr, with_keys
from client.ui.base.theme import Role, current_theme
from client.ui.base.tips import set_tip
from client.ui.widgets.buttons import QuietButton
from client.ui.widgets.text import Text, TextKind

_HEIGHT = 40
_DRAWING = 16


def link_words(state: LinkState) -> str:
    """The connection in words."""
    return {
        LinkState.OFFLINE: tr("Offline: your acts are kept and sent later"),
        LinkState.CONNECTING: tr("Connecting…"),
        LinkState.ONLINE: tr("Connected"),
        LinkState.POLLING: tr("Connected, news may come late"),
    }[state]


def sync_words(pending: int, refused: int, behind: int, indexed: int | None = None) -> str:
    """What is on its way, in words. `indexed`: per cent of the search index made anew; None: all of it."""
    parts = []
    if refused:
        parts.append(tr("{count} refused", count=refused))
    if pending:
        parts.append(tr("{count} on their way", count=pending))
    if behind:
        parts.append(tr("{count} being fetched", count=behind))
    if indexed is not None:
        parts.append(tr("search index being updated: {percent}%", percent=indexed))
    return " · ".join(parts) or tr("All in step")


class StatusLine(QWidget):
    """Signals: `lock_asked`."""

    lock_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_line")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(_HEIGHT)
        self._state = LinkState.CONNECTING
        self._pending = self._refused = self._behind = 0
        self._indexed: int | None = None
        self._link_drawing, self._sync_drawing = QLabel(self), QLabel(self)
        self._link = Text("", TextKind.SECONDARY, self)
        self._link.setAccessibleName(tr("Connection"))
        self._sync = Text("", TextKind.SECONDARY, self)
        self._sync.setAccessibleName(tr("Synchronisation"))
        lock = QuietButton(tr("Lock"), Icon.LOCK, self)
        set_tip(lock, with_keys(tr("Close your store until the passphrase is entered"), "Ctrl+L"))
        lock.setShortcut("Ctrl+L")
        lock.clicked.connect(self.lock_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(6)
        for widget in (self._link_drawing, self._link, self._sync_drawing, self._sync):
            row.addWidget(widget)
            if widget is self._link:
                row.addSpacing(18)
        row.addStretch(1)
        row.addWidget(lock)
        current_theme().changed.connect(self._show)
        self._show()

    def set_link(self, state: LinkState) -> None:
        self._state = state
        self._show()

    def set_outbox(self, pending: int, refused: int) -> None:
        self._pending, self._refused = pending, refused
        self._show()

    def set_behind(self, behind: int) -> None:
        """How many entries of the log are still to come."""
        self._behind = max(behind, 0)
        self._show()

    def set_indexed(self, done: int, total: int) -> None:
        """How much of the search index has been made anew."""
        self._indexed = None if done >= total else 100 * done // total
        self._show()

    def _show(self) -> None:
        offline = self._state is LinkState.OFFLINE
        self._link.setText(link_words(self._state))
        self._link.set_kind(TextKind.WAITING if offline else TextKind.SECONDARY)
        self._sync.setText(sync_words(self._pending, self._refused, self._behind, self._indexed))
        self._sync.set_kind(TextKind.ERROR if self._refused else TextKind.SECONDARY)
        self._set_drawing(
            self._link_drawing,
            Icon.OFFLINE if offline else Icon.LINK,
            Role.WAITING if offline else Role.INK_2,
        )
        busy = self._pending or self._behind or self._indexed is not None
        icon = Icon.WARNING if self._refused else Icon.SYNC if busy else Icon.CHECK
        self._set_drawing(self._sync_drawing, icon, Role.SEAL_TEXT if self._refused else Role.INK_2)

    def _set_drawing(self, label: QLabel, icon: Icon, role: Role) -> None:
        colour = current_theme().color(role)
        label.setPixmap(draw_pixmap(icon, colour, size=_DRAWING, scale=self.devicePixelRatioF()))
