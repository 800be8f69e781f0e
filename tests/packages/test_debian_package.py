"""The package in clean systems of its users' age: installed without a registry, tried, drawn, typed into, removed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from protocol.release import RELEASE
from tests.end_to_end.input_methods.engines import CHINESE, FCITX, IBUS, PINYIN, Engine
from tests.end_to_end.input_methods.seat import Seat
from tests.end_to_end.processes import Running
from tests.packages.chroot import USER, Chroot

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = ROOT / "build" / "packages"
PICTURES: Final = PACKAGES / "pictures"
HOME: Final = "/opt/apps/cn.jinshu.client"
PYTHON: Final = f"{HOME}/files/python/bin/python3.11"

pytestmark = pytest.mark.packages


def package() -> Path:
    """What `make packages` made."""
    return PACKAGES / f"jinshu_{RELEASE}_amd64.deb"


def needs_in(release: str) -> list[str]:
    """What the package says a desktop must have, by the names that this release of Debian knows."""
    told = subprocess.run(
        ["dpkg-deb", "-f", str(package()), "Depends"], check=True, capture_output=True, text=True
    )
    named = [each.strip() for each in told.stdout.strip().split(",")]
    return [_known(each, release) for each in named if not each.startswith("libc6")]


@pytest.fixture(scope="module", params=["bullseye", "bookworm", "trixie"])
def desktop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroot]:
    """Nothing but Debian's smallest system, what `Depends` names, and the package, installed with no network."""
    folder = tmp_path_factory.mktemp(request.param)
    chroot = Chroot(request.param, folder)
    try:
        chroot.make(needs_in(request.param))
        shutil.copy2(package(), folder / "root" / "jinshu.deb")
        shutil.copy2(Path(__file__).with_name("probe.py"), folder / "tmp" / "probe.py")
        chroot.before = chroot.files()
        chroot.run(["dpkg", "-i", "/root/jinshu.deb"])
        yield chroot
    finally:
        chroot.close()
        subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=True)


def _known(need: str, release: str) -> str:
    """The name of a choice that the release has: its older one, but where time became 64 bits wide."""
    names = [each.split()[0] for each in need.split("|")]
    later = [each for each in names if each.endswith("t64")]
    if release == "trixie" and later:
        return later[0]
    return next(each for each in names if not each.endswith("t64"))


def test_it_finds_itself_whole(desktop: Chroot) -> None:
    told = desktop.run(["jinshu", "--self-test", "--json"], {"QT_QPA_PLATFORM": "offscreen"}, USER)
    report = json.loads(told)
    (PACKAGES / f"self-test-{desktop.name}.json").write_text(
        json.dumps(report, ensure_ascii=False, indent=1), "utf-8"
    )
    failed = [each for each in report["checks"] if each["outcome"] == "failed"]
    assert failed == []
    tried = {each["name"] for each in report["checks"] if each["outcome"] in {"ok", "warning"}}
    assert {"libraries", "store", "typesetting", "sealing", "verification"} <= tried


def test_its_first_page_is_drawn_without_a_screen(desktop: Chroot) -> None:
    picture = _picture(desktop, "offscreen", {"QT_QPA_PLATFORM": "offscreen"})
    assert _colours(picture) > 50


@pytest.mark.parametrize("engine", [IBUS, FCITX], ids=lambda engine: engine.name)
def test_chinese_is_typed_on_a_real_screen(desktop: Chroot, engine: Engine, tmp_path: Path) -> None:
    """Screen and input method are this machine's, as a desktop has them; the client is in the chroot with its folder alone."""
    seat = Seat(tmp_path)
    # Where the sockets of screen and buses lie.
    shared = [Path("/tmp")]
    probe = shutil.copy2(Path(__file__).with_name("probe.py"), tmp_path)
    try:
        seat.open()
        engine.start(seat)
        for place in shared:
            desktop.bind(place)
        # By it an input method is found.
        shutil.copy2("/etc/machine-id", desktop.folder / "etc" / "machine-id")
        variables = seat.environment | {
            "QT_IM_MODULE": engine.module,
            "QT_QPA_PLATFORM": "xcb",
            "PATH": "/usr/bin:/bin",
        }
        del variables["PYTHONPATH"]
        # The bus lets in none but who started it.
        command = desktop.command([PYTHON, "-I", str(probe), "--lang", "zh_CN"], variables, network=True)
        client = seat.start("client", command)
        assert client.line() == "ready"
        assert _ask(client, "chinese") == "True"
        seat.focus(int(_ask(client, "enter")))
        seat.press(*PINYIN)
        seat.until(lambda: bool(engine.chooser(seat)))
        seat.press("space")
        seat.until(lambda: _ask(client, "text") == CHINESE)
        assert _ask(client, f"picture {tmp_path}/typed.png") == "True"
        shutil.copy2(tmp_path / "typed.png", PICTURES / f"{desktop.name}-{engine.name}.png")
    finally:
        seat.close()
        desktop.unbind(shared)


def test_it_is_in_the_menus(desktop: Chroot) -> None:
    for kind, name in (
        ("applications", "cn.jinshu.client.desktop"),
        ("applications", "cn.jinshu.verify.desktop"),
        ("mime/packages", "cn.jinshu.client.xml"),
        ("icons/hicolor/48x48/apps", "cn.jinshu.client.png"),
        ("icons/hicolor/scalable/apps", "cn.jinshu.client.svg"),
    ):
        desktop.run(["test", "-s", f"/usr/share/{kind}/{name}"])


def test_another_user_writes_only_at_home(desktop: Chroot) -> None:
    before = desktop.files()
    _picture(desktop, "again", {"QT_QPA_PLATFORM": "offscreen"})
    assert desktop.files() == before


def test_it_goes_without_a_trace_and_leaves_what_users_wrote(desktop: Chroot) -> None:
    _picture(desktop, "last", {"QT_QPA_PLATFORM": "offscreen"})
    kept = f"/home/{USER}/.local/share/jinshu/profile"
    said = desktop.run(["dpkg", "--purge", "jinshu"])
    try:
        assert "~/.local/share/jinshu" in said
        desktop.run(["test", "-d", kept])
        left = desktop.files() - desktop.before
        assert {each for each in left if "jinshu" in each} == set()
    finally:
        desktop.run(["dpkg", "-i", "/root/jinshu.deb"])


def _ask(client: Running, command: str) -> str:
    pipe = client.process.stdin
    assert pipe is not None
    pipe.write(f"{command}\n".encode())
    pipe.flush()
    return client.line()


def _picture(desktop: Chroot, name: str, environment: dict[str, str]) -> Path:
    command = desktop.command([PYTHON, "-I", "/tmp/probe.py", "--lang", "zh_CN"], environment, USER)
    told = subprocess.run(
        command,
        input=f"chinese\npicture /home/{USER}/{name}.png\nend\n",
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert told.stdout.splitlines()[:3] == ["ready", "True", "True"]
    PICTURES.mkdir(parents=True, exist_ok=True)
    return Path(
        shutil.copy2(desktop.folder / "home" / USER / f"{name}.png", PICTURES / f"{desktop.name}-{name}.png")
    )


def _colours(picture: Path) -> int:
    from PIL import Image  # deferred: what installs and removes needs none

    with Image.open(picture) as drawn:
        return len(drawn.convert("RGB").getcolors(1 << 24) or ())
