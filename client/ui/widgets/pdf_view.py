"""An issued document, shown by QtPdf; apart from the other pages, so that starting up need not load QtPdf."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QPalette
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from client.ui.base.theme import Role, current_theme


class PdfView(QWidget):
    """An issued document; the pages follow one another and fit the width."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Children go in the order they came. Qt 6.9's viewer crashes when its document goes after it, and the
        # document when its buffer does: document, buffer, viewer is the order in which all three go in peace.
        self._pdf = QPdfDocument(self)
        self._buffer = QBuffer(self)
        self._view = QPdfView(self)
        self._view.setAccessibleName(name)
        self._view.setPageMode(QPdfView.PageMode.MultiPage)
        self._view.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self._view.setFrameShape(QFrame.Shape.NoFrame)
        self._view.setDocument(self._pdf)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._view)
        self.setFocusProxy(self._view)
        current_theme().changed.connect(self._draw)
        self._draw()

    @property
    def pages(self) -> int:
        return self._pdf.pageCount()

    def load(self, data: bytes) -> None:
        """Show a PDF held in memory: nothing decrypted touches the disk here."""
        self._pdf.close()
        self._buffer.close()
        self._buffer.setData(QByteArray(data))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._pdf.load(self._buffer)

    def _draw(self) -> None:
        # Qt's viewer lays its pages on the palette's dark colour.
        palette = self._view.palette()
        palette.setColor(QPalette.ColorRole.Dark, current_theme().color(Role.WINDOW))
        self._view.setPalette(palette)
