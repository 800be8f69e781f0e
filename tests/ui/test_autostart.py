"""The start at sign-in: what the switch shows is what the desktop will read."""

from __future__ import annotations

import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from client.ui.base.window_state import WindowState
from client.ui.desktop import autostart
from client.ui.desktop.autostart import EntryAutostart, RunKeyAutostart, autostart_here, quoted
from client.ui.settings.desktop import DesktopSection
from client.ui.settings.services import Desktop
from client.updates.installers import DebInstaller
from tests.ui.document_hands import by_name
from tests.ui.settings_double import AutostartDouble
from tests.ui.test_settings import shown

FILE = "cn.jinshu.client.desktop"


def entry(folder: Path, *command: str) -> EntryAutostart:
    return EntryAutostart(folder, lambda: command or ("/usr/bin/jinshu",))


def test_it_is_off_until_it_is_chosen_and_leaves_nothing_when_it_is_off_again(tmp_path: Path) -> None:
    made = entry(tmp_path / "autostart")
    assert not made.on
    made.choose(on=True)
    assert made.on
    read = ConfigParser(interpolation=None)
    read.read(tmp_path / "autostart" / FILE, "utf-8")
    assert read["Desktop Entry"]["Exec"] == "/usr/bin/jinshu --hidden"
    assert read["Desktop Entry"]["Name[zh_CN]"] == "锦书"
    made.choose(on=False)
    made.choose(on=False)
    assert not made.on
    assert list((tmp_path / "autostart").iterdir()) == []


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false", "hidden=True "])
def test_what_the_desktop_itself_switched_off_is_off(tmp_path: Path, line: str) -> None:
    made = entry(tmp_path)
    made.choose(on=True)
    text = (tmp_path / FILE).read_text("utf-8").replace("X-GNOME-Autostart-enabled=true\n", "")
    (tmp_path / FILE).write_text(f"{text}{line}\n", "utf-8")
    assert not made.on


def test_a_damaged_entry_is_off(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"\xff\xfe\x00")
    assert not entry(tmp_path).on


@pytest.mark.parametrize(
    "word", ["/opt/my office/jinshu", '/opt/"q"/j', "/opt/100%/j", "/opt/a$b`c", "/opt/back\\slash"]
)
def test_a_command_with_odd_letters_is_one_word(word: str) -> None:
    once = (
        quoted(word).replace("\\\\", "\\").replace("%%", "%")
    )  # as a value of the file, and its field codes
    read = subprocess.run(["sh", "-c", f"printf %s {once}"], capture_output=True, check=True)
    assert read.stdout.decode() == word


def test_the_run_key_has_the_command_in_quotes(tmp_path: Path) -> None:
    settings = QSettings(str(tmp_path / "run.ini"), QSettings.Format.IniFormat)
    made = RunKeyAutostart(settings, lambda: ("C:\\Program Files\\Jinshu\\pythonw.exe", "-m", "client"))
    assert not made.on
    made.choose(on=True)
    assert made.on
    assert settings.value("Jinshu") == '"C:\\Program Files\\Jinshu\\pythonw.exe" "-m" "client" "--hidden"'
    made.choose(on=False)
    assert not made.on


def test_a_package_is_started_by_its_command_and_a_tree_by_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autostart, "installer_here", lambda: DebInstaller("x86_64"))
    assert autostart.own_command() == ("/usr/bin/jinshu",)
    monkeypatch.setattr(autostart, "installer_here", lambda: None)
    assert Path(autostart.own_command()[0]).is_file()


def test_the_users_own_folder_of_settings_is_used(tmp_path: Path) -> None:
    made = autostart_here({"XDG_CONFIG_HOME": str(tmp_path)})
    made.choose(on=True)
    assert (tmp_path / "autostart" / FILE).is_file()


# The switch


def switch(qtbot: QtBot, state: WindowState, double: AutostartDouble) -> tuple[DesktopSection, QCheckBox]:
    section = DesktopSection(Desktop(lambda: True, double, tells_lock=True), state)
    qtbot.addWidget(section)
    section.show()
    return section, by_name(section, QCheckBox, "登录电脑时自动启动锦书")


def test_the_switch_does_what_it_says(qtbot: QtBot, state: WindowState) -> None:
    double = AutostartDouble()
    _section, box = switch(qtbot, state, double)
    assert not box.isChecked()
    box.click()
    assert double.on
    box.click()
    assert not double.on


@pytest.mark.expects_logs("sign-in could not be changed")
def test_where_it_cannot_be_changed_that_is_said_and_the_switch_stays(
    qtbot: QtBot, state: WindowState
) -> None:
    section, box = switch(qtbot, state, AutostartDouble(PermissionError("read-only")))
    box.click()
    assert not box.isChecked()
    assert "本机不允许更改此项。" in shown(section)
