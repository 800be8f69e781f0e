"""Ends a test that hangs, also when it hangs in an event loop (pytest's `timeout` in pyproject.toml).

pytest-timeout raises in the main thread. Where an event loop runs there, a busy one is nearly always inside a callback, and
asyncio hands what is raised in a callback to its exception handler and goes on: the test would hang for ever. A loop is
therefore stopped: `run_until_complete` raises, the test's task is cancelled, and who waited in it is written out.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Protocol

import pytest


class _Settings(Protocol):
    timeout: float


def pytest_timeout_set_timer(item: pytest.Item, settings: _Settings) -> bool | None:
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        return None  # pytest-timeout's own way, by a thread that ends the process

    def end(_number: int, frame: FrameType | None) -> None:
        traceback.print_stack(frame, file=sys.stderr)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            pytest.fail(f"hung for {settings.timeout:g} s")
        for task in asyncio.all_tasks(loop):
            task.print_stack(file=sys.stderr)
        loop.call_soon_threadsafe(loop.stop)

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    _remember(item, cancel)
    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, settings.timeout)
    return True


def _remember(item: pytest.Item, cancel: Callable[[], None]) -> None:
    # By this name pytest-timeout finds it.
    item.cancel_timeout = cancel  # type: ignore[attr-defined]
