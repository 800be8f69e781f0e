"""Invitations as they are given to the program: a link, or the path or address (`file:`) of a `.jinshu` file."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from protocol.errors import ErrorCode, JinshuError
from protocol.invitation import MAX_LENGTH, is_link

_FILE: Final = "file://"


def invitation_text(given: str) -> str:
    """The text of what stands on the command line: a link as it is, or the content of the file it names.

    Raises:
        JinshuError: see `read_invitation`.
    """
    return given if is_link(given) else read_invitation(_path(given))


def read_invitation(path: Path) -> str:
    """The text of an invitation file; whether it is an invitation, `Invitation.parse` says. For a worker thread: the file may
    lie on a slow share.

    Raises:
        JinshuError: auth.invitation_unreadable: no file, or it cannot be read; auth.invitation_malformed: no text, or more
            than an invitation can be. No more than that is read.
    """
    try:
        # A named pipe would wait for a writer, a device might never end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
            data = file.read(MAX_LENGTH + 1)
    except (OSError, ValueError):
        raise JinshuError(ErrorCode.AUTH_INVITATION_UNREADABLE) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED) from None
    if len(data) > MAX_LENGTH:
        raise JinshuError(ErrorCode.AUTH_INVITATION_MALFORMED)
    return text


def _path(given: str) -> Path:
    """Desktops hand over files as paths or as addresses; whoever takes links too gets addresses."""
    if not given.lower().startswith(_FILE):
        return Path(given)
    path = given[len(_FILE) :].removeprefix("localhost")
    if not path.startswith("/"):
        # Of another machine: whoever means a share mounts it.
        raise JinshuError(ErrorCode.AUTH_INVITATION_UNREADABLE)
    name = os.fsdecode(unquote_to_bytes(path))
    return Path(name.lstrip("/") if os.name == "nt" else name)
