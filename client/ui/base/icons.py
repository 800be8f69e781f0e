"""One line-drawn set of 20 px icons, recoloured for the theme. The drawings are `resources/icons/NAME.svg`."""

from __future__ import annotations

from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from client.ui.base.resources import resource

ICON_SIZE: Final = 20
_LARGEST: Final = 2.0  # what a screen plugged in later is served from, scaled down


class Icon(StrEnum):
    """The drawings there are."""

    TODAY = "today"
    DOCUMENTS = "documents"
    MESSAGES = "messages"
    MEETINGS = "meetings"
    DIRECTORY = "directory"
    SETTINGS = "settings"
    SEARCH = "search"
    COMPOSE = "compose"
    ATTACH = "attach"
    SEND = "send"
    CHECK = "check"
    RETURN = "return"
    SEAL = "seal"
    CLOCK = "clock"
    WARNING = "warning"
    INFO = "info"
    LOCK = "lock"
    UNLOCK = "unlock"
    CHEVRON_DOWN = "chevron_down"
    CHEVRON_UP = "chevron_up"
    CHEVRON_LEFT = "chevron_left"
    CHEVRON_RIGHT = "chevron_right"
    CLOSE = "close"
    PLUS = "plus"
    MORE = "more"
    DOWNLOAD = "download"
    REFRESH = "refresh"
    PERSON = "person"
    BODY = "body"
    POST = "post"
    KEY = "key"
    DEVICE = "device"
    REVOKE = "revoke"
    LINK = "link"
    OFFLINE = "offline"
    SYNC = "sync"
    COPY = "copy"
    EYE = "eye"
    EYE_OFF = "eye_off"
    FILE = "file"
    BIN = "bin"
    PHRASE = "phrase"
    SHIELD = "shield"
    INBOX = "inbox"
    OUTBOX = "outbox"
    PANEL = "panel"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    FIT = "fit"
    MIC = "mic"
    MIC_OFF = "mic_off"
    CAMERA = "camera"
    CAMERA_OFF = "camera_off"
    SCREEN = "screen"
    HAND = "hand"
    PEOPLE = "people"
    CHAT = "chat"
    LEAVE = "leave"
    GRID = "grid"
    SPEAKER = "speaker"
    PIN = "pin"
    SOUND = "sound"
    FULL_SCREEN = "full_screen"


@cache
def _source(icon: Icon) -> str:
    return resource("icons", f"{icon.value}.svg").read_text(encoding="utf-8")


def drawing(icon: Icon, colour: QColor) -> str:
    """The icon in one colour, as SVG."""
    return _source(icon).replace("currentColor", colour.name())


def draw_pixmap(icon: Icon, colour: QColor, *, size: int = ICON_SIZE, scale: float = 1.0) -> QPixmap:
    """The icon in one colour, `size` logical pixels wide on a screen of that scale."""
    return _drawn(icon, colour.name(), size, scale)


@lru_cache(maxsize=64)
def _drawn(icon: Icon, colour: str, size: int, scale: float) -> QPixmap:
    """Drawn once: the status line asks with every news, and tiles are painted 30 times a second."""
    return _render(_renderer(icon, QColor(colour)), size, scale)


def draw_icon(icon: Icon, *, normal: QColor, disabled: QColor, checked: QColor) -> QIcon:
    """A QIcon with a drawing for each state and each scale that is in use."""
    drawn = QIcon()
    states = [(normal, QIcon.Mode.Normal, QIcon.State.Off), (disabled, QIcon.Mode.Disabled, QIcon.State.Off)]
    if checked != normal:
        states.append((checked, QIcon.Mode.Normal, QIcon.State.On))
    # Drawing is a good part of the time until the window is there: nothing is drawn that no screen would show.
    scales = {_LARGEST, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}
    for colour, mode, state in states:
        renderer = _renderer(icon, colour)
        for scale in sorted(scales):
            drawn.addPixmap(_render(renderer, ICON_SIZE, scale), mode, state)
    return drawn


def _renderer(icon: Icon, colour: QColor) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(drawing(icon, colour).encode()))


def _render(renderer: QSvgRenderer, size: int, scale: float) -> QPixmap:
    side = round(size * scale)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap
