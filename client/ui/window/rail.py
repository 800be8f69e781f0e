"""The rail at the left: 64 pixels, one button an area, me and the settings at the foot."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from client.ui.base.icons import ICON_SIZE, Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.theme import Role, TextSize, current_theme, font
from client.ui.base.tips import set_tip
from client.ui.widgets.avatar import Avatar
from client.ui.widgets.badge import paint_badge
from client.ui.widgets.buttons import ToolButton
from client.ui.window.area import Area, AreaKey

RAIL_WIDTH: Final = 64
_HEIGHT: Final = 56
_LEAST: Final = 56


class RailButton(ToolButton):
    """A drawing, a word and, at the corner, how many things wait."""

    def __init__(self, icon: Icon, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._drawing = icon
        self._count = 0
        self._title = title
        self.setProperty("kind", "rail")
        self.setText(title)
        self.setAccessibleName(title)
        self.setCheckable(True)
        self.setFixedHeight(_HEIGHT)
        self.setMinimumWidth(self._needed_width())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.toggled.connect(lambda _on: self._draw())
        current_theme().changed.connect(self._draw)
        self._draw()

    def set_count(self, count: int) -> None:
        """Show how many things wait, in the corner and to screen readers."""
        self._count = count
        self.setAccessibleDescription(tr("{count} waiting", count=count) if count else "")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        paint_badge(painter, QPoint(self.width() // 2 + 6, 2), self._count)
        painter.end()

    def _needed_width(self) -> int:
        # Chinese names fit 64 pixels; English ones make the rail as wide as they need, rather than being cut.
        return max(
            _LEAST, QFontMetrics(font(TextSize.SECONDARY, bold=True)).horizontalAdvance(self._title) + 12
        )

    def _draw(self) -> None:
        role = Role.ACTION if self.isChecked() else Role.INK_2
        self.setIcon(current_theme().icon(self._drawing, role))


class Rail(QWidget):
    """Signals: `area_chosen` (AreaKey), `settings_chosen`."""

    area_chosen = Signal(object)
    settings_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(RAIL_WIDTH)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._buttons: dict[AreaKey, RailButton] = {}
        self._group = QButtonGroup(self)
        self._settings = RailButton(Icon.SETTINGS, tr("Settings"), self)
        self._settings.clicked.connect(self.settings_chosen)
        self._group.addButton(self._settings)
        self._me = Avatar("", self, size=36)
        self._me.hide()
        self._areas = QVBoxLayout()
        self._areas.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 8, 3, 8)
        column.setSpacing(8)
        column.addLayout(self._areas)
        column.addStretch(1)
        column.addWidget(self._me, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._settings)

    def add_area(self, area: Area) -> None:
        """Put an area in its place; those not there leave no gap."""
        button = RailButton(area.icon, area.title, self)
        set_tip(button, with_keys(area.title, f"Ctrl+{area.key.value}"))
        button.clicked.connect(lambda: self.area_chosen.emit(area.key))
        area.badge.changed.connect(button.set_count)
        button.set_count(area.badge.count)
        self._areas.insertWidget(sum(key < area.key for key in self._buttons), button)
        self._buttons[area.key] = button
        self._group.addButton(button)
        shortcut = QShortcut(QKeySequence(f"Ctrl+{area.key.value}"), self)
        shortcut.activated.connect(lambda: self.area_chosen.emit(area.key))
        self._order_tabs()

    def set_me(self, name: str, detail: str) -> None:
        """Who is at work here; `detail` says the posts."""
        self._me.set_name(name)
        set_tip(self._me, f"{name}\n{detail}" if detail else name)
        self._me.setVisible(bool(name))

    def show_chosen(self, key: AreaKey | None) -> None:
        """Mark the area in view; None for the settings."""
        button = self._settings if key is None else self._buttons[key]
        button.setChecked(True)

    def _order_tabs(self) -> None:
        ordered = [self._buttons[key] for key in sorted(self._buttons)] + [self._settings]
        for one, following in pairwise(ordered):
            QWidget.setTabOrder(one, following)
