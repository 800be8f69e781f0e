"""The themes: every pair of colours in use can be read; the system's choice is followed until the user makes one."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QFontDatabase, QFontInfo, QImage
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from client.ui.base.icons import Icon, draw_pixmap
from client.ui.base.resources import resource
from client.ui.base.theme import (
    ARROWS,
    FONT_FAMILIES,
    SHAPE_PAIRS,
    TEXT_PAIRS,
    Role,
    Theme,
    ThemeChoice,
    ThemeName,
    font,
    load_colours,
)
from tests.support.arrows import arrows
from tests.support.contrast import SHAPE_MINIMUM, TEXT_MINIMUM, contrast_ratio


def test_contrast_of_known_pairs() -> None:
    assert contrast_ratio(QColor("#000000"), QColor("#FFFFFF")) == pytest.approx(21)
    assert contrast_ratio(QColor("#777777"), QColor("#FFFFFF")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", list(ThemeName))
def test_every_text_pair_can_be_read(name: ThemeName) -> None:
    colours = load_colours(name).by_role
    low = {pair: contrast_ratio(colours[pair[0]], colours[pair[1]]) for pair in TEXT_PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < TEXT_MINIMUM} == {}


@pytest.mark.parametrize("name", list(ThemeName))
def test_rings_edges_and_dots_can_be_seen(name: ThemeName) -> None:
    colours = load_colours(name).by_role
    low = {pair: contrast_ratio(colours[pair[0]], colours[pair[1]]) for pair in SHAPE_PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < SHAPE_MINIMUM} == {}


def test_the_style_sheet_names_no_colour_of_its_own() -> None:
    """A colour outside the theme files would be the same in the dark."""
    sheet = resource("themes", "style.qss").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b(?=[^{]*})", sheet) == []
    assert "rgb" not in sheet


def test_text_on_a_ground_in_the_sheet_is_a_pair_that_is_tested() -> None:
    sheet = resource("themes", "style.qss").read_text(encoding="utf-8")
    pairs = set()
    for body in re.findall(r"{([^}]*)}", sheet):
        text = re.search(r"(?<![-\w])color: @(\w+)", body)
        ground = re.search(r"background: @(\w+)", body)
        if text and ground:
            pairs.add((Role(text[1]), Role(ground[1])))
    assert pairs - set(TEXT_PAIRS) == set()


def test_choosing_a_theme_changes_palette_and_tells_once(theme: Theme, qapp: QApplication) -> None:
    told: list[bool] = []
    theme.changed.connect(lambda: told.append(True))
    theme.choose(ThemeChoice.DARK)
    theme.choose(ThemeChoice.DARK)
    assert told == [True]
    assert qapp.palette().window().color() == theme.color(Role.WINDOW)
    assert theme.dark


def test_without_a_choice_the_system_decides(theme: Theme, qapp: QApplication) -> None:
    theme.choose(ThemeChoice.SYSTEM)
    dark = qapp.styleHints().colorScheme().name == "Dark"
    assert theme.name is (ThemeName.DARK if dark else ThemeName.LIGHT)


@pytest.mark.parametrize("icon", list(Icon))
def test_every_icon_is_drawn_in_the_colour_asked_for(icon: Icon, qapp: object) -> None:
    image = draw_pixmap(icon, QColor("#1F5C99"), scale=2.0).toImage()
    assert image.width() == 40
    painted = _painted(image)
    assert painted
    assert any(colour.name() == "#1f5c99" for colour in painted)


def test_every_drawing_in_the_folder_is_known() -> None:
    assert {path.stem for path in resource("icons").glob("*.svg")} == {icon.value for icon in Icon}


@pytest.mark.parametrize("name", list(ThemeName))
def test_the_arrows_of_a_theme_are_the_drawings_in_its_colours(name: ThemeName) -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in resource("themes", name.value).iterdir()}
    assert kept == arrows(name), "write them anew: python -m tests.support.arrows"


def test_every_arrow_the_sheet_names_is_there() -> None:
    sheet = resource("themes", "style.qss").read_text(encoding="utf-8")
    named = set(re.findall(r"@(\w+)_image", sheet))
    assert named == {icon.value for icon in ARROWS}


def _colours_of(widget: QWidget) -> set[str]:
    return {colour.name() for colour in _painted(widget.grab().toImage())}


@pytest.mark.parametrize("choice", [ThemeChoice.DARK, ThemeChoice.HIGH_CONTRAST, ThemeChoice.LIGHT])
def test_another_theme_needs_no_folder_to_write_into_and_its_arrows_are_seen(
    choice: ThemeChoice, theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = tmp_path / "a file"
    nowhere.touch()
    monkeypatch.setattr(tempfile, "tempdir", str(nowhere))
    monkeypatch.setenv("TMPDIR", str(nowhere))
    with pytest.raises(OSError, match="a file"):
        tempfile.mkdtemp()
    theme.choose(ThemeChoice.DARK if choice is not ThemeChoice.DARK else ThemeChoice.LIGHT)
    theme.choose(choice)
    box, tick = QComboBox(), QCheckBox()
    for widget in (box, tick):
        qtbot.addWidget(widget)
        widget.resize(120, 48)
        widget.show()
    # Lines of 1.5 pixels leave no dot of the full colour on their own: what is looked for comes nearest to it.
    tick.setChecked(False)
    before = _colours_of(tick)
    tick.setChecked(True)
    assert _nearest(_colours_of(tick) - before, theme.color(Role.ON_ACTION)) < 48
    without = QComboBox()
    qtbot.addWidget(without)
    without.setStyleSheet("QComboBox::down-arrow { image: none; }")
    without.resize(120, 48)
    without.show()
    assert _nearest(_colours_of(box) - _colours_of(without), theme.color(Role.INK_2)) < 48


def _nearest(found: set[str], wanted: QColor) -> int:
    """How far the nearest of some colours is from one, by the channel that is furthest."""

    def distance(colour: QColor) -> int:
        channels = (
            (colour.red(), wanted.red()),
            (colour.green(), wanted.green()),
            (colour.blue(), wanted.blue()),
        )
        return max(abs(one - other) for one, other in channels)

    return min((distance(QColor(name)) for name in found), default=256)


def test_a_chinese_face_is_found(qapp: object) -> None:
    assert set(FONT_FAMILIES) & set(QFontDatabase.families()), "install fonts-noto-cjk"
    assert QFontInfo(font()).family() in FONT_FAMILIES


def _painted(image: QImage) -> list[QColor]:
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return [colour for colour in pixels if colour.alpha() == 255]
