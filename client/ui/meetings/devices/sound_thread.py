"""Sound has a thread of its own: a page that is being laid out must not make it stutter."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QThread, Signal


class SoundWorker(QObject):
    """Lives on the sound thread. A subclass opens its device in `begin` and lets it go in `end`.

    Signals: `failed` (DeviceFault; delivered on the thread of the receiver).
    """

    failed = Signal(object)

    def begin(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """Let the device go, and oneself."""
        self.deleteLater()


class SoundThread(QObject):
    """Started with the first device, ended with whoever owns the devices.

    Signals: `_asked` (a call to make on the sound thread).
    """

    _asked = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread()
        self._thread.setObjectName("sound")
        self._hands = _Hands()
        self._hands.moveToThread(self._thread)
        self._asked.connect(self._hands.do, Qt.ConnectionType.QueuedConnection)

    def run(self, worker: SoundWorker) -> None:
        """Take a worker over and let it begin."""
        if not self._thread.isRunning():
            self._thread.start(QThread.Priority.TimeCriticalPriority)
        worker.moveToThread(self._thread)
        self._asked.emit(worker.begin)

    def call(self, work: object) -> None:
        """Do this on the sound thread, after what was asked before."""
        if self._thread.isRunning():
            self._asked.emit(work)

    def stop(self) -> None:
        """Wait until the thread has ended; devices are let go before."""
        if self._thread.isRunning():
            self._asked.emit(self._thread.quit)
            self._thread.wait()


class _Hands(QObject):
    """Does on the sound thread what is asked."""

    def do(self, work: object) -> None:
        work()  # type: ignore[operator]
