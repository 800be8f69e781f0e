"""The real client with a stopwatch inside: types the passphrase and says when each page was painted, and how much memory it has.

`python -m tests.benchmarks._client_window PASSPHRASE SECONDS --profile …`; one JSON object on standard output.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from client.__main__ import begin
from tests.end_to_end.driver import click, type_text


class Stopwatch(QObject):
    """Watches paint events; both moments are on the clock that all processes share."""

    def __init__(self, application: QCoreApplication, passphrase: str, settle_ms: int) -> None:
        super().__init__(application)
        self._application = application
        self._passphrase = passphrase
        self._settle_ms = settle_ms
        self._said: dict[str, float | int] = {}
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and isinstance(watched, QWidget):
            # By name: importing the classes here would load half the client before the stopwatch's subject does.
            window = type(watched.window()).__name__
            if window == "MainWindow" and "window" not in self._said:
                self._painted("window", self._settled, self._settle_ms)
            elif window == "LoginFlow" and "unlock" not in self._said:
                self._painted("unlock", self._unlock, 0)
        return False

    def _painted(self, name: str, then: object, after_ms: int) -> None:
        # What is queued behind this paint event belongs to the same picture.
        self._said[name] = 0.0
        QTimer.singleShot(0, lambda: self._note(name))
        QTimer.singleShot(after_ms, then)  # type: ignore[call-overload]  # any callable does

    def _note(self, name: str) -> None:
        self._said[name] = time.monotonic()
        # Of all threads: on a busy machine the steadier figure.
        self._said[f"{name}_cpu"] = time.process_time()

    def _unlock(self) -> None:
        type_text({"name": "口令", "text": self._passphrase})
        self._said["typed"] = time.monotonic()
        click({"name": "解锁"})

    def _settled(self) -> None:
        status = Path("/proc/self/status").read_text("ascii")
        facts = dict(line.split(":", 1) for line in status.splitlines())
        self._said["steady_kib"] = int(facts["VmRSS"].split()[0])
        self._said["peak_kib"] = int(facts["VmHWM"].split()[0])
        self._said["modules"] = len(sys.modules)
        sys.stdout.write(json.dumps(self._said) + "\n")
        sys.stdout.flush()
        self._application.quit()


def run() -> int:
    """Start the application as `python -m client` does, watch it, end it."""
    passphrase, seconds, *rest = sys.argv[1:]
    application = begin(rest)
    Stopwatch(application.qt, passphrase, round(1000 * float(seconds)))
    return application.run()


if __name__ == "__main__":
    raise SystemExit(run())
