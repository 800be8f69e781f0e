"""A letter box into the Qt thread: any thread may drop a call, the Qt loop makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

_NAME: Final = "gui_thread"


class GuiThread(QObject):
    """Lives as long as the application, so that a late outcome never meets a deleted sender.

    Signals: `dropped` (a call waits).
    """

    dropped = Signal(object)

    def __init__(self, application: QCoreApplication) -> None:
        super().__init__(application)
        self.setObjectName(_NAME)
        self.dropped.connect(self._on_dropped, Qt.ConnectionType.QueuedConnection)

    def call(self, work: Callable[[], object]) -> None:
        """Make this call on the Qt thread, in order; callable from any thread."""
        self.dropped.emit(work)

    @Slot(object)
    def _on_dropped(self, work: Callable[[], object]) -> None:
        work()


def gui_thread() -> GuiThread:
    """The application's letter box; ask for it on the Qt thread."""
    application = QCoreApplication.instance()
    if application is None:
        raise RuntimeError("there is no application yet")
    found = application.findChild(GuiThread, _NAME, Qt.FindChildOption.FindDirectChildrenOnly)
    return found if found is not None else GuiThread(application)
