"""A headset is pulled out of a running meeting and plugged in again: sound goes on, and it is said through what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from client.ui.meetings.attending import Attending
from client.ui.meetings.devices.choice import DeviceChoice
from client.ui.meetings.gear import Prepared
from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow
from tests.support.page_walk import settle
from tests.ui.login_double import AtOnce
from tests.ui.meeting_hands import discard_pages
from tests.ui.meetings_double import DISPATCH, DevicesDouble, MeetingsDouble

MIC, OUT, CAMERA = DeviceKind.MICROPHONE, DeviceKind.LOUDSPEAKER, DeviceKind.CAMERA
BUILT_IN_MIC, HEAD_MIC = DeviceRow("mic_built", "内置麦克风"), DeviceRow("mic_head", "耳麦")
BUILT_IN_OUT, HEAD_OUT = DeviceRow("out_built", "内置扬声器"), DeviceRow("out_head", "耳机")


class Desk:
    """Somebody in a meeting with a headset, which he chose."""

    def __init__(self, *, chosen: bool = True) -> None:
        self.devices = DevicesDouble(
            {
                MIC: (BUILT_IN_MIC, HEAD_MIC),
                OUT: (BUILT_IN_OUT, HEAD_OUT),
                CAMERA: (DeviceRow("cam_1", "集成摄像头"), DeviceRow("cam_2", "外接摄像头")),
            }
        )
        self.meetings = MeetingsDouble()
        choice = DeviceChoice(None)
        if chosen:
            choice.choose(MIC, HEAD_MIC.id)
            choice.choose(OUT, HEAD_OUT.id)
        self.attending = Attending(self.meetings, self.devices, choice, AtOnce())
        self.said: list[tuple[str, str]] = []
        self.attending.said.connect(lambda notice: self.said.append((notice.what, notice.do)))

    def go_in(self) -> None:
        microphone = self.devices.open_microphone(self.attending.device_in_use(MIC))
        loudspeaker = self.devices.open_loudspeaker(self.attending.device_in_use(OUT))
        self.attending.join(DISPATCH, Prepared(microphone, None, loudspeaker, True, False))
        settle()

    def unplug(self) -> None:
        self.devices.plug(MIC, BUILT_IN_MIC)
        self.devices.plug(OUT, BUILT_IN_OUT)
        settle()

    def plug_in(self) -> None:
        self.devices.plug(MIC, BUILT_IN_MIC, HEAD_MIC)
        self.devices.plug(OUT, BUILT_IN_OUT, HEAD_OUT)
        settle()

    def spoken_through(self) -> list[str]:
        """Ids of the microphones the meeting was given, in order."""
        first = self.meetings.sources["microphone"]
        changed = [act[1] for act in self.meetings.said("change_microphone")]
        return [source.id for source in (first, *changed)]  # type: ignore[attr-defined]


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk()
    made.go_in()
    yield made
    made.attending.leave()
    made.attending.deleteLater()
    discard_pages()
    settle()


def test_what_the_system_prefers_takes_the_place_of_a_headset_until_it_is_back(desk: Desk) -> None:
    assert desk.devices.in_use() == ["mic_head", "out_head"]
    desk.unplug()
    assert desk.devices.in_use() == ["mic_built", "out_built"]
    desk.plug_in()
    assert desk.devices.in_use() == ["mic_head", "out_head"]
    assert desk.spoken_through() == ["mic_head", "mic_built", "mic_head"]
    assert desk.attending.microphone.wanted
    assert not desk.meetings.said("stop_microphone")


def test_both_changes_are_said_in_one_notice_by_name(desk: Desk) -> None:
    desk.unplug()
    assert desk.said[-1] == (
        "麦克风、扬声器已断开",
        "已改用麦克风“内置麦克风”；扬声器“内置扬声器”。重新接入后将自动切换回来。",
    )
    desk.plug_in()
    assert desk.said[-1] == ("已切换麦克风、扬声器", "现在使用麦克风“耳麦”；扬声器“耳机”。")


def test_a_device_that_fails_is_not_tried_again_before_it_was_away(desk: Desk) -> None:
    next(opened for opened in desk.devices.opened if opened.id == "out_head").fail(DeviceFault.FAILED)
    settle()
    assert "out_built" in desk.devices.in_use()
    # Something else is plugged in: what failed is still there, and still broken.
    desk.devices.plug(CAMERA)
    assert "out_head" not in desk.devices.in_use()
    assert desk.attending.device_in_use(OUT) == "out_built"
    desk.unplug()
    desk.plug_in()
    assert "out_head" in desk.devices.in_use()


def test_a_choice_in_the_meeting_overrules_what_failed(desk: Desk) -> None:
    desk.devices.opened[1].fail(DeviceFault.FAILED)
    desk.attending.use_device(OUT, "out_head")
    assert desk.devices.in_use() == ["mic_head", "out_head"]


def test_with_nothing_in_its_place_one_is_silent_and_stays_so_until_one_speaks_again(desk: Desk) -> None:
    desk.devices.plug(MIC)
    desk.devices.plug(OUT)
    settle()
    assert desk.devices.in_use() == []
    assert desk.said[-2:] == [
        ("麦克风已断开", "会议继续进行，请重新接入或选择其他设备。"),
        ("扬声器已断开", "会议继续进行，请重新接入或选择其他设备。"),
    ]
    assert not desk.attending.microphone.wanted
    desk.plug_in()
    assert desk.devices.in_use() == ["mic_head", "out_head"]
    # Who was heard no more talks to his neighbour: he is heard again when he says so.
    assert not desk.attending.microphone.wanted
    desk.attending.microphone.want(True)
    assert desk.meetings.said("start_microphone")


def test_whoever_is_muted_stays_so_when_his_device_changes(desk: Desk) -> None:
    desk.attending.microphone.want(False)
    desk.unplug()
    assert desk.devices.in_use() == ["mic_built", "out_built"]
    assert not desk.attending.microphone.wanted
    assert not desk.meetings.said("change_microphone")


def test_a_camera_is_not_replaced_by_another_one(desk: Desk) -> None:
    desk.attending.use_device(CAMERA, "cam_2")
    desk.attending.camera.want(True)
    assert "cam_2" in desk.devices.in_use()
    desk.devices.plug(CAMERA, DeviceRow("cam_1", "集成摄像头"))
    settle()
    assert not {"cam_1", "cam_2"} & set(desk.devices.in_use())
    assert not desk.attending.camera.wanted
    assert desk.said[-1][0] == "摄像头已断开"


def test_without_a_choice_the_one_the_system_prefers_now_is_used(qtbot: QtBot) -> None:
    desk = Desk(chosen=False)
    desk.go_in()
    assert desk.devices.in_use() == ["mic_built", "out_built"]
    desk.devices.plug(MIC, HEAD_MIC, BUILT_IN_MIC)
    settle()
    assert desk.devices.in_use() == ["out_built", "mic_head"]
    desk.attending.leave()
    desk.attending.deleteLater()


def test_outside_a_meeting_nothing_is_opened_by_plugging_in(desk: Desk) -> None:
    desk.attending.leave()
    desk.unplug()
    desk.plug_in()
    assert desk.devices.in_use() == []
    assert desk.devices.listeners == []
