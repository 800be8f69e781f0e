"""The room: tiles placed as the table says, painted by their slots, pinned by a double click."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from client.meetings.rows import Seal
from client.ui.meetings.placing import GAP, grid, most_beside_stage, most_in_grid, stage_and_strip
from client.ui.meetings.seating import Seat, Table
from client.ui.meetings.services import Newest
from client.ui.meetings.tile import Tile
from client.ui.widgets.menu import MenuEntry, pop_up

_HIGH_FROM = 640  # a tile wider than this deserves the sender's large picture
NO_TABLE = Table(None, (), 0)


class TileGrid(QWidget):
    """`slot_for` finds a seat's pictures, `menu_for` what may be done with whom.

    Signals: `pin_asked` (Seat), `room_changed` (another number of tiles may fit), `moved` (the mouse).
    """

    pin_asked = Signal(object)
    room_changed = Signal()
    moved = Signal()

    def __init__(self, slot_for: Callable[[Seat], Newest | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self._slot_for = slot_for
        self.menu_for: Callable[[Seat], Sequence[MenuEntry]] = lambda _seat: ()
        self._table = NO_TABLE
        self._tiles: dict[str, Tile] = {}
        self._foot = 0

    def keep_foot(self, height: int) -> None:
        """What lies over the lowest part of the room: no tile goes there."""
        if height != self._foot:
            self._foot = height
            self._place()
            self.room_changed.emit()

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """In the order of the table, the large one first."""
        return tuple(self._tiles[seat.key] for seat in self._seats())

    @property
    def most(self) -> int:
        return most_in_grid(self._room())

    @property
    def most_beside_stage(self) -> int:
        return most_beside_stage(self._room())

    def large_tiles(self) -> int:
        """How many tiles with a picture are wide enough for the sender's large one."""
        return sum(tile.width() >= _HIGH_FROM and not tile.seat.screen for tile in self.tiles)

    def show_table(self, table: Table) -> None:
        """Seat these; a tile that stays keeps its widget, and its last picture with it."""
        self._table = table
        wanted = {seat.key: seat for seat in self._seats()}
        for key in [key for key in self._tiles if key not in wanted]:
            self._dismiss(self._tiles.pop(key))
        for key, seat in wanted.items():
            tile = self._tiles.get(key)
            if tile is None:
                tile = self._tiles[key] = self._made(seat)
            elif tile.seat != seat:
                tile.set_seat(seat)
            # What cannot be opened is not shown, whatever a slot may still hold.
            tile.set_slot(None if seat.seal is Seal.LOCKED else self._slot_for(seat))
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()
        self.room_changed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.moved.emit()
        super().mouseMoveEvent(event)

    def _seats(self) -> tuple[Seat, ...]:
        stage = self._table.stage
        return self._table.seats if stage is None else (stage, *self._table.seats)

    def _made(self, seat: Seat) -> Tile:
        tile = Tile(seat, self)
        tile.pin_asked.connect(lambda: self.pin_asked.emit(tile.seat))
        tile.menu_asked.connect(lambda place: self._on_menu_asked(tile, place))
        return tile

    def _dismiss(self, tile: Tile) -> None:
        focused = tile.hasFocus()
        tile.set_slot(None)
        tile.hide()
        tile.deleteLater()
        if focused:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _room(self) -> QSize:
        return QSize(self.width() - 2 * GAP, self.height() - GAP - max(GAP, self._foot))

    def _place(self) -> None:
        if self._table.stage is None:
            places = grid(len(self._table.seats), self._room())
        else:
            large, strip = stage_and_strip(len(self._table.seats), self._room())
            places = (large, *strip)
        before: Tile | None = None
        for tile, place in zip(self.tiles, places, strict=False):
            tile.setGeometry(place.translated(GAP, GAP))
            tile.show()
            if before is not None:
                QWidget.setTabOrder(before, tile)
            before = tile

    def _on_menu_asked(self, tile: Tile, place: QPoint) -> None:
        pop_up(self.menu_for(tile.seat), tile, place)
