"""Waiting in tests: for what happens, however long that takes, and never for so many seconds.

What never happens is ended by pytest's `timeout` in pyproject.toml, the one guard against hanging.
"""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Final

_LOOK_SECONDS: Final = 0.01


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    """Come back when `true` holds; it is asked again and again, for what other processes and sockets do wakes nobody."""
    try:
        while True:
            found = true()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(_LOOK_SECONDS)
    except asyncio.CancelledError:
        # The guard stops the loop, and its stack does not say who waited in it.
        sys.stderr.write("was still waiting:\n" + "".join(traceback.format_stack()[-6:]))
        raise


def until_seen(true: Callable[[], bool]) -> None:
    """The same for a thread without a loop."""
    while not true():
        time.sleep(_LOOK_SECONDS)
