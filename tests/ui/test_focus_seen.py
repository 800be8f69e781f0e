"""Where the keyboard is and what is chosen can be seen on every kind of control, in every theme."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from client.ui.base.icons import Icon
from client.ui.base.theme import Role, Theme, ThemeChoice
from client.ui.meetings.bar import BarButton
from client.ui.widgets.buttons import (
    DangerButton,
    IconButton,
    PrimaryButton,
    QuietButton,
    RowButton,
    SecondaryButton,
)
from client.ui.window.rail import RailButton
from tests.support.contrast import SHAPE_MINIMUM, contrast_ratio
from tests.support.page_walk import settle

Make = Callable[[QWidget], QWidget]
THEMES = (ThemeChoice.LIGHT, ThemeChoice.DARK, ThemeChoice.HIGH_CONTRAST)
FOCUSABLE: dict[str, Make] = {
    "primary": lambda page: PrimaryButton("签发", None, page),
    "secondary": lambda page: SecondaryButton("签发", None, page),
    "danger": lambda page: DangerButton("签发", None, page),
    "quiet": lambda page: QuietButton("签发", None, page),
    "row": lambda page: RowButton("签发", None, page),
    "icon": lambda page: IconButton(Icon.CLOSE, "关闭", page),
    "bar": lambda page: BarButton(Icon.CHAT, ("聊天",), page),
    "leave": lambda page: BarButton(Icon.LEAVE, ("离开",), page, kind="bar_leave"),
    "rail": lambda page: RailButton(Icon.TODAY, "今日", page),
    "line": QLineEdit,
    "text": QPlainTextEdit,
    "choice": QComboBox,
    "tick": lambda page: QCheckBox("签发", page),
    "radio": lambda page: QRadioButton("签发", page),
}
CHECKABLE = ("row", "icon", "bar", "rail")


def _seen(before: QImage, after: QImage) -> int:
    """How many pixels have turned into something one can tell from what they were."""
    return sum(
        contrast_ratio(QColor(before.pixel(x, y)), QColor(after.pixel(x, y))) >= SHAPE_MINIMUM
        for x in range(after.width())
        for y in range(after.height())
    )


def _picture(page: QWidget, control: QWidget) -> QImage:
    return page.grab(control.geometry()).toImage()


def _shown(qtbot: QtBot, make: Make) -> tuple[QWidget, QWidget]:
    """The page, which must be kept, and the control on it."""
    page = QWidget()
    page.setProperty("ground", "surface")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    row = QHBoxLayout(page)
    elsewhere = QPushButton("", page)
    control = make(page)
    row.addWidget(control)
    row.addWidget(elsewhere)
    qtbot.addWidget(page)
    page.show()
    elsewhere.setFocus()
    settle()
    return page, control


@pytest.mark.parametrize("choice", THEMES)
@pytest.mark.parametrize("kind", [*FOCUSABLE, *(f"{kind} chosen" for kind in CHECKABLE)])
def test_the_keyboard_is_seen(qtbot: QtBot, theme: Theme, choice: ThemeChoice, kind: str) -> None:
    theme.choose(choice)
    page, control = _shown(qtbot, FOCUSABLE[kind.removesuffix(" chosen")])
    if kind.endswith(" chosen") and isinstance(control, QAbstractButton):
        control.setCheckable(True)
        control.setChecked(True)
        settle()
    before = _picture(page, control)
    control.setFocus(Qt.FocusReason.TabFocusReason)
    settle()
    # A ring: at least as many pixels as the longer side has.
    assert _seen(before, _picture(page, control)) >= max(control.width(), control.height())


@pytest.mark.parametrize("kind", ["primary", "secondary", "danger", "line", "choice"])
def test_in_high_contrast_what_cannot_be_used_has_a_broken_edge(
    qtbot: QtBot, theme: Theme, kind: str
) -> None:
    theme.choose(ThemeChoice.HIGH_CONTRAST)
    page, control = _shown(qtbot, FOCUSABLE[kind])
    control.setEnabled(False)
    settle()
    picture = _picture(page, control)
    top = {QColor(picture.pixel(x, 0)).lightness() > 200 for x in range(8, picture.width() - 8)}
    assert top == {True, False}


@pytest.mark.parametrize("kind", CHECKABLE)
def test_in_high_contrast_what_is_chosen_has_an_edge(qtbot: QtBot, theme: Theme, kind: str) -> None:
    theme.choose(ThemeChoice.HIGH_CONTRAST)
    page, control = _shown(qtbot, FOCUSABLE[kind])
    assert isinstance(control, QAbstractButton)
    control.setCheckable(True)
    settle()
    before = _picture(page, control)
    control.setChecked(True)
    settle()
    after = _picture(page, control)
    middle = after.height() // 2
    edge = theme.color(Role.SELECTION_EDGE)
    assert contrast_ratio(QColor(before.pixel(0, middle)), edge) >= SHAPE_MINIMUM
    assert edge in (QColor(after.pixel(0, middle)), QColor(after.pixel(1, middle)))
