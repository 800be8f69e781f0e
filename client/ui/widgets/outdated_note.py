"""Says that a newer program is needed to read something, where that something would stand."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from client.ui.base.errors import code_notice
from client.ui.widgets.text import Text, TextKind
from protocol.errors import ErrorCode


class OutdatedNote(Text):
    """Hidden until there is something this version cannot read."""

    def __init__(self, parent: QWidget | None = None) -> None:
        notice = code_notice(ErrorCode.CLIENT_OUTDATED.value)
        # A Chinese stop brings its own space.
        between = "" if notice.what.endswith("。") else " "
        super().__init__(f"{notice.what}{between}{notice.do}", TextKind.WAITING, parent, wrap=True)
        self.hide()
