"""Colours, type and icons of the application: one `Theme`, installed on the QApplication as its palette is.

Widgets ask `current_theme()` when they paint and listen to `Theme.changed`; what a style sheet can say stands in
`resources/themes/style.qss`, in which `@role` stands for a colour.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from client.ui.base.fonts import OURS, provide_chinese
from client.ui.base.icons import Icon, draw_icon
from client.ui.base.resources import resource


class Role(StrEnum):
    """What a colour is for (LOOK.md)."""

    WINDOW = "window"
    SURFACE = "surface"
    RAISED = "raised"
    EDGE = "edge"
    CONTROL_EDGE = "control_edge"
    DISABLED = "disabled"
    HOVER = "hover"
    SELECTION = "selection"
    SELECTION_EDGE = "selection_edge"  # drawn where a tint alone is too faint to tell
    INK = "ink"
    INK_2 = "ink_2"
    INK_3 = "ink_3"
    SEAL = "seal"
    SEAL_PRESSED = "seal_pressed"
    SEAL_TEXT = "seal_text"
    ON_SEAL = "on_seal"
    ACTION = "action"
    ON_ACTION = "on_action"
    DONE = "done"
    WAITING = "waiting"
    SEAL_TINT = "seal_tint"
    ACTION_TINT = "action_tint"
    DONE_TINT = "done_tint"
    WAITING_TINT = "waiting_tint"
    NEUTRAL_TINT = "neutral_tint"
    SHADOW = "shadow"


class Tone(StrEnum):
    """What a mark means; a word or a shape always stands with the colour."""

    NEUTRAL = "neutral"
    ACTION = "action"
    DONE = "done"
    WAITING = "waiting"
    SEAL = "seal"

    @property
    def text(self) -> Role:
        return _TONE_TEXT[self]

    @property
    def tint(self) -> Role:
        return Role(f"{self.value}_tint")


_TONE_TEXT: Final = {
    Tone.NEUTRAL: Role.INK_2,
    Tone.ACTION: Role.ACTION,
    Tone.DONE: Role.DONE,
    Tone.WAITING: Role.WAITING,
    Tone.SEAL: Role.SEAL_TEXT,
}

_GROUNDS: Final = (Role.WINDOW, Role.SURFACE, Role.RAISED, Role.SELECTION, Role.HOVER)
_TEXTS: Final = (Role.INK, Role.INK_2, Role.INK_3, Role.SEAL_TEXT, Role.ACTION, Role.DONE, Role.WAITING)
TEXT_PAIRS: Final[tuple[tuple[Role, Role], ...]] = (
    *((text, ground) for text in _TEXTS for ground in _GROUNDS),
    *((tone.text, tone.tint) for tone in Tone),
    *((Role.INK, tone.tint) for tone in Tone),
    (Role.INK_3, Role.NEUTRAL_TINT),
    (Role.ON_SEAL, Role.SEAL),
    (Role.ON_SEAL, Role.SEAL_PRESSED),
    (Role.ON_ACTION, Role.ACTION),
)
SHAPE_PAIRS: Final[tuple[tuple[Role, Role], ...]] = (
    *((shape, ground) for shape in (Role.ACTION, Role.SEAL) for ground in _GROUNDS),
    (Role.CONTROL_EDGE, Role.SURFACE),
    (Role.CONTROL_EDGE, Role.WINDOW),
)


class TextSize(IntEnum):
    """Type sizes in pixels at 100 %."""

    SECONDARY = 13
    BODY = 14
    SECTION = 16
    TITLE = 20


class ThemeName(StrEnum):
    """The theme files."""

    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high_contrast"


class ThemeChoice(StrEnum):
    """What the user asked for; `SYSTEM` follows the desktop."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high_contrast"


FONT_FAMILIES: Final = (
    "Microsoft YaHei UI",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    OURS,
)
CODE_FAMILIES: Final = ("Cascadia Mono", "Consolas", "Noto Sans Mono CJK SC", "DejaVu Sans Mono", "monospace")


@dataclass(frozen=True, slots=True)
class Colours:
    """One theme file, read."""

    dark: bool
    by_role: dict[Role, QColor]


def load_colours(name: ThemeName) -> Colours:
    """Read a theme file; a missing or unknown role is a mistake of ours and raises."""
    data = tomllib.loads(resource("themes", f"{name}.toml").read_text(encoding="utf-8"))
    named = {Role(key): QColor(value) for key, value in data["colours"].items()}
    missing = [role for role in Role if role not in named]
    if missing:
        raise KeyError(f"theme {name} lacks {missing}")
    return Colours(bool(data["dark"]), named)


def font(
    size: TextSize = TextSize.BODY, *, bold: bool = False, families: tuple[str, ...] = FONT_FAMILIES
) -> QFont:
    """The interface's face; numbers have one width so that columns of them stand in line."""
    face = QFont()
    face.setFamilies(list(families))
    face.setPixelSize(int(size))
    face.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    # PySide6 6.7, the newest for the processors of most domestic desktops, cannot name a feature: its numbers stand as they are.
    if hasattr(QFont.Tag, "fromValue"):
        face.setFeature(QFont.Tag("tnum"), 1)
    return face


