"""One shape for background work: a coroutine on the core's loop, its outcome on the Qt thread, ended with its parent."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar, cast

from PySide6.QtCore import QMetaMethod, QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from client.ui.base.errors import NoticePlace, present
from client.ui.base.gui_thread import gui_thread

T = TypeVar("T")


class CoreRunner(Protocol):
    """The core's loop as the interface sees it (client.core.runtime.CoreRuntime)."""

    def submit(self, work: Coroutine[Any, Any, T], /) -> concurrent.futures.Future[T]: ...


async def _awaited(start: Callable[[], Awaitable[T]]) -> T:
    # `start` runs on the core's loop, so that services never run a line on the Qt thread.
    return await start()


class Operation(QObject, Generic[T]):
    """Runs `start` once, at once.

    Exactly one of `on_success` and `on_failure` is called, on the Qt thread, unless the parent is destroyed or
    `cancel` called before: then neither. Without `on_failure` the error is shown in `notices`, or else in the nearest
    notice place (the parent or a widget around it that has `show_notice`).

    Signals: `finished` (the outcome was delivered, or the work cancelled), `busy_changed`.
    """

    finished = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self,
        parent: QObject,
        runner: CoreRunner,
        start: Callable[[], Awaitable[T]],
        *,
        on_success: Callable[[T], object] | None = None,
        on_failure: Callable[[BaseException], object] | None = None,
        notices: NoticePlace | None = None,
    ) -> None:
        super().__init__(parent)
        self._on_success = on_success
        self._on_failure = on_failure
        self._notices = notices
        self._busy = True
        letter_box = gui_thread()
        future = runner.submit(_awaited(start))
        self._future = future
        self.destroyed.connect(lambda _gone=None: future.cancel())
        future.add_done_callback(lambda done: letter_box.call(lambda: self._arrive(done)))

    @property
    def busy(self) -> bool:
        return self._busy

    def cancel(self) -> None:
        """Give the work up; nobody is told its outcome."""
        if self._busy:
            self._future.cancel()
            self._end()

    def _arrive(self, future: concurrent.futures.Future[T]) -> None:
        if not isValid(self) or not self._busy:
            return
        self._busy = False
        if not future.cancelled():  # cancelled from the other side: the core is stopping, nothing to tell
            self._deliver(future)
        if isValid(self):
            self._end()

    def _deliver(self, future: concurrent.futures.Future[T]) -> None:
        error = future.exception()
        if error is None:
            if self._on_success is not None:
                self._on_success(future.result())
        elif self._on_failure is not None:
            self._on_failure(error)
        else:
            place = self._notices or nearest_notice_place(self.parent())
            notice = present(error)
            if place is not None:
                place.show_notice(notice)

    def _end(self) -> None:
        self._busy = False
        self.busy_changed.emit(False)
        self.finished.emit()
        if isValid(self):
            self._let_go()

    def _let_go(self) -> None:
        """Drop whoever was told, and end. A listener that is the last to hold the page this belongs to must not be dropped by this
        object's destruction: the page would destroy its child a second time, in the middle of it."""
        # Held until there is nothing left to do here.
        last = (self._on_success, self._on_failure, self._notices)
        self._on_success = self._on_failure = self._notices = None
        for signal in (self.busy_changed, self.finished):
            if self.isSignalConnected(QMetaMethod.fromSignal(signal)):
                signal.disconnect()
        self.deleteLater()
        del last


def nearest_notice_place(start: QObject | None) -> NoticePlace | None:
    """The first of `start` and its parents that shows notices."""
    at: QObject | None = start
    while at is not None:
        if callable(getattr(at, "show_notice", None)) and callable(getattr(at, "clear_notice", None)):
            return cast(NoticePlace, at)
        at = at.parentWidget() if isinstance(at, QWidget) else at.parent()
    return None
