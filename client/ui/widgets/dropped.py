"""What is dropped or pasted: files and folders of this machine, a picture, or text. Nothing is read from a disk here."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, Qt, QUrl
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from client.core.intake import Picture
from client.ui.base.errors import Notice
from client.ui.base.language import tr
from client.ui.base.operation import nearest_notice_place
from client.ui.base.theme import Tone
from client.ui.widgets.html_text import words_of


def holds_files(data: QMimeData) -> bool:
    """Whether files or folders of this machine are in it."""
    return any(url.isLocalFile() for url in data.urls())


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders in it, whatever encoding their names have."""
    return [_path(url) for url in data.urls() if url.isLocalFile()]


def text_in(data: QMimeData) -> str:
    """The text in it that is no file's path; of HTML without plain text its words, the cells of a table parted by tabs."""
    if holds_files(data):
        return ""
    if text := data.text():
        return text
    return words_of(data.html()) if data.hasHtml() else ""


def holds_picture(data: QMimeData) -> bool:
    """Whether it is a picture and nothing else: office programs add one to the text they copy."""
    return data.hasImage() and not text_in(data) and not holds_files(data)


def say_no_text(field: QWidget) -> None:
    """What was pasted into a field has nothing that it could take: said in the page's own place for notices."""
    place = nearest_notice_place(field)
    if place is not None:
        place.show_notice(
            Notice(tr("There is no text on the clipboard that can be used."), tone=Tone.NEUTRAL)
        )


def picture_of(image: object, taken_ms: int) -> Picture | None:
    """The image data of a paste as a PNG named after the moment, such as a screenshot."""
    if isinstance(image, QPixmap):
        image = image.toImage()
    if not isinstance(image, QImage) or image.isNull():
        return None
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # Of what came with the picture (the path it was taken from, a place) only its points go on.
    plain = QImage(image.size(), QImage.Format.Format_ARGB32)
    plain.fill(Qt.GlobalColor.transparent)
    painter = QPainter(plain)
    painter.drawImage(0, 0, image)
    painter.end()
    if not plain.save(buffer, "PNG"):  # type: ignore[call-overload]  # the stubs want a path
        return None
    taken = datetime.fromtimestamp(taken_ms / 1000)
    name = tr("Picture {moment}", moment=f"{taken:%Y-%m-%d %H.%M.%S}")
    return Picture(f"{name}.png", bytes(content.data()))


def _path(url: QUrl) -> Path:
    if os.name == "nt":
        return Path(url.toLocalFile())
    # `toLocalFile` reads every name as UTF-8; those of older systems are in GBK.
    encoded = url.path(QUrl.ComponentFormattingOption.FullyEncoded)
    return Path(os.fsdecode(unquote_to_bytes(encoded)))
