"""The code of a fault, behind 详情: it is for whoever is asked for help, not for who reads the sentence."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from client.ui.base.clipboard import copy_text
from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.tips import set_tip
from client.ui.widgets.buttons import QuietButton


class CodeDetail(QWidget):
    """Hidden while there is no code; the first press shows it, the next one copies it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._details = QuietButton(tr("Details"), None, self)
        self._details.clicked.connect(self._on_details)
        self._code = QuietButton("", Icon.COPY, self)
        self._code.clicked.connect(lambda: copy_text(self._code.text()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._details)
        row.addWidget(self._code)
        self._code.hide()
        self.hide()

    @property
    def code(self) -> str:
        return self._code.text()

    def set_code(self, code: str) -> None:
        """Of another fault, folded again; empty: there is none."""
        if code != self.code:
            self._code.hide()
            self._details.show()
        self._code.setText(code)
        self._code.setAccessibleName(tr("Copy code {code}", code=code))
        set_tip(self._code, tr("Copy this code to quote it when you ask for help"))
        self.setVisible(bool(code))

    def _on_details(self) -> None:
        had_focus = self._details.hasFocus()
        self._details.hide()
        self._code.show()
        if had_focus:
            self._code.setFocus()
