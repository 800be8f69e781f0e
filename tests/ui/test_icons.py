"""Icons have a colour for each state, and are sharp on the screens there are."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QSize, QVersionNumber
from PySide6.QtGui import QColor, QGuiApplication, QIcon
from pytestqt.qtbot import QtBot

from client.ui.base.icons import ICON_SIZE, Icon, draw_icon

BLUE, GREY, RED = QColor("#1F5C99"), QColor("#808080"), QColor("#B02020")
SIZE = QSize(ICON_SIZE, ICON_SIZE)


def inks(icon: QIcon, mode: QIcon.Mode, state: QIcon.State, scale: float = 1.0) -> set[str]:
    """The colours of the fully opaque dots."""
    image = icon.pixmap(SIZE, scale, mode, state).toImage()
    dots = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {dot.name() for dot in dots if dot.alpha() == 255}


def test_each_state_has_its_colour(qtbot: QtBot) -> None:
    icon = draw_icon(Icon.SEAL, normal=BLUE, disabled=GREY, checked=RED)
    assert inks(icon, QIcon.Mode.Normal, QIcon.State.Off) == {BLUE.name()}
    assert inks(icon, QIcon.Mode.Disabled, QIcon.State.Off) == {GREY.name()}
    assert inks(icon, QIcon.Mode.Normal, QIcon.State.On) == {RED.name()}


def test_a_checked_icon_of_no_other_colour_looks_as_before(qtbot: QtBot) -> None:
    icon = draw_icon(Icon.SEAL, normal=BLUE, disabled=GREY, checked=BLUE)
    assert inks(icon, QIcon.Mode.Normal, QIcon.State.On) == {BLUE.name()}


def test_every_screen_gets_a_drawing_of_its_own_scale_and_a_later_one_a_larger(qtbot: QtBot) -> None:
    icon = draw_icon(Icon.SEAL, normal=BLUE, disabled=GREY, checked=RED)
    wanted = {2.0, *(screen.devicePixelRatio() for screen in QGuiApplication.screens())}
    assert {size.width() for size in icon.availableSizes()} == {round(ICON_SIZE * scale) for scale in wanted}
    # Up to 6.7 Qt serves a scale between two drawings from the smaller one.
    between = {1.5} if QLibraryInfo.version() >= QVersionNumber(6, 8) else set()
    for scale in wanted | between:
        assert icon.pixmap(SIZE, scale).width() == round(ICON_SIZE * scale)
        assert inks(icon, QIcon.Mode.Normal, QIcon.State.Off, scale)