class Theme(QObject):
    """The look in force.

    Signals: `changed` (colours are different; repaint what you painted yourself).
    """

    changed = Signal()

    def __init__(self, application: QApplication, choice: ThemeChoice = ThemeChoice.SYSTEM) -> None:
        super().__init__(application)
        self.setObjectName("theme")
        self._application = application
        self._choice = choice
        self._name = self._resolve()
        self._colours = load_colours(self._name)
        self._icons: dict[tuple[Icon, Role, Role], QIcon] = {}
        provide_chinese()
        application.setStyle("Fusion")
        application.setFont(font())
        self._apply()
        application.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    @property
    def choice(self) -> ThemeChoice:
        return self._choice

    @property
    def name(self) -> ThemeName:
        return self._name

    @property
    def dark(self) -> bool:
        return self._colours.dark

    def choose(self, choice: ThemeChoice) -> None:
        """Use a theme from now on."""
        self._choice = choice
        self._refresh()

    def color(self, role: Role) -> QColor:
        return self._colours.by_role[role]

    def icon(self, icon: Icon, role: Role = Role.INK_2, *, checked: Role | None = None) -> QIcon:
        """The icon in that colour; grey when disabled, in another colour when checked if one is given."""
        key = (icon, role, checked or role)
        if key not in self._icons:
            self._icons[key] = draw_icon(
                icon,
                normal=self.color(role),
                disabled=self.color(Role.DISABLED),
                checked=self.color(checked or role),
            )
        return self._icons[key]

    def _resolve(self) -> ThemeName:
        if self._choice is not ThemeChoice.SYSTEM:
            return ThemeName(self._choice.value)
        dark = self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return ThemeName.DARK if dark else ThemeName.LIGHT

    def _on_system_changed(self, _scheme: Qt.ColorScheme) -> None:
        self._refresh()

    def _refresh(self) -> None:
        name = self._resolve()
        if name is self._name:
            return
        self._name = name
        self._colours = load_colours(name)
        self._icons.clear()
        self._apply()
        self.changed.emit()

    def _apply(self) -> None:
        self._application.setPalette(self._palette())
        self._application.setStyleSheet(self._style_sheet())

    def _style_sheet(self) -> str:
        # Not the path itself: no sign in the name of the folder the program was put into can end the sheet's `url(…)`.
        QDir.setSearchPaths(_PREFIX, [str(resource("themes"))])
        text = resource("themes", "style.qss").read_text(encoding="utf-8")
        own = resource("themes", f"{self._name}.qss")  # what colours alone cannot say in this theme
        if own.is_file():
            text += own.read_text(encoding="utf-8")
        for icon in ARROWS:
            text = text.replace(f"@{icon.value}_image", f"url({_PREFIX}:{self._name.value}/{icon.value}.svg)")
        return re.sub(r"@([a-z_0-9]+)", lambda found: self.color(Role(found[1])).name(), text)

    def _palette(self) -> QPalette:
        palette = QPalette()
        for group, role in _PALETTE.items():
            palette.setColor(group, self.color(role))
        grey = self.color(Role.INK_3)
        for group in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, group, grey)
        return palette


# What a style sheet draws it takes from a file, in the colour it has there: one for each theme beside the theme's own file,
# written by `python -m tests.support.arrows`.
ARROWS: Final = {
    Icon.CHEVRON_DOWN: Role.INK_2,
    Icon.CHEVRON_RIGHT: Role.INK_2,
    Icon.CHECK: Role.ON_ACTION,
}
_PREFIX: Final = "themes"
_PALETTE: Final = {
    QPalette.ColorRole.Window: Role.WINDOW,
    QPalette.ColorRole.WindowText: Role.INK,
    QPalette.ColorRole.Base: Role.SURFACE,
    QPalette.ColorRole.AlternateBase: Role.HOVER,
    QPalette.ColorRole.Text: Role.INK,
    QPalette.ColorRole.PlaceholderText: Role.INK_3,
    QPalette.ColorRole.Button: Role.SURFACE,
    QPalette.ColorRole.ButtonText: Role.INK,
    QPalette.ColorRole.BrightText: Role.SEAL_TEXT,
    QPalette.ColorRole.ToolTipBase: Role.RAISED,
    QPalette.ColorRole.ToolTipText: Role.INK,
    QPalette.ColorRole.Highlight: Role.SELECTION,
    QPalette.ColorRole.HighlightedText: Role.INK,
    QPalette.ColorRole.Link: Role.ACTION,
    QPalette.ColorRole.LinkVisited: Role.ACTION,
    QPalette.ColorRole.Accent: Role.ACTION,
    QPalette.ColorRole.Light: Role.SURFACE,
    QPalette.ColorRole.Midlight: Role.HOVER,
    QPalette.ColorRole.Mid: Role.EDGE,
    QPalette.ColorRole.Dark: Role.CONTROL_EDGE,
    QPalette.ColorRole.Shadow: Role.SHADOW,
}


def current_theme() -> Theme:
    """The theme installed on the application."""
    application = QApplication.instance()
    theme = (
        application.findChild(Theme, "theme", Qt.FindChildOption.FindDirectChildrenOnly)
        if application
        else None
    )
    if theme is None:
        raise RuntimeError("no Theme is installed: make Theme(application) before the first widget")
    return theme
