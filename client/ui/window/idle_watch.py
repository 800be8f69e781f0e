"""Notices that nobody uses the program any more: an open desk in an empty room is locked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow

from client.core.clock import Clock

_LOOK_MS: Final = 5_000
_USES: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
        QEvent.Type.DragMove,
    }
)


class IdleWatch(QObject):
    """Counts from the last key, click or move in any of our windows.

    The filter sits on windows, not on the application: there it would see each painting of each widget.

    Signals: `expired` (once; it counts again from `start`).
    """

    expired = Signal()

    def __init__(
        self,
        minutes: Callable[[], int],
        in_use: Callable[[], bool],
        clock: Clock,
        parent: QObject | None = None,
    ) -> None:
        """`minutes`: the limit, 0 for none, asked at each look. `in_use`: something goes on that needs no hand on the
        mouse, such as a meeting."""
        super().__init__(parent)
        self._minutes = minutes
        self._in_use = in_use
        self._clock = clock
        self._last = self._now()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._watched: set[QWindow] = set()
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._on_window)
        # An input method takes the keys before any window sees them; what it writes moves the cursor.
        QGuiApplication.inputMethod().cursorRectangleChanged.connect(self._on_use)

    def start(self) -> None:
        """Count from now; the windows there are, and those that come, are watched."""
        self._last = self._now()
        for window in QGuiApplication.allWindows():
            self._on_window(window)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def look(self) -> None:
        """See whether the time is up."""
        minutes = self._minutes()
        if not self._timer.isActive():
            return
        if self._in_use():
            self._last = self._now()
        elif minutes and self._idle_seconds() >= minutes * 60:
            self.stop()
            self.expired.emit()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _USES:
            self._on_use()
        return False

    def _on_window(self, window: QWindow | None) -> None:
        if window is not None and window not in self._watched:
            self._watched.add(window)
            window.installEventFilter(self)
            window.destroyed.connect(lambda _gone=None: self._watched.discard(window))

    def _on_use(self) -> None:
        # After a night's sleep of the computer the first move comes before the first look: it must not count as use.
        self.look()
        self._last = self._now()

    def _now(self) -> tuple[float, int]:
        return self._clock.monotonic(), self._clock.now_ms()

    def _idle_seconds(self) -> float:
        """By the clock that shows more: the one stands still while the computer sleeps, the other may be set back."""
        monotonic, wall_ms = self._now()
        return max(monotonic - self._last[0], (wall_ms - self._last[1]) / 1000)
