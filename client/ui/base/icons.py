"""One line-drawn set of 20 px icons, recoloured for the theme. The drawings are `resources/icons/NAME.svg`."""

from __future__ import annotations

import tempfile
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from client.ui.base.resources import resource

ICON_SIZE: Final = 20
_SCALES: Final = (1.0, 1.25, 1.5, 2.0, 3.0)  # the system scalings people use; Qt picks the nearest larger one


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


@cache
def _source(icon: Icon) -> str:
    return resource("icons", f"{icon.value}.svg").read_text(encoding="utf-8")


def draw_pixmap(icon: Icon, colour: QColor, *, size: int = ICON_SIZE, scale: float = 1.0) -> QPixmap:
    """The icon in one colour, `size` logical pixels wide on a screen of that scale."""
    renderer = QSvgRenderer(QByteArray(_source(icon).replace("currentColor", colour.name()).encode()))
    side = round(size * scale)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def draw_icon(icon: Icon, *, normal: QColor, disabled: QColor, checked: QColor) -> QIcon:
    """A QIcon with a drawing for each state and scale."""
    drawn = QIcon()
    for scale in _SCALES:
        for colour, mode, state in (
            (normal, QIcon.Mode.Normal, QIcon.State.Off),
            (disabled, QIcon.Mode.Disabled, QIcon.State.Off),
            (checked, QIcon.Mode.Normal, QIcon.State.On),
        ):
            drawn.addPixmap(draw_pixmap(icon, colour, scale=scale), mode, state)
    return drawn


@cache
def _arrow_folder() -> Path:
    # Style sheets take images from files or compiled resources only; this folder goes with the process.
    return Path(_ARROW_FOLDER.name)


_ARROW_FOLDER: Final = tempfile.TemporaryDirectory(prefix="jinshu-icons-", ignore_cleanup_errors=True)


def write_arrows(colours: dict[str, QColor], theme: str) -> dict[str, str]:
    """Write the recoloured drawings a style sheet needs and return their paths by name."""
    paths = {}
    for name, colour in colours.items():
        path = _arrow_folder() / f"{theme}-{name}.svg"
        if not path.exists():
            path.write_text(_source(Icon(name)).replace("currentColor", colour.name()), encoding="utf-8")
        paths[name] = path.as_posix()
    return paths
