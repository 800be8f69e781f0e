"""Above the tiles: which meeting, how long, how many, whether it is locked; and how one looks at it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from client.meetings.rows import LiveRow, Seal
from client.ui.base.icons import Icon
from client.ui.base.language import tr, with_keys
from client.ui.base.theme import Tone
from client.ui.base.tips import set_tip
from client.ui.meetings.seating import Arrangement
from client.ui.meetings.words import elapsed_words, people_words
from client.ui.widgets.buttons import IconButton
from client.ui.widgets.chip import Chip
from client.ui.widgets.text import ElidedText, Text, TextKind


class MeetingHead(QWidget):
    """Signals: `arrangement_asked`, `full_screen_asked`."""

    arrangement_asked = Signal()
    full_screen_asked = Signal()

    def __init__(self, devices: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("ground", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._title = ElidedText("", TextKind.SECTION, self)
        self._title.setAccessibleName(tr("Meeting"))
        self._elapsed = Text("", TextKind.SECONDARY, self)
        self._elapsed.setAccessibleName(tr("Time in the meeting"))
        self._count = Text("", TextKind.SECONDARY, self)
        self._more = Text("", TextKind.HINT, self)
        self._more.hide()
        self._locked = Chip(tr("Locked"), Tone.WAITING, self, name=tr("Meeting"))
        set_tip(self._locked, tr("Nobody else can come in until the chair unlocks it."))
        self._sealed = Chip(tr("End-to-end encrypted"), Tone.DONE, self, name=tr("Meeting"))
        self._sharing = Chip(tr("You share your screen"), Tone.SEAL, self, name=tr("Meeting"))
        self._arrangement = IconButton(Icon.SPEAKER, "", self)
        self._arrangement.clicked.connect(self.arrangement_asked)
        self._devices = IconButton(Icon.SETTINGS, tr("Devices"), self)
        self._devices.clicked.connect(
            lambda: devices.popup(self._devices.mapToGlobal(self._devices.rect().bottomLeft()))
        )
        self._full = IconButton(Icon.FULL_SCREEN, "", self)
        self._full.clicked.connect(self.full_screen_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 12, 8)
        row.setSpacing(12)
        row.addWidget(self._title, 1)
        row.addWidget(self._sharing)
        row.addWidget(self._locked)
        row.addWidget(self._sealed)
        row.addWidget(self._count)
        row.addWidget(self._more)
        row.addWidget(self._elapsed)
        row.addSpacing(4)
        for button in (self._arrangement, self._devices, self._full):
            row.addWidget(button)
        self.show_sharing(False)
        self.show_full_screen(False)
        self.show_arrangement(Arrangement.GRID)

    def show_live(self, live: LiveRow) -> None:
        self._title.set_whole(live.title or tr("Without a name"))
        self._count.setText(people_words(len(live.participants)))
        self._locked.setVisible(live.locked)
        # Said only when it holds for all: everybody has the keys, and everything that comes opens.
        opened = all(tile.seal is not Seal.LOCKED for tile in live.tiles)
        self._sealed.setVisible(opened and all(row.confirmed for row in live.participants))

    def show_more(self, more: int) -> None:
        """How many have no tile."""
        self._more.setText(tr("{count} not shown", count=more))
        self._more.setVisible(more > 0)

    def show_sharing(self, on: bool) -> None:
        self._sharing.setVisible(on)

    def show_elapsed(self, seconds: int) -> None:
        self._elapsed.setText(elapsed_words(seconds))

    def show_arrangement(self, arrangement: Arrangement) -> None:
        """The button offers the other one."""
        grid = arrangement is Arrangement.GRID
        self._arrangement.set_button_icon(Icon.SPEAKER if grid else Icon.GRID)
        self._arrangement.rename(tr("Show the speaker large") if grid else tr("Show all equally large"))

    def show_full_screen(self, full: bool) -> None:
        name = tr("Leave full screen") if full else tr("Full screen")
        self._full.rename(with_keys(name, "F11"))
