"""Buttons: one primary to a page, others quieter; each has a text or an accessible name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QCheckBox, QMenu, QPushButton, QRadioButton, QSizePolicy, QToolButton, QWidget

from client.ui.base.icons import ICON_SIZE, Icon
from client.ui.base.labels import plain_label, words_of
from client.ui.base.theme import Role, current_theme
from client.ui.base.tips import set_tip
from client.ui.widgets.focus_ring import paint_inner_ring

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractButton as _AnyButton
else:
    _AnyButton = object  # Qt's own class comes last among the bases, and only once


class _PlainWords(_AnyButton):
    """Says words as they are: no letter of them becomes a shortcut."""

    def setText(self, text: str) -> None:
        super().setText(plain_label(text))

    def text(self) -> str:
        return words_of(super().text())


class _Choice(_PlainWords):
    """Something to tick, whose words are its accessible name."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setAccessibleName(text)


class Button(_PlainWords, QPushButton):
    """A button of a kind the style sheet knows, with a recoloured icon."""

    def __init__(
        self, text: str, kind: str, icon: Icon | None, parent: QWidget | None, *, role: Role = Role.INK_2
    ) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setProperty("kind", kind)
        self.setAccessibleName(text)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._icon = icon
        self._role = role
        self._bare = False
        self._words = (text, "")
        self.setIconSize(QSize(ICON_SIZE, ICON_SIZE))
        self._draw_icon()
        current_theme().changed.connect(self._draw_icon)

    def set_button_icon(self, icon: Icon, role: Role | None = None) -> None:
        self._icon = icon
        self._role = role or self._role
        self._draw_icon()

    def give_menu(self, menu: QMenu) -> None:
        """Open this menu when pressed; the arrow gets its room."""
        self.setProperty("menu", True)
        self.setMenu(menu)

    def set_bare(self, bare: bool) -> None:
        """The drawing alone where there is no room for the words; the accessible name still says them, and so does the tooltip."""
        if bare == self._bare:
            return
        self._bare = bare
        if bare:
            self._words = (self.text(), self.toolTip())
            self.setText("")
            set_tip(self, self._words[1] or self._words[0])
        else:
            self.setText(self._words[0])
            set_tip(self, self._words[1])

    def keyPressEvent(self, event: QEvent) -> None:
        # Enter opens everywhere in Jinshu; Qt itself presses buttons with the space bar only.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.isEnabled():  # type: ignore[attr-defined]
            self.click()
            return
        super().keyPressEvent(event)  # type: ignore[arg-type]

    def _draw_icon(self) -> None:
        if self._icon is not None:
            self.setIcon(current_theme().icon(self._icon, self._role, checked=Role.ACTION))


class ToolButton(_PlainWords, QToolButton):
    """A drawing with a word under it, for bars."""


class CheckBox(_Choice, QCheckBox):
    """A tick with its words."""


class RadioButton(_Choice, QRadioButton):
    """One of several choices with its words."""


def leave_focus(within: QWidget) -> None:
    """Pressed with the mouse, the buttons in there leave the focus where one types, and what is being composed with it; Tab
    still reaches them.
    """
    for button in within.findChildren(Button):
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class PrimaryButton(Button):
    """The one way forward on a page."""

    def __init__(self, text: str, icon: Icon | None = None, parent: QWidget | None = None) -> None:
        super().__init__(text, "primary", icon, parent, role=Role.ON_SEAL)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_inner_ring(self)


class SecondaryButton(Button):
    """What else can be done here."""

    def __init__(self, text: str, icon: Icon | None = None, parent: QWidget | None = None) -> None:
        super().__init__(text, "secondary", icon, parent)


class DangerButton(Button):
    """What cannot be undone, or sends something back."""

    def __init__(self, text: str, icon: Icon | None = None, parent: QWidget | None = None) -> None:
        super().__init__(text, "danger", icon, parent, role=Role.SEAL_TEXT)


class QuietButton(Button):
    """A link-like button inside text or beside a field."""

    def __init__(self, text: str, icon: Icon | None = None, parent: QWidget | None = None) -> None:
        super().__init__(text, "quiet", icon, parent, role=Role.ACTION)


class RowButton(Button):
    """A checkable, left-aligned entry of a short list, such as the boxes."""

    def __init__(self, text: str, icon: Icon | None = None, parent: QWidget | None = None) -> None:
        super().__init__(text, "row", icon, parent)
        self.setCheckable(True)


class IconButton(Button):
    """A drawing alone; `name` is its accessible name and its tooltip."""

    def __init__(
        self, icon: Icon, name: str, parent: QWidget | None = None, *, checkable: bool = False
    ) -> None:
        super().__init__("", "icon", icon, parent)
        self.setAccessibleName(name)
        set_tip(self, name)
        self.setCheckable(checkable)

    def rename(self, name: str) -> None:
        """What it does has changed, e.g. from showing to hiding."""
        self.setAccessibleName(name)
        set_tip(self, name)
