"""Seats people in the room as the meeting goes on, remembers pins and arrangement, and tells the server what is looked at."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal

from client.meetings.rows import LiveRow, LiveState
from client.ui.base.window_state import WindowState
from client.ui.meetings.attending import Attending
from client.ui.meetings.seating import Arrangement, Seat, Table, arrange
from client.ui.meetings.services import Meetings
from client.ui.meetings.tile_grid import NO_TABLE, TileGrid

_ARRANGEMENT: Final = "meetings.arrangement"
_MOST_PICTURES: Final = 9  # what the server forwards at once (D9)


class Usher(QObject):
    """Signals: `seated` (how many have no tile)."""

    seated = Signal(int)

    def __init__(
        self,
        meetings: Meetings,
        attending: Attending,
        grid: TileGrid,
        state: WindowState | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._meetings = meetings
        self._attending = attending
        self._grid = grid
        self._state = state
        self._live: LiveRow | None = None
        self._pins: tuple[str, ...] = ()
        self._order: tuple[str, ...] = ()
        self._told: tuple[tuple[str, ...], int, int, bool] | None = None
        value = "" if state is None else state.value(_ARRANGEMENT)
        self.arrangement = Arrangement(value) if value in set(Arrangement) else Arrangement.GRID
        grid.pin_asked.connect(self.pin)
        grid.room_changed.connect(self.seat)

    def forget(self) -> None:
        """The meeting is over: the room is empty, and nothing of it is left for the next."""
        self._live = None
        self._pins, self._order, self._told = (), (), None
        self._grid.show_table(NO_TABLE)

    def show_live(self, live: LiveRow) -> None:
        self._live = live
        self.seat()

    def pin(self, seat: Seat) -> None:
        """One pin at a time: another one takes its place, and the same again takes it away."""
        self._pins = () if seat.pinned else (seat.key,)
        self.seat()

    def turn(self) -> None:
        """From all alike to one large, and back."""
        grid = self.arrangement is Arrangement.GRID
        self.arrangement = Arrangement.SPEAKER if grid else Arrangement.GRID
        if self._state is not None:
            self._state.set_value(_ARRANGEMENT, self.arrangement.value)
        self.seat()

    def seat(self) -> None:
        """Everybody to his place."""
        if self._live is None:
            return
        table = self._table(self._live, self._grid.most)
        if table.stage is not None:
            table = self._table(self._live, self._grid.most_beside_stage)
        self._order = tuple(seat.key for seat in table.seats)
        self._grid.show_table(table)
        self.seated.emit(table.more)
        self._tell(self._live)

    def _table(self, live: LiveRow, most: int) -> Table:
        return arrange(live, self.arrangement, most, self._pins, self._order)

    def _tell(self, live: LiveRow) -> None:
        """The server forwards what is looked at, as large as it is looked at."""
        if live.state is not LiveState.IN or not self._grid.isVisible():
            return
        others = [tile.seat for tile in self._grid.tiles if not tile.seat.me and not tile.seat.screen]
        forward = [seat.device for seat in others if seat.person == live.spotlight]
        pins = tuple(dict.fromkeys([*(seat.device for seat in others if seat.pinned), *forward]))
        videos = min(_MOST_PICTURES, len(others))
        wish = (pins, min(self._grid.large_tiles(), videos), videos, True)
        if wish != self._told:
            self._told = wish
            self._attending.act(lambda: self._meetings.view(*wish))
