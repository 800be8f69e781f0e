"""The window hosts: rail, one page of each area, the notice place and the status line. It holds no logic of any area."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.screen_fit import ScreenFit
from client.ui.base.window_state import WindowState
from client.ui.guide.chapters import Chapter
from client.ui.guide.guide_window import listen_for_help
from client.ui.widgets.notice import NoticeBar
from client.ui.window.age_bar import AgeBar
from client.ui.window.area import Area, AreaKey
from client.ui.window.crash_bar import CrashBar
from client.ui.window.rail import Rail
from client.ui.window.status_line import StatusLine
from client.ui.window.update_bar import UpdateBar

_SMALLEST = QSize(900, 560)
_FIRST = (1280, 800)
_LAST_AREA = "window.area"
_CHAPTERS: Final = {
    AreaKey.TODAY: Chapter.HELP,
    AreaKey.DOCUMENTS: Chapter.DOCUMENT,
    AreaKey.MESSAGES: Chapter.MESSAGE,
    AreaKey.MEETINGS: Chapter.MEETING,
    AreaKey.DIRECTORY: Chapter.FORGOTTEN,  # whose keys are confirmed there
}


class MainWindow(QMainWindow):
    """Areas come in any order and take their place by key.

    Signals: `new_asked` (Ctrl+N; the key of the area in view), `area_shown` (AreaKey), `closing` (it was closed for good),
    `help_asked` (F1; the Chapter that fits the page). Lock requests come from `status.lock_asked`.

    `may_close` is asked before the user closes it; who says no tells him why. Then `goes_on`: whether the program stays without its
    window, which is hidden then, or asks about it.
    """

    new_asked = Signal(object)
    area_shown = Signal(object)
    closing = Signal()
    help_asked = Signal(object)

    def __init__(
        self, areas: Sequence[Area], settings: QWidget, state: WindowState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Jinshu"))
        self._fit = ScreenFit(self, _SMALLEST)
        self.may_close: Callable[[], bool] = lambda: True
        self.goes_on: Callable[[], bool] = lambda: False
        self._ending = False
        self._state = state
        self._areas: dict[AreaKey, Area] = {}
        self._shown: AreaKey | None = None
        self.rail = Rail(self)
        self.status = StatusLine(self)
        self._notice = NoticeBar(self)
        self.age = AgeBar(self)
        self.crash = CrashBar(self)
        self.update_bar = UpdateBar(self)
        self._pages = QStackedWidget(self)
        self._pages.setProperty("ground", "surface")
        self._settings = settings
        self._pages.addWidget(settings)
        self._lay_out()
        for area in areas:
            self.add_area(area)
        self.rail.area_chosen.connect(self.show_area)
        self.rail.settings_chosen.connect(self.show_settings)
        listen_for_help(self, lambda: self.help_asked.emit(self.chapter))
        QShortcut(QKeySequence(QKeySequence.StandardKey.New), self).activated.connect(self._on_new)
        if not state.restore_window(self):
            self.resize(*_FIRST)
        self._show_first()

    @property
    def chapter(self) -> Chapter:
        """What the guide says of the page in view."""
        return Chapter.LOCK if self._shown is None else _CHAPTERS[self._shown]

    def add_area(self, area: Area) -> None:
        """Host one more area."""
        self._areas[area.key] = area
        self._pages.addWidget(area.widget)
        self.rail.add_area(area)

    def show_area(self, key: AreaKey) -> None:
        """Bring an area into view."""
        if key not in self._areas:
            return
        self._shown = key
        self._pages.setCurrentWidget(self._areas[key].widget)
        self.rail.show_chosen(key)
        # Tab goes on from the page, not from where the cursor was in the page before.
        self._areas[key].widget.setFocus(Qt.FocusReason.OtherFocusReason)
        self._state.set_value(_LAST_AREA, key.name)
        self.area_shown.emit(key)

    def show_settings(self) -> None:
        self._shown = None
        self._pages.setCurrentWidget(self._settings)
        self._settings.setFocus(Qt.FocusReason.OtherFocusReason)
        self.rail.show_chosen(None)

    def show_notice(self, notice: Notice) -> None:
        """The place for what concerns no single page."""
        self._notice.show_notice(notice)

    def clear_notice(self) -> None:
        self._notice.clear_notice()

    def end(self) -> None:
        """Close without asking."""
        self._ending = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        # Only whoever sits before it is asked: the end of the program, or of the desktop's session, waits for nobody.
        application = QGuiApplication.instance()
        ending = isinstance(application, QGuiApplication) and application.isSavingSession()
        if not (self._ending or ending) and (not self.may_close() or self.goes_on()):
            event.ignore()
            return
        self.keep_state()
        self.closing.emit()
        super().closeEvent(event)

    def keep_state(self) -> None:
        """Where it stands, on disk: it may be hidden until the computer is switched off."""
        self._state.save_window(self)
        self._state.save()

    def _lay_out(self) -> None:
        central = QWidget(self)
        central.setProperty("ground", "window")
        central.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._notice.setObjectName("window_notice")
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.age)
        right.addWidget(self.crash)
        right.addWidget(self.update_bar)
        right.addWidget(self._notice)
        right.addWidget(self._pages, 1)
        right.addWidget(self.status)
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.setCentralWidget(central)

    def _show_first(self) -> None:
        """The place last open, else the first area: the day starts there."""
        last = self._state.value(_LAST_AREA)
        known = [key for key in self._areas if key.name == last]
        if known:
            self.show_area(known[0])
        elif self._areas:
            self.show_area(min(self._areas))
        else:
            self.show_settings()

    def _on_new(self) -> None:
        if self._shown is not None:
            self.new_asked.emit(self._shown)
