"""The seal in a real tray: the program started into it, opened, described and ended through it, over the bus a panel speaks on."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.input_methods.seat import Seat
from tests.end_to_end.processes import Running

pytestmark = pytest.mark.skipif(
    any(shutil.which(program) is None for program in ("Xvfb", "xdotool", "dbus-daemon", "dbus-send")),
    reason="no screen or no bus on this machine",
)
_FOREVER = "--reply-timeout=1000000"


@pytest.fixture
def seat(tmp_path: Path) -> Iterator[Seat]:
    made = Seat(tmp_path)
    made.open()
    yield made
    made.close()


class Panel:
    """What a hand at the panel does with the one item in its tray."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._host = seat.start("panel", [sys.executable, "-m", "tests.integration.core.tray_host"])
        assert self._host.line() == "ready"
        self._item = ""

    def wait_for_item(self) -> None:
        self._item = self._host.line()

    def click(self) -> None:
        self._call("/StatusNotifierItem", "org.kde.StatusNotifierItem.Activate", "int32:0", "int32:0")

    def tooltip(self) -> str:
        where = ("string:org.kde.StatusNotifierItem", "string:ToolTip")
        return self._call("/StatusNotifierItem", "org.freedesktop.DBus.Properties.Get", *where)

    def menu(self) -> dict[str, tuple[int, bool]]:
        """Its lines: the number of each, and whether it can be chosen."""
        said = self._call(
            "/MenuBar", "com.canonical.dbusmenu.GetLayout", "int32:0", "int32:-1", "array:string:"
        )
        line = re.compile(
            r'int32 (\d+)\s+array \[\s+dict entry\(\s+string "enabled"\s+variant\s+boolean (\w+)\s+\)'
            r'\s+dict entry\(\s+string "label"\s+variant\s+string "([^"]*)"'
        )
        return {words: (int(number), on == "true") for number, on, words in line.findall(said)}

    def choose(self, words: str) -> None:
        number = self.menu()[words][0]
        event = (f"int32:{number}", "string:clicked", "variant:string:", "uint32:0")
        self._call("/MenuBar", "com.canonical.dbusmenu.Event", *event)

    def _call(self, path: str, method: str, *arguments: str) -> str:
        command = ("dbus-send", "--session", "--print-reply", _FOREVER, f"--dest={self._item}", path, method)
        return self._seat.ask(*command, *arguments)


def started(seat: Seat, *arguments: str) -> Running:
    command = [sys.executable, "-m", "client", "--profile", str(seat.folder / "profile"), *arguments]
    return seat.start("client", command)


def test_started_into_the_tray_it_is_opened_described_and_ended_there(seat: Seat) -> None:
    panel = Panel(seat)
    client = started(seat, "--hidden")
    panel.wait_for_item()
    assert "锦书（已锁定）" in panel.tooltip()
    assert seat.visible("jinshu") == []
    menu = panel.menu()
    assert list(menu) == ["打开锦书", "锁定", "退出"]
    assert [on for _number, on in menu.values()] == [True, False, True]
    panel.click()
    assert seat.window_of(client)
    panel.choose("退出")
    assert client.process.wait() == 0


def test_a_second_start_brings_it_out_of_the_tray(seat: Seat) -> None:
    panel = Panel(seat)
    client = started(seat, "--hidden")
    panel.wait_for_item()
    second = started(seat)
    assert second.process.wait() == 0
    seat.stop(second)
    assert seat.window_of(client)
