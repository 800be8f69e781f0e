"""A start of the program while it runs already: the first one is told, and shown, and this one ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from PySide6.QtCore import QThread
from PySide6.QtNetwork import QLocalSocket

from client.core.invitation_file import invitation_text
from client.ui.desktop.handed import ANSWER, Handed, encode
from client.ui.desktop.meeting_point import meeting_point
from protocol.errors import JinshuError

# The first holds the profile some seconds before it listens: at a login both may be started at once.
_TRIES: Final = 60
_BETWEEN_MS: Final = 250
_ANSWER_MS: Final = 5_000


def to_hand_over(opened: str | None, environment: Mapping[str, str]) -> Handed:
    """What this start was opened with. A file is read here: its path may mean nothing, or nothing any more, over there."""
    token = environment.get("XDG_ACTIVATION_TOKEN") or environment.get("DESKTOP_STARTUP_ID") or ""
    if opened is None:
        return Handed(token=token)
    try:
        return Handed(invitation=invitation_text(opened), token=token)
    except JinshuError as error:
        return Handed(fault=error.code.value, token=token)


def hand_over(profile: Path, handed: Handed, is_held: Callable[[], bool]) -> bool:
    """Tell the first start.

    Args:
        is_held: whether another process has the profile still; without one there is nobody to tell.

    Returns False where nobody answered in time, or the first one has ended meanwhile.
    """
    place = meeting_point(profile, os.environ)
    if place is None:
        return False
    for _ in range(_TRIES):
        if not is_held():
            return False
        socket = QLocalSocket()
        socket.connectToServer(place)
        if socket.waitForConnected(_ANSWER_MS):
            return _told(socket, handed)
        QThread.msleep(_BETWEEN_MS)
    return False


def _told(socket: QLocalSocket, handed: Handed) -> bool:
    socket.write(encode(handed))
    came = b""
    while len(came) < len(ANSWER) and socket.waitForReadyRead(_ANSWER_MS):
        came += bytes(socket.readAll().data())
    return came == ANSWER
