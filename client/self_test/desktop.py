"""What the desktop offers: a screen, an input method, Chinese type, cameras, microphones, loudspeakers. Nothing is opened.

Qt ends the process when it finds no screen: that is why each check is made in a process that may end.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from client.core.self_check import CheckRow, Outcome, Remark
from client.self_test.surroundings import Surroundings

if TYPE_CHECKING:
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtMultimedia import QAudioDevice, QCameraDevice

_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY")
_PLATFORM: Final = "QT_QPA_PLATFORM"
# Platforms of Qt that show nothing.
_UNSEEN: Final = ("offscreen", "minimal", "vnc")


def check_display(_surroundings: Surroundings) -> CheckRow:
    """Start Qt, and say on which platform and screen."""
    application, seen = _application(seen=True)
    from PySide6.QtCore import qVersion  # deferred: a Qt that does not load is this check's to say

    screen = application.primaryScreen()
    size = "" if screen is None else f"{screen.size().width()}×{screen.size().height()}"
    scale = "" if screen is None else f"{screen.devicePixelRatio():g}"
    platform = application.platformName()
    facts = (("qt", qVersion()), ("platform", platform), ("screen", size), ("scale", scale))
    if not seen or platform in _UNSEEN:
        return CheckRow(
            "display", Outcome.NOT_TRIED, Remark.of("display.unseen", platform=platform), None, facts
        )
    found = Remark.of("display.found", platform=platform, size=size or "?", scale=scale or "?")
    return CheckRow("display", Outcome.OK, found, None, facts)


def check_input_method(_surroundings: Surroundings) -> CheckRow:
    """Whether this Qt has a plugin for the input method that the desktop names."""
    application, seen = _application()
    from client.ui.base.input_method import choose_input_method, installed_input_methods  # deferred, as above

    installed = installed_input_methods()
    choice = choose_input_method(dict(os.environ), installed)
    platform = application.platformName()
    facts = (
        ("named", choice.named),
        ("used", choice.used),
        ("plugins", ", ".join(sorted(installed))),
        ("platform", platform),
    )
    name = "input_method"
    if choice.replaced:
        found = Remark.of("input_method.replaced", named=choice.named, used=choice.used)
        return CheckRow(name, Outcome.OK, found, None, facts)
    if choice.named:
        usable = bool(_named(choice.used) & (installed | {"wayland"}))
        if usable:
            return CheckRow(
                name, Outcome.OK, Remark.of("input_method.found", named=choice.named), None, facts
            )
        found = Remark.of("input_method.no_plugin", named=choice.named)
        return CheckRow(name, Outcome.WARNING, found, Remark("input_method.name_ibus"), facts)
    if sys.platform in ("win32", "darwin") or platform.startswith("wayland"):
        # There the system's own needs no plugin.
        return CheckRow(name, Outcome.OK, Remark("input_method.system"), None, facts)
    if not seen or platform in _UNSEEN:
        return CheckRow(name, Outcome.NOT_TRIED, Remark("input_method.unseen"), None, facts)
    return CheckRow(
        name, Outcome.WARNING, Remark("input_method.none"), Remark("input_method.name_ibus"), facts
    )


def check_screen_fonts(_surroundings: Surroundings) -> CheckRow:
    """Whether this computer has a Chinese font for the interface."""
    _application()
    # Deferred, as above.
    from PySide6.QtGui import QFontDatabase

    from client.ui.base.fonts import provide_chinese
    from client.ui.base.theme import FONT_FAMILIES

    lent = provide_chinese()
    chinese = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    wanted = [family for family in FONT_FAMILIES if family in QFontDatabase.families()]
    facts = (("chinese_families", str(len(chinese))), ("preferred", ", ".join(wanted)))
    if not chinese:
        return CheckRow(
            "screen_fonts",
            Outcome.FAILED,
            Remark("screen_fonts.none"),
            Remark("screen_fonts.install"),
            facts,
        )
    if lent:
        advice = Remark("screen_fonts.install")
        return CheckRow("screen_fonts", Outcome.WARNING, Remark("screen_fonts.lent"), advice, facts)
    if not wanted:
        found = Remark.of("screen_fonts.others", count=len(chinese))
        return CheckRow("screen_fonts", Outcome.WARNING, found, Remark("screen_fonts.install"), facts)
    return CheckRow(
        "screen_fonts", Outcome.OK, Remark.of("screen_fonts.found", family=wanted[0]), None, facts
    )


def check_cameras(_surroundings: Surroundings) -> CheckRow:
    """The cameras of this computer."""
    _application()
    from PySide6.QtMultimedia import QMediaDevices  # deferred, as above

    return _devices("cameras", QMediaDevices.videoInputs())


def check_microphones(_surroundings: Surroundings) -> CheckRow:
    """The microphones of this computer."""
    _application()
    from PySide6.QtMultimedia import QMediaDevices  # deferred, as above

    return _devices("microphones", QMediaDevices.audioInputs())


def check_loudspeakers(_surroundings: Surroundings) -> CheckRow:
    """The loudspeakers and headphones of this computer."""
    _application()
    from PySide6.QtMultimedia import QMediaDevices  # deferred, as above

    return _devices("loudspeakers", QMediaDevices.audioOutputs())


def _devices(name: str, found: Iterable[QAudioDevice | QCameraDevice]) -> CheckRow:
    # Often "王芳的耳机": they stay here.
    names = tuple(device.description() for device in found)
    facts = (("count", str(len(names))),)
    if not names:
        return CheckRow(name, Outcome.WARNING, Remark(f"{name}.none"), Remark("devices.connect"), facts)
    return CheckRow(name, Outcome.OK, Remark.of(f"{name}.found", count=len(names)), None, facts, names)


def _named(setting: str) -> set[str]:
    return {name.strip().lower() for name in setting.split(";")}


def _application(*, seen: bool = False) -> tuple[QGuiApplication, bool]:
    """Qt's application in this process, and whether there is a screen for it.

    Only the check of the display needs the desktop's own platform (`seen`). When that ended its process, the checks after it
    begin in a new one, and one cause must not fail six rows.
    """
    from PySide6.QtGui import QGuiApplication  # deferred, as above

    desktop = sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in _SCREENS)
    there = QGuiApplication.instance()
    if not isinstance(there, QGuiApplication):
        if not seen or not (desktop or os.environ.get(_PLATFORM)):
            os.environ[_PLATFORM] = "offscreen"
        _kept.append(there := QGuiApplication(["jinshu"]))
    return there, desktop


# Qt's application lives as long as the process.
_kept: list[QGuiApplication] = []
