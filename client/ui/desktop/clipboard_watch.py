"""What was copied out of Jinshu does not stay on the clipboard: it goes after a while, and when the store closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from client.ui.base.clipboard import SECRET

_SECRET_MINUTES: Final = 1
_MINUTE_MS: Final = 60_000


def owns_clipboard() -> bool:
    """Whether what is on the clipboard came from this process, by a button of ours or by Ctrl+C in a text."""
    return QGuiApplication.clipboard().ownsClipboard()


class ClipboardWatch(QObject):
    """What another program has put there since is none of ours, and stays. A history that the desktop keeps is out of reach."""

    def __init__(
        self,
        minutes: Callable[[], int],
        parent: QObject | None = None,
        owns: Callable[[], bool] = owns_clipboard,
    ) -> None:
        """`minutes`: how long it may stay, 0 for ever, asked at each copy."""
        super().__init__(parent)
        self._minutes = minutes
        self._owns = owns
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.forget)
        QGuiApplication.clipboard().dataChanged.connect(self._on_changed)

    def forget(self) -> None:
        """Clear it, if it holds what was copied here and is not to stay."""
        if self._owns() and self._limit():
            self._timer.stop()
            QGuiApplication.clipboard().clear()

    def _on_changed(self) -> None:
        limit = self._limit() if self._owns() else 0
        if limit:
            self._timer.start(limit * _MINUTE_MS)
        else:
            self._timer.stop()

    def _limit(self) -> int:
        """Minutes for what is there now; 0: it stays, or there is nothing."""
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not data.formats():
            return 0
        return _SECRET_MINUTES if data.hasFormat(SECRET) else self._minutes()
