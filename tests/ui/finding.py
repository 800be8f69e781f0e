"""Finds the one widget a test means, or fails saying so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QWidget

W = TypeVar("W", bound=QWidget)


def inside(widget: QWidget, kind: type[W], chosen: Callable[[W], bool] = lambda _widget: True) -> W:
    """The first child of that kind (for which `chosen` holds)."""
    found = [child for child in widget.findChildren(kind) if chosen(child)]
    assert found, f"no such {kind.__name__} in {type(widget).__name__}"
    return found[0]
