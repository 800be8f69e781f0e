"""设置: each section does what it says, through the services' doubles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLabel, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from client.core.tokens.rows import PinState
from client.ui.base.window_state import WindowState
from client.ui.meetings.services import DeviceKind
from client.ui.settings.about import AboutSection
from client.ui.settings.appearance import AppearanceSection
from client.ui.settings.choices import (
    chosen_detail,
    chosen_idle_minutes,
)
from client.ui.settings.desktop import DesktopSection
from client.ui.settings.locking import LockingSection
from client.ui.settings.own_devices import OwnDevicesSection
from client.ui.settings.page import SettingsPage
from client.ui.settings.passphrase import PassphraseSection
from client.ui.settings.section import Section
from client.ui.settings.sound_and_picture import SoundAndPictureSection
from client.ui.settings.token_card import TokenCard
from client.ui.widgets.confirm import ConfirmPopover
from client.ui.widgets.panes import ScrollPane
from tests.support.page_walk import settle, walk
from tests.ui.document_hands import button, by_name, press
from tests.ui.finding import inside
from tests.ui.login_double import AtOnce
from tests.ui.meetings_double import DevicesDouble
from tests.ui.settings_double import (
    CODE,
    RIGHT,
    UKEY,
    OwnDevicesDouble,
    SealsDouble,
    SecretsDouble,
    settings_services,
)
from tests.ui.test_login_pages import fill

NEW = "four rivers 2026"


def shown(page: QWidget) -> str:
    """All that can be read on it."""
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())


def answer_yes(page: QWidget, name: str) -> None:
    question = inside(page.window(), ConfirmPopover)
    press(button(question, name))
    settle()


# UKey


def token_card(passphrase: PassphraseSection) -> TokenCard:
    return passphrase._token


def test_a_token_is_registered_with_pin_and_passphrase_and_nothing_typed_stays(
    passphrase: PassphraseSection, secrets: SecretsDouble
) -> None:
    card = token_card(passphrase)
    assert "没有登记 UKey" in shown(card)
    press(button(card, "查找 UKey"))
    settle()
    fill(card, "UKey 的 PIN", "654321")
    fill(card, "您的口令", RIGHT)
    press(button(card, "登记 UKey"))
    settle()
    assert secrets.asked == [("发改委文书 王芳", "654321", False)]
    assert "已登记 UKey“发改委文书 王芳”" in shown(card)
    assert "UKey 已登记" in shown(passphrase)
    assert (card._finder.pin._entry.text(), card._proof.text()) == ("", "")
    press(button(card, "移除 UKey"))
    answer_yes(passphrase, "移除 UKey")
    assert not secrets.has_token_slot
    assert "UKey 已移除" in shown(passphrase)
    assert button(card, "查找 UKey").isVisible()


def test_what_is_wrong_with_a_registration_is_said_at_its_field_and_the_last_try_is_asked_for(
    passphrase: PassphraseSection, secrets: SecretsDouble
) -> None:
    card = token_card(passphrase)
    press(button(card, "查找 UKey"))
    settle()
    press(button(card, "登记 UKey"))
    settle()
    assert card._finder.pin.error == "请输入 UKey 的 PIN。"
    assert card._proof_row.error == "请输入现在使用的口令。"
    fill(card, "UKey 的 PIN", "000000")
    fill(card, "您的口令", "wrong")
    press(button(card, "登记 UKey"))
    settle()
    assert "口令不对" in card._proof_row.error
    fill(card, "您的口令", RIGHT)
    press(button(card, "登记 UKey"))
    settle()
    assert "只剩一次机会" in card._finder.pin.error
    fill(card, "UKey 的 PIN", "654321")
    press(button(card, "登记 UKey"))
    settle()
    assert secrets.asked[-1] == ("发改委文书 王芳", "654321", True)


def test_no_token_and_a_bad_driver_are_told_apart(
    passphrase: PassphraseSection, secrets: SecretsDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = token_card(passphrase)
    secrets.plugged_in = ()
    press(button(card, "查找 UKey"))
    settle()
    assert "没有找到 UKey。" in shown(card)
    chosen = ["/opt/vendor/bad.so", "/opt/vendor/good.so", ""]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (chosen.pop(0), ""))
    press(button(card, "选择驱动文件…"))
    settle()
    assert "bad.so" in shown(passphrase)
    press(button(card, "选择驱动文件…"))
    settle()
    assert "通过这个驱动没有找到" in shown(card)
    press(button(card, "选择驱动文件…"))
    settle()
    assert not chosen


def test_every_state_of_the_token_card_is_well_drawn(qtbot: QtBot) -> None:
    def section(state: str) -> PassphraseSection:
        secrets = SecretsDouble()
        secrets.token_label = "发改委文书 王芳" if state == "registered" else ""
        secrets.plugged_in = (replace(UKEY, pin=PinState.LAST_TRY), UKEY)
        made = PassphraseSection(secrets, AtOnce())
        if state == "found":
            made._token._finder._find.click()
        made.show()
        bar = inside(made, ScrollPane).verticalScrollBar()
        bar.rangeChanged.connect(lambda _least, most: bar.setValue(most))
        return made

    for state in ("none", "found", "registered"):
        walk(lambda state=state: section(state), f"settings_token_{state}")  # type: ignore[misc]


# 口令


@pytest.fixture
def secrets() -> SecretsDouble:
    return SecretsDouble()


@pytest.fixture
def passphrase(qtbot: QtBot, secrets: SecretsDouble) -> PassphraseSection:
    section = PassphraseSection(secrets, AtOnce())
    qtbot.addWidget(section)
    section.show()
    return section


def test_a_passphrase_is_changed_and_nothing_typed_stays(
    passphrase: PassphraseSection, secrets: SecretsDouble
) -> None:
    for name, text in (("现在的口令", RIGHT), ("新口令", NEW), ("再次输入口令", NEW)):
        fill(passphrase, name, text)
    press(button(passphrase, "更改口令"))
    settle()
    assert secrets.passphrase == NEW
    assert "口令已更改。" in shown(passphrase)
    assert [entry.text() for entry in (passphrase._old, passphrase._new.first)] == ["", ""]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("", NEW, NEW), "请输入现在使用的口令。"),
        (("wrong", NEW, NEW), "口令不对。"),
        ((RIGHT, "short", "short"), "太短"),
        ((RIGHT, NEW, NEW + "x"), "两次输入的口令不一致。"),
    ],
)
def test_what_is_wrong_with_a_change_is_said_at_its_field(
    passphrase: PassphraseSection, secrets: SecretsDouble, typed: tuple[str, str, str], said: str
) -> None:
    for name, text in zip(("现在的口令", "新口令", "再次输入口令"), typed, strict=True):
        fill(passphrase, name, text)
    press(button(passphrase, "更改口令"))
    settle()
    assert secrets.passphrase == RIGHT
    assert said in shown(passphrase)


def test_the_keyring_is_given_a_key_only_by_who_knows_the_passphrase(
    passphrase: PassphraseSection, secrets: SecretsDouble
) -> None:
    fill(passphrase, "您的口令", "wrong")
    press(button(passphrase, "开启自动解锁"))
    settle()
    assert not secrets.has_keyring_slot
    assert "口令不对。" in shown(passphrase)
    fill(passphrase, "您的口令", RIGHT)
    press(button(passphrase, "开启自动解锁"))
    settle()
    assert secrets.has_keyring_slot
    assert "已开启" in shown(passphrase)
    press(button(passphrase, "恢复为每次输入口令"))
    settle()
    assert not secrets.has_keyring_slot


def test_without_a_keyring_none_is_offered(qtbot: QtBot) -> None:
    section = PassphraseSection(SecretsDouble(keyring_available=False), AtOnce())
    qtbot.addWidget(section)
    section.show()
    assert "本机没有可用的系统密钥环。" in shown(section)
    assert not button(section, "开启自动解锁").isVisible()


# 我的设备


def devices_of(qtbot: QtBot, own: OwnDevicesDouble) -> OwnDevicesSection:
    section = OwnDevicesSection(own, SealsDouble(), AtOnce(), "https://10.0.0.1:8443")
    qtbot.addWidget(section)
    section.resize(900, 900)
    section.show()
    section.refresh()
    settle()
    return section


def test_a_further_device_is_let_in_after_its_check_code_was_read(qtbot: QtBot) -> None:
    own = OwnDevicesDouble()
    section = devices_of(qtbot, own)
    assert "核对码 c01d 8e55 9a3b 12f7" in shown(section)
    press(button(section, "同意王芳 · 出差用笔记本"))
    settle()
    assert own.done == []
    answer_yes(section, "同意")
    assert own.done == ["dev_b"]
    assert "有设备等待您同意" not in shown(section)


def test_how_a_device_is_added_is_said_with_the_servers_address(qtbot: QtBot) -> None:
    section = devices_of(qtbot, OwnDevicesDouble())
    assert "https://10.0.0.1:8443" not in shown(section)
    press(button(section, "添加设备"))
    settle()
    assert "https://10.0.0.1:8443" in shown(section)


def test_keys_that_are_here_are_not_asked_for(qtbot: QtBot) -> None:
    assert "您的密钥还不在本机" not in shown(devices_of(qtbot, OwnDevicesDouble()))


def test_the_recovery_code_brings_the_keys(qtbot: QtBot) -> None:
    own = OwnDevicesDouble(recoverable=True)
    section = devices_of(qtbot, own)
    assert "您的密钥还不在本机" in shown(section)
    assert not button(section, "恢复码也丢失了").isVisible()
    fill(section, "恢复码", "wrong")
    press(button(section, "取回我的密钥"))
    settle()
    assert "恢复码不对。" in shown(section)
    fill(section, "恢复码", CODE)
    press(button(section, "取回我的密钥"))
    settle()
    assert own.done == ["recovered"]
    assert "您的密钥还不在本机" not in shown(section)
    assert section._code.text() == ""


def test_a_new_key_takes_a_second_word(qtbot: QtBot) -> None:
    own = OwnDevicesDouble(recoverable=True, may_start_anew=True)
    section = devices_of(qtbot, own)
    press(button(section, "恢复码也丢失了"))
    settle()
    assert own.done == []
    answer_yes(section, "改用新密钥")
    assert own.done == ["started anew"]


# 自动锁定


def test_when_it_locks_is_chosen_and_kept(qtbot: QtBot, state: WindowState) -> None:
    section = LockingSection(state, True)
    qtbot.addWidget(section)
    assert chosen_idle_minutes(state) == 15
    for words, minutes in (("5 分钟后", 5), ("不自动锁定", 0)):
        by_name(section, QRadioButton, words).click()
        assert chosen_idle_minutes(state) == minutes
    state.set_value("idle_minutes", "7")
    assert chosen_idle_minutes(state) == 15


# 音视频


def test_devices_are_chosen_and_open_only_while_tried(qtbot: QtBot, state: WindowState) -> None:
    devices = DevicesDouble()
    services = settings_services(state, devices=devices)
    section = SoundAndPictureSection(devices, services.device_choice)
    qtbot.addWidget(section)
    section.show()
    assert devices.in_use() == []
    press(button(section, "试麦克风"))
    assert len(devices.in_use()) == 1
    press(button(section, "停止试用"))
    assert devices.in_use() == []
    press(button(section, "试听"))
    press(button(section, "试麦克风"))
    assert len(devices.in_use()) == 2
    section.hide()
    assert devices.in_use() == []
    assert devices.listeners == []
    section.show()
    by_name(section, QCheckBox, "入会时打开麦克风").setChecked(True)
    assert services.device_choice.on(DeviceKind.MICROPHONE)
    last = devices.rows(DeviceKind.MICROPHONE)[-1]
    field = section._fields[DeviceKind.MICROPHONE].field
    field.setCurrentIndex(field.count() - 1)
    assert services.device_choice.device(DeviceKind.MICROPHONE) in ("", last.id)


# 关于


def test_what_a_help_desk_asks_for_can_be_copied(qtbot: QtBot, state: WindowState) -> None:
    services = settings_services(state)
    told: list[bool] = []
    section = AboutSection(
        replace(services.about, set_detailed=told.append),
        services.own_devices,
        services.checks,
        services.updates,
        AtOnce(),
        state,
    )
    qtbot.addWidget(section)
    section.show()
    section.refresh()
    settle()
    press(button(section, "复制以上信息"))
    copied = QGuiApplication.clipboard().text()
    for words in ("版本: 0.1.0", "https://10.20.30.40:8443", "ab12cd34 ab12cd34", "3f9a 01c2 77de 40b8"):
        assert words in copied
    by_name(section, QCheckBox, "记录详细日志（排查故障时使用）").click()
    assert told == [True]
    assert chosen_detail(state)


# The page


def test_each_section_is_reached_from_the_list(qtbot: QtBot, state: WindowState) -> None:
    page = SettingsPage(settings_services(state), AtOnce(), state)
    qtbot.addWidget(page)
    page.show()
    assert inside(page, AppearanceSection).isVisible()
    for name, kind in (
        ("口令", PassphraseSection),
        ("自动锁定", LockingSection),
        ("桌面", DesktopSection),
        ("我的设备", OwnDevicesSection),
        ("音视频", SoundAndPictureSection),
        ("关于锦书", AboutSection),
    ):
        QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)
        assert inside(page, kind).isVisible()


def _sections(state: WindowState) -> dict[str, Callable[[], Section]]:
    services = settings_services(state)
    recovering = OwnDevicesDouble(recoverable=True, may_start_anew=True)

    def devices() -> Section:
        section = OwnDevicesSection(recovering, services.seals, AtOnce(), "https://10.0.0.1:8443")
        section.refresh()
        section._on_add()
        return section

    def about() -> Section:
        section = AboutSection(
            services.about, services.own_devices, services.checks, services.updates, AtOnce(), state
        )
        section.refresh()
        return section

    return {
        "passphrase": lambda: PassphraseSection(SecretsDouble(), AtOnce()),
        "locking": lambda: LockingSection(state, True),
        "own_devices": devices,
        "sound_and_picture": lambda: SoundAndPictureSection(services.devices, services.device_choice),
        "about": about,
    }


@pytest.mark.parametrize(
    "name",
    [
        "passphrase",
        "locking",
        "own_devices",
        "sound_and_picture",
        "about",
    ],
)
def test_every_section_is_well_drawn(name: str, tmp_path: Path, qtbot: QtBot) -> None:
    walk(_sections(WindowState(tmp_path / "window.ini"))[name], f"settings_{name}")
