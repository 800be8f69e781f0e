"""Invitations as they are given to the program: a link, or the path of a `.jinshu` file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from protocol.errors import ErrorCode, JinshuError
from protocol.invitation import MAX_LENGTH, is_link


def invitation_text(given: str) -> str:
    """The text of what stands on the command line: a link as it is, or the content of the file it names.

    Raises:
        JinshuError: see `read_invitation`.
    """
    return given if is_link(given) else read_invitation(Path(given))


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
