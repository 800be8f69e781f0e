"""A place to sit at: an X screen, a session bus and folders of its own, and a real keyboard and mouse at it.

Nothing of the user's is touched: neither his home, nor his bus, nor what his input method has learnt.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tests.end_to_end.processes import ROOT, Running
from tests.support.waiting import until_seen

_SIZE: Final = "1366x768x24"
# What a process needs to be found and to run; everything else of the surroundings names a desktop that is not this one.
_INHERITED: Final = ("PATH", "PYTHONPYCACHEPREFIX")


class Area(NamedTuple):
    """On the screen, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[int, int]:
        return self.left + self.width // 2, self.top + self.height // 2

    def beside(self, other: Area) -> bool:
        """Whether it touches the other from above or below, and has nothing of it under itself."""
        across = self.left <= other.left <= self.left + self.width
        return across and (self.top == other.top + other.height or self.top + self.height == other.top)


class Seat:
    """Without a window manager: what has the keyboard is said by `focus`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[Running] = []
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        self.environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(self.settings),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_DATA_HOME": str(folder / "data"),
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "LANG": "C.UTF-8",
            "TZ": "Asia/Shanghai",
            # Settings of the GNOME kind in a file, without a service of their own; nothing for screen readers.
            "GSETTINGS_BACKEND": "keyfile",
            "NO_AT_BRIDGE": "1",
            "QT_QPA_PLATFORM": "xcb",
        }

    def open(self) -> None:
        """Light the screen, and start the bus."""
        # `-r`: on a busy machine a key would be down for long enough to repeat itself.
        screen = self.start(
            "screen", ["Xvfb", "-displayfd", "1", "-screen", "0", _SIZE, "-r", "-nolisten", "tcp"]
        )
        self.environment["DISPLAY"] = f":{screen.line()}"
        bus = self.start("bus", ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"])
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = bus.line()

    @property
    def settings(self) -> Path:
        """Where programs look for how their user wants them."""
        return self.folder / "config"

    def start(self, name: str, command: Sequence[str], **variables: str) -> Running:
        """A process that ends with the seat, at the latest."""
        made = Running(name, command, self.folder / "logs" / f"{name}.log", self.environment | variables)
        self._running.append(made)
        return made

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what the processes at the seat will do.

        Raises:
            StoryError: one of them has ended instead.
        """

        def holds() -> bool:
            for each in self._running:
                each.check()
            return true()

        until_seen(holds)

    def ask(self, *command: str) -> str:
        """What a short command prints, be it nothing because it failed."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, encoding="utf-8", check=False
        )
        return done.stdout.strip()

    def press(self, *keys: str) -> None:
        """Press and release keys, one after the other, as X names them: `n`, `space`, `ctrl+a`."""
        self._act("key", "--delay", "0", *keys)

    def click(self, area: Area) -> None:
        """Press the left button in the middle."""
        x, y = area.centre
        self._act("mousemove", str(x), str(y), "click", "1")

    def focus(self, window: int) -> None:
        """Give a window the keyboard."""
        self._act("windowfocus", "--sync", str(window))

    def leave(self) -> None:
        """Take the keyboard from every window."""
        self.focus(int(self.ask("xdotool", "search", "--maxdepth", "0", "")))

    def window_of(self, process: Running) -> int:
        """The one window a process shows."""
        command = ("xdotool", "search", "--onlyvisible", "--pid", str(process.pid))
        self.until(lambda: len(self.ask(*command).split()) == 1)
        return int(self.ask(*command))

    def visible(self, window_class: str) -> list[Area]:
        """Where the windows of a class are now."""
        found = self.ask("xdotool", "search", "--onlyvisible", "--class", window_class).split()
        return [area for window in found if (area := self._area(window)) is not None]

    def stop(self, process: Running) -> None:
        """End one before the others."""
        self._running.remove(process)
        process.stop()

    def close(self) -> None:
        for each in reversed(self._running):
            each.stop()

    def _area(self, window: str) -> Area | None:
        """None: it went meanwhile."""
        lines = self.ask("xdotool", "getwindowgeometry", "--shell", window).splitlines()
        said: Mapping[str, str] = dict(line.split("=", 1) for line in lines)
        wanted = ("X", "Y", "WIDTH", "HEIGHT")
        return Area(*(int(said[name]) for name in wanted)) if said.keys() >= set(wanted) else None

    def _act(self, *what: str) -> None:
        subprocess.run(["xdotool", *what], env=self.environment, check=True)
