"""PySide6 6.12 lost a reference to True at every signal on Python 3.11; ours must not (D1)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Final

import PySide6
from PySide6.QtCore import QObject, Signal

UI: Final = Path(__file__).resolve().parents[2] / "client" / "ui"
# What leaves files behind when the process is killed, and whose folder others may empty while it runs.
TEMPORARY: Final = ("tempfile", "QTemporaryFile", "QTemporaryDir", "TempLocation")
# Files that may make a pop-up window of their own, and why none of the kinds there are would do: none so far. Menus and combo
# boxes are Qt's own; whatever asks something is a `Question`, which lies inside its window.
POPUPS: Final[frozenset[str]] = frozenset()


class Sender(QObject):
    """Sends nothing of interest."""

    told = Signal(bool)


def test_the_pinned_version_is_used() -> None:
    assert PySide6.__version__.startswith("6.9.")


def test_signals_leave_reference_counts_alone() -> None:
    sender = Sender()
    heard: list[bool] = []
    sender.told.connect(heard.append)
    before = sys.getrefcount(True)
    for _ in range(500):
        sender.told.emit(True)
    heard.clear()
    assert abs(sys.getrefcount(True) - before) < 50


def makes_popups(source: str) -> bool:
    """Whether a file names `Qt.WindowType.Popup`, however it is reached."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "Popup" for node in ast.walk(ast.parse(source))
    )


def test_a_popup_of_ones_own_is_noticed() -> None:
    assert makes_popups("super().__init__(parent, Qt.WindowType.Popup)")
    assert makes_popups("self.setWindowFlag(Qt.Popup)")
    assert not makes_popups("button.setPopupMode(QToolButton.InstantPopup)")


def test_nothing_in_the_interface_is_a_popup_window_of_its_own() -> None:
    found = {str(path.relative_to(UI)) for path in UI.rglob("*.py") if makes_popups(path.read_text("utf-8"))}
    assert found == POPUPS


def test_the_interface_keeps_nothing_in_a_temporary_folder() -> None:
    sources = {str(path.relative_to(UI)): path.read_text("utf-8") for path in UI.rglob("*.py")}
    assert len(sources) > 100
    assert [path for path, source in sources.items() if any(name in source for name in TEMPORARY)] == []
