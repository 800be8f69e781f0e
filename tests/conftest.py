"""What every test needs: no user's keyring, no screen, no stray warnings, a debugging event loop."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# Before anything of the product or of Qt is imported.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTHONASYNCIODEBUG", "1")

# Examples are judged by what they show, not by how long a busy machine takes for them.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

pytest_plugins = ["tests.support.logfail", "tests.support.hang_guard", "tests.support.costs"]

_LONG = ("tests/once/", "tests/end_to_end/", "tests/integration/", "tests/security/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In their random order, but what waits for processes first: at the end only short tests are left to share out."""
    items.sort(
        key=lambda item: next(
            (n for n, place in enumerate(_LONG) if item.nodeid.startswith(place)), len(_LONG)
        )
    )


def pytest_collection_finish() -> None:
    """What was collected stays to the end of the run: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()
    # It looks at everything once a quarter as much is new as was there the last time: now that is nothing, and not 1.5 million objects.
    gc.collect()


@pytest.fixture(autouse=True)
def _nothing_left_standing() -> Iterator[None]:
    """Windows that a test leaves go with it: each that stood would be laid out anew at every change of theme after it.

    Hundreds of seconds a test, for whichever came after the real application's tests: so it is for all tests, and loads no Qt
    where a test does without.
    """
    before = _windows()
    yield
    for window in _windows() - before:
        from shiboken6 import isValid

        from tests.support.page_walk import discard

        if isValid(window):  # a pop-up goes with its window
            discard(window)


def _windows() -> set[Any]:
    widgets = sys.modules.get("PySide6.QtWidgets")
    return set() if widgets is None else set(widgets.QApplication.topLevelWidgets())
