"""The input methods of Linux desktops, as they are packaged, each set to pinyin as its user would have set it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.end_to_end.input_methods.seat import Area, Seat

# What is typed, and what its first candidate is. No part of it has the same first candidate.
PINYIN: Final = "nihao"
CHINESE: Final = "你好"
# What packaging/setup.sh installs for it, by a file of each.
NEEDED: Final = {
    "dbus-daemon": "dbus-daemon",
    "xvfb": "Xvfb",
    "xdotool": "xdotool",
    "ibus": "ibus-daemon",
    "ibus-libpinyin": "/usr/libexec/ibus-engine-libpinyin",
    "fcitx5": "fcitx5",
    "fcitx5-chinese-addons": "/usr/share/fcitx5/inputmethod/pinyin.conf",
}
# It shows its guess, not what was typed: it learns nothing, so that a part of what is typed never looks like the whole.
_IBUS_SETTINGS: Final = """[desktop/ibus/general]
preload-engines=['libpinyin']

[com/github/libpinyin/ibus-libpinyin/libpinyin]
dynamic-adjust=false
"""
_FCITX_PROFILE: Final = """[Groups/0]
Name=Default
Default Layout=us
DefaultIM=pinyin

[Groups/0/Items/0]
Name=pinyin
Layout=

[GroupOrder]
0=Default
"""


def missing_packages() -> list[str]:
    """The packages without which there is no real input method here."""
    return [name for name, file in NEEDED.items() if shutil.which(file) is None and not Path(file).is_file()]


@dataclass(frozen=True, slots=True)
class Engine:
    """`module`: what its desktop tells Qt. `shown`: how the field shows PINYIN while it is composed. `candidates`: the class of
    the window with what one may choose from.
    """

    name: str
    module: str
    shown: str
    candidates: str
    start: Callable[[Seat], None]

    def chooser(self, seat: Seat) -> list[Area]:
        """The window with the candidates, where it is shown; each has others of a few pixels."""
        return [area for area in seat.visible(self.candidates) if area.height > 20]


def _start_ibus(seat: Seat) -> None:
    """With its panel: it puts the engine on, and shows what one may choose from."""
    file = seat.settings / "glib-2.0" / "settings" / "keyfile"
    file.parent.mkdir(parents=True)
    file.write_text(_IBUS_SETTINGS, encoding="utf-8")
    seat.start("ibus", ["ibus-daemon", "--emoji-extension", "disable"])
    seat.until(lambda: seat.ask("ibus", "engine") == "libpinyin")


def _start_fcitx(seat: Seat) -> None:
    """It answers to what ibus is asked once it has written its address where ibus would."""
    file = seat.settings / "fcitx5" / "profile"
    file.parent.mkdir(parents=True)
    file.write_text(_FCITX_PROFILE, encoding="utf-8")
    fcitx = seat.start("fcitx", ["fcitx5", "--disable", "notificationitem,notifications,wayland,waylandim"])
    addresses = seat.settings / "ibus" / "bus"
    mine = f"IBUS_DAEMON_PID={fcitx.pid}\n"
    seat.until(lambda: any(mine in each.read_text(encoding="utf-8") for each in addresses.glob("*-unix-*")))


IBUS: Final = Engine("ibus", "ibus", CHINESE, "Ibus-ui-gtk3", _start_ibus)
FCITX: Final = Engine("fcitx5", "fcitx", "ni hao", "fcitx", _start_fcitx)
