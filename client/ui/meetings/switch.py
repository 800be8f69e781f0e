"""A microphone, a camera or a shared screen as it is wanted: turned on and off in order, however fast one presses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, Signal

from client.ui.base.operation import CoreRunner, Operation


class Switch(QObject):
    """`on` prepares on the Qt thread and answers what to run on the core's loop, or None when it cannot; so does `again`, when
    what is on is to go on through another device.

    Signals: `changed` (what is wanted), `failed` (the exception).
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        runner: CoreRunner,
        on: Callable[[], Callable[[], Awaitable[None]] | None],
        off: Callable[[], Callable[[], Awaitable[None]]],
        parent: QObject,
        *,
        again: Callable[[], Callable[[], Awaitable[None]] | None] | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner = runner
        self._turn_on = on
        self._turn_off = off
        self._turn_again = again or on
        self._wanted = False
        self._done = False
        self._outdated = False  # it is on through a device that was changed
        self._running: Operation[None] | None = None

    @property
    def wanted(self) -> bool:
        return self._wanted

    def want(self, on: bool) -> None:
        """From now on; the last wish wins, and none in between is skipped half done."""
        if on != self._wanted:
            self._wanted = on
            self.changed.emit()
            self._step()

    def renew(self) -> None:
        """The device is another one."""
        if self._wanted:
            self._outdated = True
            self._step()

    def note(self, on: bool) -> None:
        """How it really is: the chair may have muted me."""
        if self._running is None and on != self._done:
            self._done = self._wanted = on
            self.changed.emit()

    def reset(self, on: bool = False) -> None:
        """A meeting begins or ends."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        self._done = self._wanted = on
        self._outdated = False
        self.changed.emit()

    def _step(self) -> None:
        outdated = self._outdated and self._wanted
        if self._running is not None or (self._wanted == self._done and not outdated):
            return
        goal, turn_on = self._wanted, self._turn_again if self._done else self._turn_on
        self._outdated = False
        work = turn_on() if goal else self._turn_off()
        if work is None:
            self._wanted = self._wanted and self._done
            self.changed.emit()
            return
        operation: Operation[None] = Operation(
            self,
            self._runner,
            work,
            on_success=lambda _none: self._on_done(goal),
            on_failure=self._on_failed,
        )
        self._running = operation if operation.busy else None

    def _on_done(self, goal: bool) -> None:
        self._running = None
        self._done = goal
        self._step()

    def _on_failed(self, error: BaseException) -> None:
        self._running = None
        self._wanted = self._done
        self.changed.emit()
        self.failed.emit(error)
