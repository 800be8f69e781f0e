"""A newcomer has the package and an invitation, and nobody beside him: how he comes to his first message, with a picture of each step.

The client is the package's, in a system with nothing else; city, server and the colleague he writes to are this machine's.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import PySide6
import pytest
import pytest_asyncio

from tests.end_to_end.city import City, Official
from tests.end_to_end.processes import Running, ask_hands
from tests.integration.messaging.talkers import Hall
from tests.packages.chroot import USER, Chroot
from tests.packages.test_debian_package import HOME, PACKAGES, PICTURES, PYTHON, needs_in, package
from tests.support.prepared_city import running_city
from tests.support.waiting import until

pytestmark = pytest.mark.packages

_PASSPHRASE: Final = "三月春风 brocade 17"
_LINE: Final = "您好，我是新来的"
# What the hands press keys with; no client needs it.
_HANDS: Final = ("QtTest.abi3.so", "Qt/lib/libQt6Test.so.6")


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with running_city(tmp_path / "city") as made:
        yield made


@pytest_asyncio.fixture
async def hall(city: City, tmp_path: Path) -> AsyncIterator[Hall]:
    made = Hall(city, tmp_path)
    yield made
    await made.close()


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Chroot]:
    chroot = Chroot("bookworm", tmp_path / "desktop")
    chroot.folder.mkdir()
    try:
        chroot.make(needs_in("bookworm"))
        shutil.copy2(package(), chroot.folder / "root" / "jinshu.deb")
        yield chroot
    finally:
        chroot.close()


class Newcomer:
    """What he does, and when: seconds since he was given the package."""

    def __init__(self, process: Running, home: Path, since: float) -> None:
        self._process = process
        self._home = home
        self._since = since
        self.steps: dict[str, float] = {}

    def do(self, op: str, name: str | None = None, **rest: Any) -> Any:
        return ask_hands(self._process, "新人", op, name, **rest)

    def shoot(self, step: str) -> None:
        """He looks at it."""
        self.steps[step] = round(time.monotonic() - self._since, 1)
        self.do("screenshot", path=f"/home/{USER}/{step}.png")
        PICTURES.mkdir(parents=True, exist_ok=True)
        shutil.copy2(self._home / f"{step}.png", PICTURES / f"newcomer-{len(self.steps)}-{step}.png")


def _give_hands(desktop: Chroot) -> None:
    """The story's hands, and the part of Qt they press keys with."""
    here, there = Path(__file__).parents[1], desktop.folder / "hands" / "tests"
    (there / "end_to_end").mkdir(parents=True)
    for name in ("__init__.py", "end_to_end/__init__.py", "end_to_end/driver.py"):
        shutil.copy2(here / name, there / name)
    shutil.copy2(Path(__file__).with_name("newcomer.py"), desktop.folder / "hands" / "newcomer.py")
    ours = Path(PySide6.__file__).parent
    site = desktop.folder / HOME.lstrip("/") / "files/python/lib/python3.11/dist-packages/PySide6"
    for name in _HANDS:
        shutil.copy2(ours / name, site / name)


async def test_from_the_package_to_the_first_message(
    hall: Hall, city: City, desktop: Chroot, tmp_path: Path
) -> None:
    colleague = await hall.joined("同事", "fgw.office")
    person = await asyncio.to_thread(city.appoint, Official("新人", "新人", ("fgw.clerk",)))
    await asyncio.to_thread(city.publish)
    file = await asyncio.to_thread(city.invitation, person, tmp_path / "slips")
    home = desktop.folder / "home" / USER
    shutil.copy2(file, home / "邀请.jinshu")
    desktop.run(["chown", f"{USER}:{USER}", f"/home/{USER}/邀请.jinshu"])

    loop = asyncio.get_running_loop()

    async def arrives() -> None:
        async def begun() -> bool:
            return bool(await colleague.conversations.rows())

        await until(begun)
        [row] = await colleague.conversations.rows()
        await colleague.sees(row.id, _LINE)

    def comes() -> dict[str, float]:
        since = time.monotonic()
        desktop.run(["dpkg", "-i", "/root/jinshu.deb"])
        installed = round(time.monotonic() - since, 1)
        _give_hands(desktop)
        since = time.monotonic()
        command = desktop.command(
            [PYTHON, "-I", "/hands/newcomer.py", f"/home/{USER}/邀请.jinshu"],
            {"QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8"},
            USER,
            network=True,
        )
        process = Running(
            "newcomer", command, tmp_path / "newcomer.log", {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        )
        try:
            newcomer = Newcomer(process, home, since)
            newcomer.do("seen", text="加入 云江市")
            newcomer.shoot("invitation")
            newcomer.do("click", "加入")
            newcomer.do("type", "口令", text=_PASSPHRASE)
            newcomer.do("type", "再次输入口令", text=_PASSPHRASE)
            newcomer.do("click", "我已抄下恢复码")
            newcomer.shoot("passphrase")
            newcomer.do("click", "进入锦书")
            newcomer.do("seen", text="今日")
            newcomer.shoot("today")
            newcomer.do("click", "消息")
            newcomer.do("click", "发起会话")
            newcomer.do("click_row", "选择人员", text="同事", check=True)
            newcomer.do("click", "开始会话")
            newcomer.do("enabled", "输入消息")
            newcomer.do("type", "输入消息", text=_LINE)
            newcomer.do("click", "发送")
            newcomer.do("row", "消息", text=_LINE)
            newcomer.shoot("message")
            # He stays until it has arrived.
            asyncio.run_coroutine_threadsafe(arrives(), loop).result()
        finally:
            process.stop()
        return {"installing": installed, **newcomer.steps}

    steps = await asyncio.to_thread(comes)
    (PACKAGES / "newcomer.json").write_text(json.dumps(steps, indent=1), "utf-8")
