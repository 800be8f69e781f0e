"""While a new version is installed: one sheet in the window's place, which cannot be closed."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from client.ui.base.language import tr
from client.ui.base.screen_fit import ScreenFit
from client.ui.login.sheet import Sheet
from client.ui.widgets.progress_line import ProgressLine

_SMALLEST = QSize(720, 560)
_FIRST = (1280, 800)


class InstallationSheet(QWidget):
    """A window of its own; `done` lets it be closed."""

    def __init__(self, version: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Jinshu"))
        self._fit = ScreenFit(self, _SMALLEST)
        self.resize(*_FIRST)
        self._closable = False
        sheet = Sheet(
            tr("Installing Jinshu {version}", version=version),
            tr(
                "This computer's data is copied first. Your computer may ask for the administrator's password. Jinshu opens again "
                "by itself."
            ),
            self,
        )
        line = ProgressLine(sheet)
        line.start(tr("Please do not switch the computer off"), can_cancel=False)
        sheet.column.add(line)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(sheet)

    def done(self) -> None:
        self._closable = True
        self.close()
        self.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        # Half a version would be left behind.
        if not self._closable:
            event.ignore()
            return
        super().closeEvent(event)
