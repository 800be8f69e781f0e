"""我保管的印章: where a seal's key lies, and asking for a certificate of one elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from client.documents.rows import SealRow, SealStanding
from client.ui.settings.own_devices import OwnDevicesSection
from client.ui.settings.seal_card import SealCard
from tests.support.page_walk import settle, walk
from tests.ui.document_hands import button, press
from tests.ui.login_double import AtOnce
from tests.ui.settings_double import UKEY, OwnDevicesDouble, SealsDouble
from tests.ui.test_login_pages import fill
from tests.ui.test_settings import shown

SEAL = SealRow("sel_1", "市发改委印章", "市发展和改革委员会", SealStanding.READY)


def devices_of(qtbot: QtBot, seals: SealsDouble) -> OwnDevicesSection:
    section = OwnDevicesSection(OwnDevicesDouble(), seals, AtOnce(), "https://10.0.0.1:8443")
    qtbot.addWidget(section)
    section.resize(900, 900)
    section.show()
    section.refresh()
    settle()
    return section


def seal_card(section: OwnDevicesSection) -> SealCard:
    return section._seals


def test_who_keeps_no_seal_is_told_of_none(qtbot: QtBot) -> None:
    section = devices_of(qtbot, SealsDouble())
    assert "我保管的印章" not in shown(section)


def test_a_keeper_asks_for_a_certificate_of_a_key_in_a_ukey(qtbot: QtBot) -> None:
    seals = SealsDouble(SEAL)
    section = devices_of(qtbot, seals)
    card = seal_card(section)
    assert "市发展和改革委员会 · 密钥在本机" in shown(card)
    press(button(card, "重新申请证书"))
    by_words(card, QRadioButton, "UKey").click()
    press(button(card, "查找 UKey"))
    settle()
    press(button(card, "生成密钥并申请"))
    assert card._finder.pin.error == "请输入 UKey 的 PIN。"
    fill(card, "UKey 的 PIN", "000000")
    press(button(card, "生成密钥并申请"))
    settle()
    assert "只剩一次机会" in card._finder.pin.error
    fill(card, "UKey 的 PIN", "654321")
    press(button(card, "生成密钥并申请"))
    settle()
    assert seals.asked == [
        ("sel_1", "发改委文书 王芳", "000000", False),
        ("sel_1", "发改委文书 王芳", "654321", True),
    ]
    assert "已申请证书" in shown(section)
    assert "已申请改用 UKey“发改委文书 王芳”内的密钥，等待签发" in shown(card)
    assert not button(card, "生成密钥并申请").isVisible()
    assert card._finder.pin._entry.text() == ""


def test_a_keeper_asks_for_a_certificate_of_a_key_on_this_computer(qtbot: QtBot) -> None:
    other = replace(SEAL, id="sel_2", name="市应急局印章", token="旧 UKey")
    seals = SealsDouble(SEAL, other)
    card = seal_card(devices_of(qtbot, seals))
    assert "密钥在 UKey“旧 UKey”内" in shown(card)
    press(button(card, "重新申请证书"))
    card._which.setCurrentIndex(1)
    press(button(card, "申请证书"))
    settle()
    assert seals.asked == [("sel_2",)]
    assert "已为本机的密钥申请证书，等待签发" in shown(card)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (replace(SEAL, standing=SealStanding.NONE), "本机没有它的密钥，请重新申请证书"),
        (replace(SEAL, standing=SealStanding.WAITING), "已为本机的密钥申请证书，等待签发"),
        (replace(SEAL, refused=True), "密钥在本机 · 上次申请未获签发"),
    ],
)
def test_how_far_a_seal_has_got_is_said(qtbot: QtBot, row: SealRow, words: str) -> None:
    assert words in shown(seal_card(devices_of(qtbot, SealsDouble(row))))


def test_every_state_of_the_card_of_seals_is_well_drawn(qtbot: QtBot) -> None:
    def section(in_token: bool) -> OwnDevicesSection:
        moving = replace(SEAL, standing=SealStanding.MOVING, asked_token=UKEY.name.label)
        made = OwnDevicesSection(
            OwnDevicesDouble(), SealsDouble(SEAL, moving), AtOnce(), "https://10.0.0.1:8443"
        )
        made.refresh()
        made._seals._begin.click()
        if in_token:
            by_words(made, QRadioButton, "UKey", "In a UKey").click()
            made._seals._finder._find.click()
        return made

    for in_token in (False, True):
        walk(lambda in_token=in_token: section(in_token), f"settings_seals_{in_token}")  # type: ignore[misc]


def by_words(page: QWidget, kind: type[QRadioButton], *words: str) -> QRadioButton:
    """The button with one of these texts; a walk draws the page in both languages."""
    return next(each for each in page.findChildren(kind) if each.text() in words)
