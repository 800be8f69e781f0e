"""A face for Chinese where the computer has none: bare systems draw boxes in its stead."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QFontDatabase

from client.ui.base.resources import resource

# The name by which Qt knows the face below.
OURS: Final = "FandolHei"
_FILE: Final = "FandolHei-Regular.otf"


def provide_chinese() -> bool:
    """Lend Qt our own face when the computer has no other; True when it did."""
    if QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese):
        return False
    return QFontDatabase.addApplicationFont(str(resource("fonts", _FILE))) >= 0
