"""The first start of the program on a profile listens for later ones, and takes what they were opened with."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from client.ui.desktop.handed import ANSWER, MOST, GarbledError, Inbox
from client.ui.desktop.meeting_point import meeting_point

_log = logging.getLogger(__name__)
_AT_ONCE: Final = 8
# Who connects and says nothing is let go.
_PATIENCE_MS: Final = 10_000


class FirstStart(QObject):
    """Only who holds the profile's lock makes one: what lies at its place is left over, and may be taken away.

    Signals: `handed` (Handed, of a later start that ends now).
    """

    handed = Signal(object)

    def __init__(self, profile: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(_AT_ONCE)
        self._server.newConnection.connect(self._on_connection)
        place = meeting_point(profile, os.environ)
        if place is not None:
            QLocalServer.removeServer(place)
        if place is None or not self._server.listen(place):
            # Then a later start says that the program runs already, and ends.
            _log.info("later starts cannot reach this one")

    def close(self) -> None:
        """Hear no more, and leave nothing behind."""
        self._server.close()

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            _Caller(socket, self)


class _Caller(QObject):
    """One connection; it goes when it has said one thing, or something that is none."""

    def __init__(self, socket: QLocalSocket, first: FirstStart) -> None:
        super().__init__(socket)
        self._socket = socket
        self._first = first
        self._inbox = Inbox()
        self._done = False
        socket.setReadBufferSize(MOST)
        socket.readyRead.connect(self._on_read)
        socket.disconnected.connect(socket.deleteLater)
        QTimer.singleShot(_PATIENCE_MS, self, socket.abort)
        self._on_read()

    def _on_read(self) -> None:
        if self._done:
            return
        try:
            handed = self._inbox.feed(bytes(self._socket.readAll().data()))
        except GarbledError:
            _log.info("who reached this start of the program is no start of it")
            self._done = True
            self._socket.abort()
            return
        if handed is None:
            return
        self._done = True
        self._socket.write(ANSWER)
        self._socket.flush()
        self._first.handed.emit(handed)
