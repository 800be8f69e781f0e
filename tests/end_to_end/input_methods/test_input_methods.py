"""Chinese is typed as officials type it: by real keys, through real ibus and real fcitx 5, into the real window."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from client.core.log import FILE
from tests.end_to_end.input_methods.desk_window import DeskWindow, Written
from tests.end_to_end.input_methods.engines import (
    CHINESE,
    FCITX,
    IBUS,
    NEEDED,
    PINYIN,
    Engine,
    missing_packages,
)
from tests.end_to_end.input_methods.seat import Area, Seat
from tests.end_to_end.processes import ROOT, ask_hands
from tests.support.waiting import until_seen
from tests.ui.messaging_double import LONG

DEVICE: Final = "设备名称"
MESSAGE: Final = "输入消息"
OPINION: Final = "意见"
TITLE: Final = "标题"
NOTE: Final = "附注"
PASSPHRASE: Final = "现在的口令"


def _can_be_installed() -> bool:
    """Whether packaging/setup.sh, which `make test` runs first, installs what is missing: then nothing may be missing here."""
    return os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get") is not None


@dataclass(frozen=True)
class Desk:
    """An engine, and a window typed into through it."""

    engine: Engine
    seat: Seat
    window: DeskWindow


@pytest.fixture(scope="module", params=[IBUS, FCITX], ids=lambda engine: engine.name)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    missing = missing_packages()
    if missing:
        words = f"no real input method: apt-get install {' '.join(missing)}"
        if _can_be_installed():
            pytest.fail(words)
        pytest.skip(words)
    engine: Engine = request.param
    seat = Seat(tmp_path_factory.mktemp(engine.name))
    try:
        seat.open()
        engine.start(seat)
        yield Desk(engine, seat, DeskWindow(seat, engine))
    finally:
        seat.close()


@pytest.fixture
def window(desk: Desk) -> DeskWindow:
    return desk.window


@pytest.fixture
def talk(window: DeskWindow) -> str:
    """A new conversation, with the caret where one writes."""
    name = window.new_conversation()
    window.notify(name)
    window.enter(MESSAGE)
    return name


@pytest.fixture
def _document(window: DeskWindow) -> None:
    """A document to be vetted, with the caret where one's opinion goes."""
    window.do("document")
    window.enter(OPINION)


@pytest.fixture
def _draft(window: DeskWindow) -> None:
    """A new draft, with the caret in its title."""
    window.do("draft")
    window.enter(TITLE)


def test_setup_installs_what_is_needed() -> None:
    script = (ROOT / "packaging" / "setup.sh").read_text(encoding="utf-8")
    [listed] = re.findall(r"^packages=\((.*?)\)", script, re.DOTALL | re.MULTILINE)
    assert set(NEEDED) - set(listed.split()) == set()


def test_the_program_talks_to_what_the_desktop_has(desk: Desk) -> None:
    """Where it names fcitx, of which this Qt has no plugin, too."""
    assert desk.window.input_method == (desk.engine.module, "ibus")


