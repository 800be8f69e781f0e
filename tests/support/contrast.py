"""The WCAG 2.2 contrast ratio of two colours."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QColor

TEXT_MINIMUM: Final = 4.5
SHAPE_MINIMUM: Final = 3.0  # WCAG 1.4.11: edges of controls, focus rings, dots


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def luminance(colour: QColor) -> float:
    """Relative luminance of an opaque colour, 0 for black to 1 for white."""
    red, green, blue = (_linear(c) for c in (colour.redF(), colour.greenF(), colour.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: QColor, other: QColor) -> float:
    """From 1 (the same) to 21 (black on white)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
