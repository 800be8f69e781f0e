"""A newer version, above all pages and quietly: to be had now, or spoken of again tomorrow."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.theme import Tone
from client.ui.widgets.notice import NoticeBar
from client.updates.rows import UpdateRow, UpdateStage

_SPOKEN_OF = (UpdateStage.AVAILABLE, UpdateStage.READY)


class UpdateBar(NoticeBar):
    """Hidden while there is nothing newer, or the user put it off.

    Signals: `wanted` (show it, and begin).
    """

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("window_update")
        self.acted.connect(self.wanted)

    def show_row(self, row: UpdateRow) -> None:
        if row.stage not in _SPOKEN_OF or row.put_off:
            self.clear_notice()
            return
        what = tr("Jinshu {version} can be installed", version=row.version)
        do = "" if row.installable else tr("Ask your administrator to install it.")
        notice = Notice(what, do, tone=Tone.NEUTRAL)
        self.show_notice(notice, tr("Update now") if row.installable else "", tr("Later"))
