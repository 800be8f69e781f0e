"""The memory of this process, which holds keys and texts: other processes and files are kept from having it."""

from __future__ import annotations

import ctypes
import logging
import sys
from typing import Final

if sys.platform != "win32":
    import resource

_log = logging.getLogger(__name__)
_PR_SET_DUMPABLE: Final = 4


def keep_memory_private() -> None:
    """No core file after a crash; on Linux no other process of this user may read the memory either.

    Elsewhere the system decides. What the system refuses is said in the log: it is no reason not to start.
    """
    if sys.platform == "win32":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            _log.warning("the memory of this process stays readable: error %d", ctypes.get_errno())
