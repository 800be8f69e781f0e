"""Written doubles of meetings and devices: rows one can move, pictures one can put, devices one can pull out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from client.meetings.rows import (
    LiveRow,
    LiveState,
    MeetingRow,
    MeetingStanding,
    ParticipantRow,
    Seal,
    TileRow,
)
from client.ui.meetings.services import DeviceFault, DeviceKind, DeviceRow, Picture
from protocol.errors import ErrorCode, JinshuError
from tests.ui.messaging_double import DAY, GROUP, LONG, ME, MINUTE, NOW, PEOPLE

HOUR = 60 * MINUTE
DISPATCH, WEEKLY, OLD = "mtg_dispatch", "mtg_weekly", "mtg_old"
MEETINGS = (
    MeetingRow(
        DISPATCH,
        GROUP,
        "农村公路养护征求意见",
        "周正",
        NOW - 10 * MINUTE,
        NOW + 50 * MINUTE,
        MeetingStanding.NOW,
        True,
        4,
    ),
    MeetingRow(
        WEEKLY,
        LONG,
        "全市重点项目调度与冬季农村公路安全保畅工作视频会商",
        "李强",
        NOW + DAY,
        NOW + DAY + 90 * MINUTE,
        MeetingStanding.COMING,
        False,
        86,
    ),
    MeetingRow(
        OLD,
        GROUP,
        "农村公路养护征求意见",
        "王芳",
        NOW - 3 * DAY,
        NOW - 3 * DAY + HOUR,
        MeetingStanding.OVER,
        False,
        4,
    ),
)
NAMES = (
    ("周正", "市发展改革委 农业科科员"),
    ("王芳", "市发展改革委 文秘科文书"),
    ("李强", "市发展改革委 办公室主任"),
    ("赵敏", "市财政局 预算科科长"),
    ("钱进", "市交通运输局 综合科科员"),
    ("阿依努尔·买买提依明", "市民族宗教事务局 政策法规科"),
    ("孙晓东", "市应急管理局 值班室"),
    ("吴越", "市气象局 预报科"),
    ("郑和平", "市公安局交警支队 指挥中心"),
    ("冯远", "市水利局 农水科"),
    ("陈一鸣", "市卫生健康委 应急办"),
    ("褚国强", "市自然资源局 耕保科"),
)
PERSONS = (ME, *(person.id for person in PEOPLE), *(f"prs_{n}" for n in range(5, len(NAMES))))


def participant(number: int, **what: object) -> ParticipantRow:
    """Number 0 is me."""
    name, post = NAMES[number]
    row = ParticipantRow(
        device=f"dev_{number}",
        person=PERSONS[number],
        name=name,
        post=post,
        me=number == 0,
        chair=number == 0,
        microphone=number % 2 == 0,
        camera=False,
        screen=False,
        hand=0,
        speaking=False,
        confirmed=True,
    )
    return replace(row, **what)  # type: ignore[arg-type]


def tile(number: int, **what: object) -> TileRow:
    """A picture of somebody, opened with his key."""
    return replace(TileRow(f"v{number}", f"dev_{number}", NAMES[number][0], False, Seal.OPEN), **what)  # type: ignore[arg-type]


def live(count: int = 4, tiles: tuple[TileRow, ...] = (), **what: object) -> LiveRow:
    """A meeting of the first `count` people, in which I am and which I chair."""
    row = LiveRow(
        meeting=DISPATCH,
        conversation=GROUP,
        title="农村公路养护征求意见",
        state=LiveState.IN,
        fault=None,
        locked=False,
        i_chair=True,
        spotlight=None,
        microphone=False,
        camera=False,
        screen=False,
        hand=False,
        joined_at=NOW - 605_000,
        participants=tuple(participant(number) for number in range(count)),
        tiles=tiles,
        speakers=(),
    )
    return replace(row, **what)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class PictureDouble:
    """One colour, with a darker head and shoulders, so that the eye sees how it was cropped."""

    pixels: memoryview
    width: int
    height: int
    stride: int


def picture(width: int = 640, height: int = 360, tint: int = 0xC8) -> PictureDouble:
    """Bytes B G R X, rows padded as decoders pad them."""
    stride = width * 4 + 64
    data = bytearray(stride * height)
    for y in range(height):
        for x in range(width):
            head = ((x - width / 2) / (height * 0.16)) ** 2 + ((y - height * 0.4) / (height * 0.2)) ** 2 < 1
            body = ((x - width / 2) / (height * 0.36)) ** 2 + ((y - height) / (height * 0.34)) ** 2 < 1
            at = y * stride + x * 4
            data[at : at + 4] = (
                b"\x60\x58\x50\xff" if head or body else bytes((tint, 0xC0, 0xB0 - tint // 8, 255))
            )
    return PictureDouble(memoryview(data), width, height, stride)


class SlotDouble:
    """A slot as the engine has it: the newest picture, told once until taken."""

    def __init__(self, first: Picture | None = None) -> None:
        self.picture = first
        self.untaken = first is not None
        self.listener: Callable[[], None] | None = None
        self.takes = 0

    def listen(self, listener: Callable[[], None] | None, /) -> None:
        self.listener = listener
        if listener is not None and self.untaken:
            listener()

    def take(self) -> Picture | None:
        self.untaken = False
        self.takes += 1
        return self.picture

    def put(self, shown: Picture | None) -> None:
        self.picture = shown
        before, self.untaken = self.untaken, True
        if self.listener is not None and not before:
            self.listener()


class MeetingsDouble:
    """Meetings in memory; `refusing` makes the next acts fail."""

    def __init__(self, rows: tuple[MeetingRow, ...] = MEETINGS) -> None:
        self.listed = {row.id: row for row in rows}
        self.now: LiveRow | None = None
        self.slots: dict[str, SlotDouble] = {}
        self.acts: list[tuple[object, ...]] = []
        self.refusing: ErrorCode | None = None
        self.enters: LiveRow | None = live()  # what joining leads to
        self.sources: dict[str, object] = {}
        self.slow: asyncio.Event | None = None  # what joining waits for

    def _act(self, *what: object) -> None:
        if self.refusing is not None:
            raise JinshuError(self.refusing)
        self.acts.append(what)

    def said(self, name: str) -> list[tuple[object, ...]]:
        """The acts of that name."""
        return [act for act in self.acts if act[0] == name]

    def _change(self, **what: object) -> None:
        if self.now is not None:
            self.now = replace(self.now, **what)  # type: ignore[arg-type]

    async def rows(self, query: str = "", /) -> tuple[MeetingRow, ...]:
        return tuple(row for row in self.listed.values() if query in row.title)

    async def prepare(self) -> None:
        """There is no engine to make ready."""

    async def call(self, conversation: str, starts_at: int, ends_at: int, /) -> str:
        self._act("call", conversation, starts_at, ends_at)
        made = f"mtg_{len(self.listed) + 1}"
        standing = MeetingStanding.NOW if starts_at <= NOW else MeetingStanding.COMING
        self.listed[made] = MeetingRow(
            made, conversation, "新的会议", "周正", starts_at, ends_at, standing, True, 3
        )
        return made

    async def join(
        self, meeting: str, /, *, microphone: object | None, camera: object | None, loudspeaker: object
    ) -> None:
        self._act("join", meeting)
        if self.slow is not None:
            await self.slow.wait()
        self.sources = {"microphone": microphone, "camera": camera, "loudspeaker": loudspeaker}
        self.now = self.enters
        self._change(meeting=meeting, microphone=microphone is not None, camera=camera is not None)

    async def leave(self) -> None:
        self._act("leave")
        self.now = None

    def live(self) -> LiveRow | None:
        return self.now

    def picture(self, mid: str, /) -> SlotDouble | None:
        return self.slots.get(mid)

    async def start_microphone(self, source: object, /) -> None:
        self._act("start_microphone", source)
        self._change(microphone=True)

    async def change_microphone(self, source: object, /) -> None:
        self._act("change_microphone", source)

    async def stop_microphone(self) -> None:
        self._act("stop_microphone")
        self._change(microphone=False)

    async def start_camera(self, source: object, /) -> None:
        self._act("start_camera", source)
        self._change(camera=True)

    async def stop_camera(self) -> None:
        self._act("stop_camera")
        self._change(camera=False)

    async def start_screen(self, source: object, /) -> None:
        self._act("start_screen", source)
        self._change(screen=True)

    async def stop_screen(self) -> None:
        self._act("stop_screen")
        self._change(screen=False)

    async def raise_hand(self, up: bool, /) -> None:
        self._act("hand", up)
        self._change(hand=up)

    async def view(self, pins: tuple[str, ...], high: int, videos: int, screen: bool, /) -> None:
        self._act("view", pins, high, videos, screen)

    async def mute(self, person: str | None, /) -> None:
        self._act("mute", person)

    async def remove(self, person: str, /) -> None:
        self._act("remove", person)

    async def admit(self, person: str, /) -> None:
        self._act("admit", person)

    async def lock(self, locked: bool, /) -> None:
        self._act("lock", locked)
        self._change(locked=locked)

    async def spotlight(self, person: str | None, /) -> None:
        self._act("spotlight", person)
        self._change(spotlight=person)

    async def hand_over(self, person: str, /) -> None:
        self._act("hand_over", person)
        self._change(i_chair=False)

    async def end(self) -> None:
        self._act("end")
        self._change(state=LiveState.ENDED)


@dataclass
class OpenedDouble:
    """A device in use: microphone, camera, screen and loudspeaker at once."""

    id: str
    kind: DeviceKind
    picture: SlotDouble | None = None
    level: float = 0.6
    closed: bool = False
    rung: int = 0
    fault: DeviceFault | None = None
    watchers: list[Callable[[DeviceFault], None]] = field(default_factory=list)

    @property
    def source(self) -> Any:
        return self

    @property
    def sink(self) -> Any:
        return self

    def play(self, _block: object) -> None:
        """Silent."""

    def ring(self) -> None:
        self.rung += 1

    def watch(self, on_fault: Callable[[DeviceFault], None], /) -> None:
        self.watchers = [on_fault]
        if self.fault is not None:
            on_fault(self.fault)

    def fail(self, fault: DeviceFault) -> None:
        for watcher in () if self.closed else tuple(self.watchers):
            watcher(fault)

    def close(self) -> None:
        self.closed = True


EVERYTHING = {
    DeviceKind.MICROPHONE: (
        DeviceRow("mic_built", "内置麦克风"),
        DeviceRow("mic_head", "会议室全向麦克风阵列（通用串行总线音频设备）"),
    ),
    DeviceKind.CAMERA: (DeviceRow("cam_1", "集成摄像头"),),
    DeviceKind.LOUDSPEAKER: (DeviceRow("out_1", "扬声器"), DeviceRow("out_2", "耳机")),
    DeviceKind.SCREEN: (DeviceRow("scr_1", "主屏幕 1920×1080"),),
    DeviceKind.WINDOW: (DeviceRow("win_1", "实施方案.docx"),),
}


class DevicesDouble:
    """Devices that are plugged in and out as a test says; `broken` do not start."""

    def __init__(self, there: dict[DeviceKind, tuple[DeviceRow, ...]] | None = None) -> None:
        self.there = dict(EVERYTHING if there is None else there)
        self.broken: dict[DeviceKind, DeviceFault] = {}
        self.opened: list[OpenedDouble] = []
        self.listeners: list[Callable[[], None]] = []
        self.shown: Picture | None = None

    def listen(self, on_changed: Callable[[], None], /) -> Callable[[], None]:
        self.listeners.append(on_changed)
        return lambda: self.listeners.remove(on_changed)

    def plug(self, kind: DeviceKind, *rows: DeviceRow) -> None:
        """From now on these are there: first who lost his device hears it, then who offers devices."""
        self.there[kind] = rows
        for opened in tuple(self.opened):
            if opened.kind is kind and opened.id not in {row.id for row in rows}:
                opened.fail(DeviceFault.GONE)
        for listener in tuple(self.listeners):
            listener()

    def in_use(self) -> list[str]:
        return [opened.id for opened in self.opened if not opened.closed]

    def rows(self, kind: DeviceKind, /) -> tuple[DeviceRow, ...]:
        return self.there.get(kind, ())

    def open_microphone(self, device: str, /) -> OpenedDouble:
        return self._open(DeviceKind.MICROPHONE, device)

    def open_camera(self, device: str, /) -> OpenedDouble:
        return self._open(DeviceKind.CAMERA, device, SlotDouble(self.shown))

    def open_loudspeaker(self, device: str, /) -> OpenedDouble:
        return self._open(DeviceKind.LOUDSPEAKER, device)

    def open_screen(self, kind: DeviceKind, device: str, /) -> OpenedDouble:
        return self._open(kind, device, SlotDouble(self.shown))

    def _open(self, kind: DeviceKind, device: str, slot: SlotDouble | None = None) -> OpenedDouble:
        opened = OpenedDouble(device, kind, slot, fault=self.broken.get(kind))
        self.opened.append(opened)
        return opened
