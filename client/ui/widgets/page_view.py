"""The typeset page as it will be printed, as pictures while it is being set; once it is issued, `pdf_view` shows it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from client.ui.base.icons import Icon
from client.ui.base.language import tr
from client.ui.base.theme import Role, current_theme
from client.ui.widgets.buttons import IconButton
from client.ui.widgets.text import Text, TextKind

_MARGIN = 16
_WIDEST = 900  # beyond this, reading gets no better
_DIM = 0.65


class _Desk(QScrollArea):
    """What pages lie on; tells when its room has changed, which is later than its owner's."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class PageView(QWidget):
    """One page at a time, always white, as wide as there is room.

    Signals: `page_wanted` (the number of a page to be shown, from 0; answer with `set_page`).
    """

    page_wanted = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._number, self._pages = 0, 0
        self._outdated = False
        self._picture = QLabel(self)
        self._picture.setAccessibleName(name)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._scroll = _Desk(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setAccessibleName(tr("{name}, scrolled", name=name))
        self._scroll.setWidget(self._picture)
        self._scroll.setProperty("desk", True)
        self._back = IconButton(Icon.CHEVRON_LEFT, tr("Previous page"), self)
        self._forth = IconButton(Icon.CHEVRON_RIGHT, tr("Next page"), self)
        self._back.clicked.connect(lambda: self.page_wanted.emit(self._number - 1))
        self._forth.clicked.connect(lambda: self.page_wanted.emit(self._number + 1))
        self._where = Text("", TextKind.SECONDARY, self)
        self._where.setAlignment(Qt.AlignmentFlag.AlignCenter)
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 4, 8, 4)
        foot.addStretch(1)
        for widget in (self._back, self._where, self._forth):
            foot.addWidget(widget)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        column.addLayout(foot)
        # Always there: a bar that comes and goes would change the width, and with it whether the bar is needed.
        self._scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._scroll.resized.connect(self._show)
        current_theme().changed.connect(self._show)
        self._show()

    @property
    def number(self) -> int:
        return self._number

    def set_page(self, number: int, png: bytes, pages: int) -> None:
        """Show page `number` (from 0) of `pages`."""
        self._number, self._pages = number, pages
        self._image = QImage.fromData(png)
        self._show()

    def set_outdated(self, outdated: bool) -> None:
        """Newer pages are being set: these are dimmed, and nobody acts on them."""
        if outdated != self._outdated:
            self._outdated = outdated
            self._show()

    def clear(self) -> None:
        self._image, self._number, self._pages = QImage(), 0, 0
        self._show()

    def _show(self) -> None:
        self._back.setEnabled(self._number > 0)
        self._forth.setEnabled(self._number + 1 < self._pages)
        words = (
            tr("Page {number} of {pages}", number=self._number + 1, pages=self._pages) if self._pages else ""
        )
        if words and self._outdated:
            words = tr("{page} · being updated", page=words)
        self._where.setText(words)
        self._picture.setAccessibleDescription(words)
        if self._image.isNull():
            self._picture.clear()
            return
        ratio = self.devicePixelRatioF()
        width = min(max(self._scroll.viewport().width() - 2 * _MARGIN, 100), _WIDEST)
        scaled = self._image.scaledToWidth(round(width * ratio), Qt.TransformationMode.SmoothTransformation)
        scaled.setDevicePixelRatio(ratio)
        self._picture.setMargin(_MARGIN)
        page = QPixmap.fromImage(scaled)
        self._picture.setPixmap(_edged(_dimmed(page) if self._outdated else page))


def _dimmed(page: QPixmap) -> QPixmap:
    """The page as if under a sheet of the desk's paper."""
    painter = QPainter(page)
    painter.setOpacity(_DIM)
    painter.fillRect(page.rect(), current_theme().color(Role.WINDOW))
    painter.end()
    return page


def _edged(page: QPixmap) -> QPixmap:
    """A hair line round the sheet, so that white paper can be told from what it lies on."""
    painter = QPainter(page)
    painter.setPen(current_theme().color(Role.EDGE))
    width, height = (round(side / page.devicePixelRatio()) for side in (page.width(), page.height()))
    painter.drawRect(0, 0, width - 1, height - 1)
    painter.end()
    return page
