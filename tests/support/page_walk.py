"""Walks a page through sizes, themes and languages, and fails on whatever a user could not read or reach.

`JINSHU_SCREENS=1` also saves each rendering to `build/screens/`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from client.ui.base.catalogue import LanguageName
from client.ui.base.language import set_language
from client.ui.base.theme import ThemeChoice, current_theme
from tests.support.page_checks import contrast_faults, cut_faults, name_faults, tab_faults

SIZES: Final = ((1280, 800), (1920, 1080))
THEMES: Final = (ThemeChoice.LIGHT, ThemeChoice.DARK)
# High contrast has the measures of the others: one size shows its colours. Sizes change within a theme: to change the theme of a
# page that stands costs more than all its checks together.
LOOKS: Final = (
    *((size, theme) for theme in THEMES for size in SIZES),
    (SIZES[0], ThemeChoice.HIGH_CONTRAST),
)
# What rail and status line leave of the smallest window, 900×560: a laptop of 1366×768 at 150 % has no more room.
SMALLEST: Final = (((836, 524), ThemeChoice.LIGHT),)
_SCREENS: Final = Path("build/screens")


def walk(
    page_factory: Callable[[], QWidget],
    name: str,
    looks: Sequence[tuple[tuple[int, int], ThemeChoice]] = LOOKS,
) -> None:
    """Make the page anew in each language, show it in each look and size, and assert that it has no fault."""
    faults: list[str] = []
    for language in LanguageName:
        set_language(language)
        page = page_factory()
        try:
            for (width, height), theme in looks:
                current_theme().choose(theme)
                page.resize(width, height)
                page.show()
                settle()
                where = f"{name}-{width}x{height}-{theme.value}-{language.value}"
                _save(page, where)
                faults += [f"{where}: {fault}" for fault in page_faults(page)]
        finally:
            discard(page)
            set_language(LanguageName.CHINESE)
            current_theme().choose(ThemeChoice.LIGHT)
    assert not faults, "\n".join(["", *dict.fromkeys(faults)])


def page_faults(page: QWidget) -> list[str]:
    """All faults of a page as it stands."""
    return [*cut_faults(page), *contrast_faults(page), *name_faults(page), *tab_faults(page)]


def settle() -> None:
    """Let layouts and queued calls come to rest."""
    for _ in range(3):
        QApplication.sendPostedEvents()
        QApplication.processEvents()


def discard(widget: QWidget) -> None:
    """Delete a widget now, not at some later test's expense."""
    widget.close()
    widget.deleteLater()
    QCoreApplication.sendPostedEvents(widget, QEvent.Type.DeferredDelete)
    QApplication.processEvents()


def _save(page: QWidget, where: str) -> None:
    if os.environ.get("JINSHU_SCREENS") == "1":
        _SCREENS.mkdir(parents=True, exist_ok=True)
        page.grab().save(str(_SCREENS / f"{where}.png"))
