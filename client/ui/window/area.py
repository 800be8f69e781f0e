"""What the window knows of an area: its place on the rail, its page and its count. Pages never see the window."""

from __future__ import annotations

from enum import IntEnum
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.icons import Icon


class AreaKey(IntEnum):
    """The areas in the order of the rail; the number is the one of Ctrl+1…5, whether the area is there or not."""

    TODAY = 1
    DOCUMENTS = 2
    MESSAGES = 3
    MEETINGS = 4
    DIRECTORY = 5


class Badge(QObject):
    """How many things wait in an area.

    Signals: `changed` (the count).
    """

    changed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = 0

    @property
    def count(self) -> int:
        return self._count

    def set_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self.changed.emit(count)


class Area(Protocol):
    """An area of the rail. A page may be its own area, or a small frozen dataclass holds these."""

    @property
    def key(self) -> AreaKey: ...
    @property
    def title(self) -> str: ...
    @property
    def icon(self) -> Icon: ...
    @property
    def badge(self) -> Badge: ...
    @property
    def widget(self) -> QWidget: ...
