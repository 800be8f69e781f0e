"""Paints the newest picture of a slot: no copy, no queue, nothing at all while hidden."""

from __future__ import annotations

import threading
from enum import Enum, auto
from time import monotonic
from typing import Final

from PySide6.QtCore import QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPainterPath, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from client.ui.base.gui_thread import gui_thread
from client.ui.base.theme import Role, current_theme
from client.ui.meetings.services import Newest, Picture

RADIUS: Final = 6
_LEAST_SECONDS: Final = 1 / 30  # between two paintings: no camera is faster
_MOST_CROPPED: Final = (
    0.34  # of a side; a portrait telephone in a wide tile keeps bars instead of losing its head
)


class Fit(Enum):
    """Faces fill their tile, screens are shown whole."""

    FILL = auto()
    WHOLE = auto()


class Wake:
    """Any thread rings; the Qt thread is called once until it has come. It outlives what it wakes."""

    def __init__(self, view: PictureView) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._called = False
        self._letter_box = gui_thread()
        self.calls = 0

    def ring(self) -> None:
        with self._lock:
            if self._called:
                return
            self._called = True
            self.calls += 1
        self._letter_box.call(self._come)

    def _come(self) -> None:
        with self._lock:
            self._called = False
        if isValid(self._view):
            self._view.on_news()


class PictureView(QWidget):
    """A rounded ground, the picture on it, and what a subclass draws over both."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        fit: Fit = Fit.FILL,
        mirrored: bool = False,
        ground: Role = Role.SURFACE,
    ) -> None:
        super().__init__(parent)
        self._ground = ground
        self._fit = fit
        self._mirrored = mirrored
        self._slot: Newest | None = None
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._wake = Wake(self)
        self._painted_at = 0.0
        self.taken = 0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setTimerType(Qt.TimerType.PreciseTimer)
        self._later.timeout.connect(self.update)
        current_theme().changed.connect(self.update)

    @property
    def has_picture(self) -> bool:
        return self._image is not None

    def set_look(self, *, fit: Fit, mirrored: bool) -> None:
        if (fit, mirrored) != (self._fit, self._mirrored):
            self._fit, self._mirrored = fit, mirrored
            self.update()

    def set_slot(self, slot: Newest | None) -> None:
        """Show another slot's pictures from now on."""
        if slot is self._slot:
            return
        self._deaf()
        self._slot = slot
        self._picture = self._image = None
        if self.isVisible():
            self._hear()
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._hear()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._deaf()

    def on_news(self) -> None:
        """There is a newer picture: paint it now, or when the last one has been seen long enough."""
        if not self.isVisible() or self._later.isActive():
            return
        wait = self._painted_at + _LEAST_SECONDS - monotonic()
        if wait > 0:
            self._later.start(round(wait * 1000))
        else:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        self._take()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), current_theme().color(self._ground))
        if self._image is not None:
            self._paint_picture(painter, self._image)
        painter.setClipping(False)
        self.paint_over(painter)
        painter.end()

    def paint_over(self, painter: QPainter) -> None:
        """For names and marks."""

    def _take(self) -> None:
        if self._slot is None:
            return
        picture = self._slot.take()
        self.taken += 1
        self._painted_at = monotonic()
        if picture is self._picture:
            return
        # The image looks at the decoder's own memory: the picture must live as long as it does.
        self._picture = picture
        self._image = None if picture is None else _image(picture)

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        target, source = placed(QSizeF(image.size()), QRectF(self.rect()), self._fit)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.save()
        if self._mirrored:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        painter.drawImage(target, image, source)
        painter.restore()

    def _hear(self) -> None:
        if self._slot is not None:
            self._slot.listen(self._wake.ring)

    def _deaf(self) -> None:
        if self._slot is not None:
            self._slot.listen(None)


def _image(picture: Picture) -> QImage:
    return QImage(picture.pixels, picture.width, picture.height, picture.stride, QImage.Format.Format_RGB32)


def placed(picture: QSizeF, room: QRectF, fit: Fit) -> tuple[QRectF, QRectF]:
    """Where the picture is painted, and which part of it."""
    whole = QRectF(0, 0, picture.width(), picture.height())
    if picture.isEmpty() or room.isEmpty():
        return room, whole
    seen = picture.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
    lost = max(1 - room.width() / seen.width(), 1 - room.height() / seen.height())
    if fit is Fit.FILL and lost <= _MOST_CROPPED:
        part = room.size().scaled(picture, Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (picture.width() - part.width()) / 2, (picture.height() - part.height()) / 2
        return room, QRectF(left, top, part.width(), part.height())
    shown = picture.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    left = room.left() + (room.width() - shown.width()) / 2
    top = room.top() + (room.height() - shown.height()) / 2
    return QRectF(left, top, shown.width(), shown.height()), whole
