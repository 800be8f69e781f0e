"""A message too long for its row, whole: read, searched by eye and copied in a window of its own."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from client.messaging.rows import MessageRow
from client.ui.base.language import tr
from client.ui.base.moments import full_time
from client.ui.widgets.text import ElidedText, TextKind
from client.ui.widgets.text_window import TextWindow


class WholeText(TextWindow):
    """Deletes itself when closed; Escape closes it."""

    def __init__(self, row: MessageRow, parent: QWidget) -> None:
        said = tr("From {name}, {when}", name=row.sender, when=full_time(row.at))
        head = ElidedText(said, TextKind.SECONDARY)
        super().__init__(tr("The whole message"), head, row.text, tr("Copy all"), parent)
