"""Where the desktop names an input method this Qt has no plugin for, ibus is used; every other wish is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.ui.base.input_method import InputMethodChoice, choose_input_method, installed_input_methods

# What PySide6's wheels bring.
WHEEL = frozenset({"compose", "xim", "ibus", "qtvirtualkeyboard"})


@pytest.mark.parametrize(
    ("setting", "named", "used"),
    [
        ("QT_IM_MODULE", "fcitx", "ibus"),
        ("QT_IM_MODULE", "fcitx5", "ibus"),
        ("QT_IM_MODULE", "Fcitx", "ibus"),
        ("QT_IM_MODULE", "uim", "ibus"),
        ("QT_IM_MODULES", "wayland;fcitx", "wayland;fcitx;ibus"),
        ("QT_IM_MODULES", "fcitx", "fcitx;ibus"),
    ],
)
def test_what_has_no_plugin_gives_way_to_ibus(setting: str, named: str, used: str) -> None:
    environment = {setting: named}
    assert choose_input_method(environment, WHEEL) == InputMethodChoice(named, used)
    assert environment == {setting: used}


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"QT_IM_MODULE": ""},
        {"QT_IM_MODULE": "ibus"},
        {"QT_IM_MODULE": "IBus"},
        {"QT_IM_MODULE": "xim"},
        {"QT_IM_MODULE": "none"},
        {"QT_IM_MODULES": "wayland; fcitx; ibus"},
        {"QT_IM_MODULES": "ibus", "QT_IM_MODULE": "fcitx"},
    ],
)
def test_what_can_be_had_or_is_not_wanted_stays(environment: dict[str, str]) -> None:
    before = dict(environment)
    assert not choose_input_method(environment, WHEEL).replaced
    assert environment == before


@pytest.fixture(autouse=True)
def _daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer with ibus, whatever this one has."""
    program = tmp_path / "ibus-daemon"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.parametrize(
    ("setting", "named"),
    [("QT_IM_MODULE", "fcitx"), ("QT_IM_MODULE", "ibus"), ("QT_IM_MODULES", "wayland;fcitx")],
)
def test_without_the_daemon_it_is_asked_through_the_session_bus(
    setting: str, named: str, tmp_path: Path
) -> None:
    (empty := tmp_path / "empty").mkdir()
    environment = {setting: named, "PATH": str(empty)}
    choose_input_method(environment, WHEEL)
    assert environment["IBUS_USE_PORTAL"] == "1"


def test_what_is_no_ibus_needs_no_way_to_it(tmp_path: Path) -> None:
    (empty := tmp_path / "empty").mkdir()
    for environment in ({"QT_IM_MODULE": "xim"}, {}, {"QT_IM_MODULE": "none"}):
        choose_input_method(given := environment | {"PATH": str(empty)}, WHEEL)
        assert "IBUS_USE_PORTAL" not in given


def test_a_qt_with_fcitx_of_its_own_uses_it() -> None:
    environment = {"QT_IM_MODULE": "fcitx"}
    assert not choose_input_method(environment, WHEEL | {"fcitx", "fcitx5"}).replaced
    assert environment == {"QT_IM_MODULE": "fcitx"}


def test_nothing_is_named_that_is_not_there_either() -> None:
    environment = {"QT_IM_MODULE": "fcitx"}
    assert not choose_input_method(environment, frozenset({"compose"})).replaced
    assert environment == {"QT_IM_MODULE": "fcitx"}


def test_the_compositor_s_own_is_kept_and_ibus_stands_behind_it() -> None:
    environment = {"QT_IM_MODULE": "wayland"}
    assert choose_input_method(environment, WHEEL) == InputMethodChoice("wayland", "wayland;ibus")
    assert environment == {"QT_IM_MODULE": "wayland", "QT_IM_MODULES": "wayland;ibus"}


def test_the_list_counts_before_the_single_name() -> None:
    environment = {"QT_IM_MODULES": "fcitx", "QT_IM_MODULE": "ibus"}
    assert choose_input_method(environment, WHEEL) == InputMethodChoice("fcitx", "fcitx;ibus")


def test_the_installed_qt_is_asked_by_its_plugins() -> None:
    """Of the Qt that runs this test: without ibus in it nobody could type Chinese on Linux."""
    assert "ibus" in installed_input_methods()
