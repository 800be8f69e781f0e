"""One process at a time on a server's folder: the directory log lives in its memory, and two would contradict each other."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from server_stub.config import Config

_IN_USE: Final = (
    "另一个 jinshu-server 正在使用此目录，请先停止 (another jinshu-server uses this folder: stop it first)"
)


@contextmanager
def exclusive(config: Config) -> Iterator[None]:
    """Hold the folder until the block ends; a crash lets go of it.

    Raises:
        BlockingIOError: another process serves or changes this folder.
    """
    descriptor = os.open(config.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BlockingIOError(errno.EWOULDBLOCK, _IN_USE, str(config.root)) from None
        yield
    finally:
        os.close(descriptor)