@pytest.mark.parametrize("desk", [FCITX], ids=lambda engine: engine.name, indirect=True)
def test_the_whole_client_is_typed_into_and_its_log_says_what_it_uses(desk: Desk, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.end_to_end.client_process", "--profile", str(tmp_path)]
    client = desk.seat.start("client", command, QT_IM_MODULE=desk.engine.module)
    try:
        device = Area(*ask_hands(client, "client", "place", DEVICE))
        desk.seat.focus(desk.seat.window_of(client))
        desk.seat.click(device)
        desk.seat.press("ctrl+a", *PINYIN, "space")
        until_seen(lambda: ask_hands(client, "client", "read", DEVICE) == CHINESE)
    finally:
        desk.seat.stop(client)
        desk.window.take_keyboard()
    log = (tmp_path / "log" / FILE).read_text(encoding="utf-8")
    assert "no plugin for the input method 'fcitx': 'ibus' is used" in log


# What is chosen


def test_a_message_is_written(window: DeskWindow, talk: str) -> None:
    window.write(MESSAGE)
    window.write(MESSAGE)
    window.click("发送")
    until_seen(lambda: bool(window.sent(talk)))
    assert window.sent(talk) == [CHINESE * 2]


@pytest.mark.usefixtures("_document")
def test_an_opinion_is_written(window: DeskWindow) -> None:
    window.write(OPINION)
    assert window.written(OPINION) == Written(CHINESE, "")


@pytest.mark.usefixtures("_draft")
def test_a_title_is_written(window: DeskWindow) -> None:
    window.write(TITLE)
    assert window.written(TITLE) == Written(CHINESE, "")


# Keys that are the engine's first


def test_enter_ends_the_composing_and_only_the_next_one_sends(desk: Desk, talk: str) -> None:
    window = desk.window
    desk.seat.press(*PINYIN, "Return")
    window.until(MESSAGE, PINYIN)
    assert window.sent(talk) == []
    desk.seat.press("Return")
    window.until(MESSAGE, "")
    assert window.sent(talk) == [PINYIN]


@pytest.mark.usefixtures("talk")
def test_escape_gives_it_up_and_leaves_the_conversation_open(desk: Desk) -> None:
    window = desk.window
    window.write(MESSAGE)
    window.compose(MESSAGE)
    desk.seat.press("Escape")
    window.until(MESSAGE, CHINESE)
    window.write(MESSAGE)
    assert window.written(MESSAGE) == Written(CHINESE * 2, "")


@pytest.mark.usefixtures("talk")
def test_backspace_takes_back_pinyin_before_it_takes_text(desk: Desk) -> None:
    window = desk.window
    window.write(MESSAGE)
    window.compose(MESSAGE)
    desk.seat.press(*["BackSpace"] * len(PINYIN))
    window.until(MESSAGE, CHINESE)
    desk.seat.press("BackSpace")
    window.until(MESSAGE, CHINESE[:1])


# What is composed and not chosen yet. Each test goes on writing: whatever was still on its way would come before.


def test_a_conversation_opened_by_a_notification_gets_nothing_of_it(desk: Desk, talk: str) -> None:
    window = desk.window
    other = window.new_conversation()
    window.compose(MESSAGE)
    window.notify(other)
    assert window.written(MESSAGE) == Written("", "")
    window.do("focus", MESSAGE)
    window.write(MESSAGE)
    assert window.written(MESSAGE) == Written(CHINESE, "")
    window.notify(talk)
    assert window.written(MESSAGE) == Written(desk.engine.shown, "")
    assert (window.drafts[talk], window.drafts[other]) == (desk.engine.shown, CHINESE)


def test_a_click_on_another_conversation_leaves_it_where_it_was(desk: Desk, talk: str) -> None:
    window = desk.window
    before = window.drafts[LONG]
    window.compose(MESSAGE)
    window.click("会话列表", text="全市政务值班群")
    window.until(MESSAGE, before)
    assert window.drafts[talk] == desk.engine.shown
    window.enter(MESSAGE)
    window.write(MESSAGE)
    assert window.written(MESSAGE) == Written(before + CHINESE, "")


def test_send_by_mouse_takes_it_along(desk: Desk, talk: str) -> None:
    window = desk.window
    window.compose(MESSAGE)
    window.click("发送")
    until_seen(lambda: bool(window.sent(talk)))
    window.write(MESSAGE)
    assert window.sent(talk) == [desk.engine.shown]
    assert window.written(MESSAGE) == Written(CHINESE, "")


@pytest.mark.usefixtures("talk")
def test_another_window_that_takes_the_keyboard_leaves_it_where_it_was(desk: Desk) -> None:
    window = desk.window
    window.compose(MESSAGE)
    desk.seat.leave()
    window.until(MESSAGE, desk.engine.shown)
    window.take_keyboard()
    window.write(MESSAGE)
    assert window.written(MESSAGE) == Written(desk.engine.shown + CHINESE, "")


@pytest.mark.usefixtures("_document")
def test_an_act_by_mouse_takes_the_opinion_with_it(desk: Desk) -> None:
    window = desk.window
    before = len(window.opinions)
    window.compose(OPINION)
    window.click("审核通过")
    until_seen(lambda: len(window.opinions) > before)
    assert window.opinions[before:] == [desk.engine.shown]


@pytest.mark.usefixtures("_draft")
def test_a_click_into_another_field_leaves_it_where_it_was(desk: Desk) -> None:
    window = desk.window
    window.compose(TITLE)
    window.enter(NOTE)
    window.write(NOTE)
    assert window.written(TITLE) == Written(desk.engine.shown, "")
    assert window.written(NOTE) == Written(CHINESE, "")


# What the engine shows


@pytest.mark.parametrize(("page", "field"), [("talk", MESSAGE), ("_document", OPINION), ("_draft", TITLE)])
def test_the_candidates_stand_beside_the_line_and_cover_nothing_of_it(
    request: pytest.FixtureRequest, desk: Desk, page: str, field: str
) -> None:
    request.getfixturevalue(page)
    desk.window.compose(field)
    line = desk.window.line(field)
    assert desk.window.caret(field) == line
    desk.seat.until(lambda: any(each.beside(line) for each in desk.engine.chooser(desk.seat)))


def test_a_passphrase_goes_through_no_engine_while_it_is_hidden(desk: Desk) -> None:
    """Its candidates would be read by who stands behind, and it would be another passphrase."""
    window = desk.window
    window.do("settings")
    window.click("口令")
    window.enter(PASSPHRASE)
    desk.seat.press(*PINYIN, "space")
    until_seen(lambda: window.read(PASSPHRASE)[-1:] in (" ", CHINESE[-1]))
    assert window.read(PASSPHRASE) == f"{PINYIN} "
    window.click(f"显示{PASSPHRASE}")
    window.enter(PASSPHRASE)
    desk.seat.press(*PINYIN, "space")
    until_seen(lambda: window.read(PASSPHRASE) == f"{PINYIN} {CHINESE}")
