"""Frames as a camera would hand them over, of one colour or one brightness."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtMultimedia import QVideoFrame, QVideoFrameFormat


def painted(colour: str, size: tuple[int, int] = (64, 36)) -> QVideoFrame:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    # PySide6 6.7 makes no frame of an image: its bytes are laid into one.
    pixels = QVideoFrameFormat.pixelFormatFromImageFormat(image.format())
    frame = QVideoFrame(QVideoFrameFormat(image.size(), pixels))
    assert frame.map(QVideoFrame.MapMode.WriteOnly)
    stride = frame.bytesPerLine(0)
    for line in range(image.height()):
        row = memoryview(image.constScanLine(line)).tobytes()  # type: ignore[arg-type]
        frame.bits(0)[line * stride : line * stride + len(row)] = row  # type: ignore[index]
    frame.unmap()
    return frame


def planar(layout: QVideoFrameFormat.PixelFormat, luma: int) -> QVideoFrame:
    frame = QVideoFrame(QVideoFrameFormat(QSize(64, 36), layout))
    assert frame.map(QVideoFrame.MapMode.WriteOnly)
    for plane in range(frame.planeCount()):
        bits = frame.bits(plane)
        bits[:] = bytes([luma if plane == 0 else 128]) * len(bits)  # type: ignore[index]
    frame.unmap()
    return frame
